// Losses that cannot be differentiated.
// RUN: cnn-opt %s --cnn-autodiff --split-input-file --verify-diagnostics

cnn.network @Net {
  // expected-error@+1 {{expected a scalar as the first result of @loss}}
  cnn.function @loss(%x: !cnn.tensor<[N], f32>) -> !cnn.tensor<[N], f32> {
    cnn.return %x : !cnn.tensor<[N], f32>
  }
}

// -----

cnn.network @Net {
  cnn.parameter @w : !cnn.tensor<[3, 3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.function @loss(%x: !cnn.tensor<[N, 3], f32>, %t: !cnn.tensor<[N], i32>) -> !cnn.tensor<[], f32> {
    %w = cnn.get @w : !cnn.tensor<[3, 3], f32>
    %0 = cnn.linear %x, %w : (!cnn.tensor<[N, 3], f32>, !cnn.tensor<[3, 3], f32>) -> !cnn.tensor<[N, 3], f32>
    // expected-error@+1 {{has no gradient, but the loss depends on a parameter through it}}
    %1 = cnn.accuracy %0, %t : (!cnn.tensor<[N, 3], f32>, !cnn.tensor<[N], i32>) -> !cnn.tensor<[N], f32>
    %2 = cnn.batch_mean %1 : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    cnn.return %2 : !cnn.tensor<[], f32>
  }
}

// -----

cnn.network @Net {
  cnn.function @loss(%x: !cnn.tensor<[N, 3], f32>, %c: !cnn.tensor<[3], f32>) -> !cnn.tensor<[], f32> {
    // expected-error@+1 {{expected running statistics that are parameters of the network}}
    %0 = cnn.batch_norm %x, %c, %c, %c, %c {eps = 0.1 : f64, momentum = 0.1 : f64} : (!cnn.tensor<[N, 3], f32>,
      !cnn.tensor<[3], f32>, !cnn.tensor<[3], f32>, !cnn.tensor<[3], f32>, !cnn.tensor<[3], f32>) -> !cnn.tensor<[N, 3], f32>
    %1 = cnn.mse %0, %x : (!cnn.tensor<[N, 3], f32>, !cnn.tensor<[N, 3], f32>) -> !cnn.tensor<[N], f32>
    %2 = cnn.batch_mean %1 : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    cnn.return %2 : !cnn.tensor<[], f32>
  }
}
