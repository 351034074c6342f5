// A parameter that two layers share gets the sum of both gradients; a value used twice likewise; a frozen parameter
// and what only it needs get none.
// RUN: cnn-opt %s --cnn-autodiff | FileCheck %s

// CHECK-LABEL: cnn.function @train
// CHECK: %[[FIRST:.*]] = cnn.linear_backward_weight
// CHECK: %[[SECOND:.*]] = cnn.linear_backward_weight
// CHECK-NOT: cnn.linear_backward_input
// CHECK: %[[SUM:.*]] = cnn.add {{.*}} -> !cnn.tensor<[3, 3], f32>
// CHECK-NOT: cnn.gradient @frozen
// CHECK: cnn.gradient @w, %[[SUM]]
// CHECK-NEXT: cnn.return
cnn.network @Net {
  cnn.parameter @frozen : !cnn.tensor<[3, 3], f32> = #cnn.init<constant, 0.0, 0.0> {frozen}
  cnn.parameter @w : !cnn.tensor<[3, 3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.function @loss(%x: !cnn.tensor<[N, 3], f32>) -> !cnn.tensor<[], f32> {
    %f = cnn.get @frozen : !cnn.tensor<[3, 3], f32>
    %w = cnn.get @w : !cnn.tensor<[3, 3], f32>
    %0 = cnn.linear %x, %f : (!cnn.tensor<[N, 3], f32>, !cnn.tensor<[3, 3], f32>) -> !cnn.tensor<[N, 3], f32>
    %1 = cnn.linear %0, %w : (!cnn.tensor<[N, 3], f32>, !cnn.tensor<[3, 3], f32>) -> !cnn.tensor<[N, 3], f32>
    %2 = cnn.linear %x, %w : (!cnn.tensor<[N, 3], f32>, !cnn.tensor<[3, 3], f32>) -> !cnn.tensor<[N, 3], f32>
    %3 = cnn.mse %1, %2 : (!cnn.tensor<[N, 3], f32>, !cnn.tensor<[N, 3], f32>) -> !cnn.tensor<[N], f32>
    %4 = cnn.batch_mean %3 : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    cnn.return %4 : !cnn.tensor<[], f32>
  }
}
