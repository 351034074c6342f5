// Only what lies between a trainable parameter and the loss is differentiated, once for each operation; a parameter read
// twice has the sum of both gradients, and a frozen one none.
// RUN: cnn-opt %s --cnn-autodiff | FileCheck %s

// CHECK-LABEL: cnn.function @train
// CHECK: %[[A:.*]] = cnn.linear %[[X:.*]], %[[FROZEN:.*]] :
// CHECK: %[[R:.*]] = cnn.relu %[[A]]
// CHECK: %[[B:.*]] = cnn.linear %[[R]], %[[W:.*]] :
// CHECK: %[[C:.*]] = cnn.linear %[[B]], %[[W]] :
// CHECK: %[[LOSS:.*]] = cnn.batch_mean
// CHECK: %[[DC:.*]] = cnn.mse_backward
// CHECK-DAG: %[[DB:.*]] = cnn.linear_backward_input %[[DC]], %[[W]]
// CHECK-DAG: %[[SECOND:.*]] = cnn.linear_backward_weight %[[B]], %[[DC]]
// CHECK-DAG: %[[FIRST:.*]] = cnn.linear_backward_weight %[[R]], %[[DB]]
// CHECK-NOT: cnn.relu_backward
// CHECK: %[[SUM:.*]] = cnn.add
// CHECK: cnn.gradient @w, %[[SUM]]
// CHECK-NOT: cnn.gradient
// CHECK: cnn.return %[[LOSS]]
cnn.network @Net {
  cnn.parameter @w : !cnn.tensor<[4, 4], f32> = #cnn.init<uniform, -0.5, 0.5>
  cnn.parameter @frozen : !cnn.tensor<[4, 4], f32> = #cnn.init<uniform, -0.5, 0.5> {frozen}
  cnn.function @loss(%x: !cnn.tensor<[N, 4], f32> {cnn.name = "x"}, %t: !cnn.tensor<[N, 4], f32> {cnn.name = "t"})
      -> (!cnn.tensor<[], f32> {cnn.name = "loss"}) {
    %f = cnn.get @frozen : !cnn.tensor<[4, 4], f32>
    %w = cnn.get @w : !cnn.tensor<[4, 4], f32>
    %a = cnn.linear %x, %f : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[4, 4], f32>) -> !cnn.tensor<[N, 4], f32>
    %r = cnn.relu %a : !cnn.tensor<[N, 4], f32>
    %b = cnn.linear %r, %w : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[4, 4], f32>) -> !cnn.tensor<[N, 4], f32>
    %c = cnn.linear %b, %w : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[4, 4], f32>) -> !cnn.tensor<[N, 4], f32>
    %e = cnn.mse %c, %t : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[N, 4], f32>) -> !cnn.tensor<[N], f32>
    %l = cnn.batch_mean %e : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    cnn.return %l : !cnn.tensor<[], f32>
  }
}
