// A schedule that does not exist for the convolution.
// RUN: cnn-opt %s --split-input-file --verify-diagnostics "--cnn-choose-winograd=target=x86-64-linux-avx2"

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N, 8, 8, 8], f32>, %w: !cnn.tensor<[8, 8, 3, 3], f32>) {
    // expected-error@+1 {{cannot have the schedule #cnn.schedule<"winograd", {outputs = 4 : i64}>}}
    %y = cnn.conv %x, %w {cnn.schedule = #cnn.schedule<"winograd", {outputs = 4 : i64}>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 8, 8, 8], f32>, !cnn.tensor<[8, 8, 3, 3], f32>) -> !cnn.tensor<[N, 8, 4, 4], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N, 8, 8, 8], f32>, %w: !cnn.tensor<[8, 8, 3, 3], f32>) {
    // expected-error@+1 {{cannot have the schedule #cnn.schedule<"winograd", {outputs = 3 : i64}>}}
    %y = cnn.conv %x, %w {cnn.schedule = #cnn.schedule<"winograd", {outputs = 3 : i64}>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 8, 8, 8], f32>, !cnn.tensor<[8, 8, 3, 3], f32>) -> !cnn.tensor<[N, 8, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N, 8, 8, 8], f32>, %w: !cnn.tensor<[8, 8, 3, 3], f32>) {
    // expected-error@+1 {{cannot have the schedule #cnn.schedule<"direct", {tile = array<i64: 2, 4>}>}}
    %y = cnn.conv %x, %w {cnn.schedule = #cnn.schedule<"direct", {tile = array<i64: 2, 4>}>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 8, 8, 8], f32>, !cnn.tensor<[8, 8, 3, 3], f32>) -> !cnn.tensor<[N, 8, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N, 8, 8, 8], f32>, %w: !cnn.tensor<[8, 8, 3, 3], f32>) {
    // expected-error@+1 {{cannot have the schedule #cnn.schedule<"direct", {tile = array<i64: 2, 0, 1>}>}}
    %y = cnn.conv %x, %w {cnn.schedule = #cnn.schedule<"direct", {tile = array<i64: 2, 0, 1>}>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 8, 8, 8], f32>, !cnn.tensor<[8, 8, 3, 3], f32>) -> !cnn.tensor<[N, 8, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N, 8, 8, 8], f32>, %w: !cnn.tensor<[8, 8, 3, 3], f32>) {
    // expected-error@+1 {{cannot have the schedule "winograd"}}
    %y = cnn.conv %x, %w {cnn.schedule = "winograd", stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 8, 8, 8], f32>, !cnn.tensor<[8, 8, 3, 3], f32>) -> !cnn.tensor<[N, 8, 8, 8], f32>
    cnn.return
  }
}
