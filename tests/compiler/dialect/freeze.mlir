// Inference has no dropout and no stochastic depth; training keeps them.
// RUN: cnn-opt %s --cnn-freeze | FileCheck %s

cnn.network @Net {
  // CHECK-LABEL: cnn.function @predict(%arg0:
  // CHECK-NEXT: %[[Y:.*]] = cnn.relu %arg0
  // CHECK-NEXT: cnn.return %[[Y]]
  cnn.function @predict(%x: !cnn.tensor<[N, 3], f32>) -> !cnn.tensor<[N, 3], f32> {
    %0 = cnn.dropout %x {p = 0.5 : f64, stream = 0 : i64} : !cnn.tensor<[N, 3], f32>
    %1 = cnn.relu %0 : !cnn.tensor<[N, 3], f32>
    %2 = cnn.stochastic_depth %1 {p = 0.5 : f64, stream = 1 : i64} : !cnn.tensor<[N, 3], f32>
    cnn.return %2 : !cnn.tensor<[N, 3], f32>
  }
  // CHECK-LABEL: cnn.function @loss
  // CHECK-NEXT: cnn.dropout
  // CHECK-NEXT: cnn.stochastic_depth
  cnn.function @loss(%x: !cnn.tensor<[N, 3], f32>) -> !cnn.tensor<[], f32> {
    %d = cnn.dropout %x {p = 0.5 : f64, stream = 0 : i64} : !cnn.tensor<[N, 3], f32>
    %0 = cnn.stochastic_depth %d {p = 0.5 : f64, stream = 1 : i64} : !cnn.tensor<[N, 3], f32>
    %1 = cnn.mse %0, %x : (!cnn.tensor<[N, 3], f32>, !cnn.tensor<[N, 3], f32>) -> !cnn.tensor<[N], f32>
    %2 = cnn.batch_mean %1 : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    cnn.return %2 : !cnn.tensor<[], f32>
  }
}
