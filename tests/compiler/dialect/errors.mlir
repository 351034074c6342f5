// What each op refuses, and how it says so.
// RUN: cnn-opt %s --split-input-file --verify-diagnostics

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[2, 3, 3, 3], f32>) {
    // expected-error@+2 {{expected 3 input channels for a weight [2, 3, 3, 3] in 1 groups, found [N, 4, 8, 8]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.conv %a0, %a1 {stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[2, 3, 3, 3], f32>) -> !cnn.tensor<[N, 2, 6, 6], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8], f32>, %a1: !cnn.tensor<[2, 4, 3, 3], f32>) {
    // expected-error@+2 {{expected an input of rank 4, found [N, 4, 8]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.conv %a0, %a1 {stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 8], f32>, !cnn.tensor<[2, 4, 3, 3], f32>) -> !cnn.tensor<[N, 2, 6], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[3, 2, 3, 3], f32>) {
    // expected-error@+2 {{3 output channels do not split into 2 groups}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.conv %a0, %a1 {stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 2 : i64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[3, 2, 3, 3], f32>) -> !cnn.tensor<[N, 3, 6, 6], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[3, 4, 3, 3], f32>) {
    // expected-error@+2 {{expected at least 1 group, found 0}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.conv %a0, %a1 {stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 0 : i64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[3, 4, 3, 3], f32>) -> !cnn.tensor<[N, 3, 6, 6], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[2, C, 3, 3], f32>) {
    // expected-error@+2 {{expected a weight of fixed shape, found [2, C, 3, 3]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.conv %a0, %a1 {stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[2, C, 3, 3], f32>) -> !cnn.tensor<[N, 2, 6, 6], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[2, 4, 3, 3], f32>, %a2: !cnn.tensor<[3], f32>) {
    // expected-error@+2 {{expected a bias [2], found [3]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.conv %a0, %a1, %a2 {stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[2, 4, 3, 3], f32>, !cnn.tensor<[3], f32>) -> !cnn.tensor<[N, 2, 6, 6], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[2, 4, 5, 5], f32>) {
    // expected-error@+2 {{a window of 9 does not fit into [N, 4, 8, 8] with padding 0 and 0}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.conv %a0, %a1 {stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 2, 2>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[2, 4, 5, 5], f32>) -> !cnn.tensor<[N, 2, 1, 1], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[2, 4, 3, 3], f32>) {
    // expected-error@+2 {{expected stride, padding and dilation for 2 dimensions}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.conv %a0, %a1 {stride = array<i64: 1, 1>, padding = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[2, 4, 3, 3], f32>) -> !cnn.tensor<[N, 2, 6, 6], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[2, 4, 3, 3], f32>) {
    // expected-error@+2 {{expected kernel, stride and dilation of at least 1}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.conv %a0, %a1 {stride = array<i64: 0, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[2, 4, 3, 3], f32>) -> !cnn.tensor<[N, 2, 6, 6], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[2, 4, 3, 3], f32>) {
    // expected-error@+2 {{inferred type(s) '!cnn.tensor<[N, 2, 6, 6], f32>' are incompatible}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.conv %a0, %a1 {stride = array<i64: 1, 1>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[2, 4, 3, 3], f32>) -> !cnn.tensor<[N, 2, 7, 6], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4], f32>, %a1: !cnn.tensor<[3, 5], f32>) {
    // expected-error@+2 {{expected features [N, 5], found [N, 4]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.linear %a0, %a1 : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[3, 5], f32>) -> !cnn.tensor<[N, 3], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4], f32>, %a1: !cnn.tensor<[3, 4], f32>, %a2: !cnn.tensor<[4], f32>) {
    // expected-error@+2 {{expected a bias [3], found [4]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.linear %a0, %a1, %a2 : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[3, 4], f32>, !cnn.tensor<[4], f32>) -> !cnn.tensor<[N, 3], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4], f32>) {
    // expected-error@+2 {{expected a picture, found [N, 4]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.global_avg_pool %a0 : (!cnn.tensor<[N, 4], f32>) -> !cnn.tensor<[N, 4], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, H, 8], f32>) {
    // expected-error@+2 {{expected a picture of fixed size for ceil_mode, found [N, 4, H, 8]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.max_pool %a0 {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, dilation = array<i64: 1, 1>, ceil_mode = true} : (!cnn.tensor<[N, 4, H, 8], f32>) -> !cnn.tensor<[N, 4, H floordiv 2, 4], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[4], f32>, %a2: !cnn.tensor<[4], f32>, %a3: !cnn.tensor<[4], f32>, %a4: !cnn.tensor<[3], f32>) {
    // expected-error@+2 {{expected one value a channel of [N, 4, 8, 8], found [3]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.batch_norm %a0, %a1, %a2, %a3, %a4 {eps = 0.1 : f64, momentum = 0.1 : f64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[3], f32>) -> !cnn.tensor<[N, 4, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[N, 4, 8, 7], f32>) {
    // expected-error@+2 {{shapes [N, 4, 8, 8] and [N, 4, 8, 7] do not broadcast}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.add %a0, %a1 : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[N, 4, 8, 7], f32>) -> !cnn.tensor<[N, 4, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[N, 4, 8, 8], i32>) {
    // expected-error@+2 {{expected the same element type, found 'f32' and 'i32'}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.mul %a0, %a1 : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[N, 4, 8, 8], i32>) -> !cnn.tensor<[N, 4, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>, %a1: !cnn.tensor<[N, 2, 8, 7], f32>) {
    // expected-error@+2 {{expected the same shape but for the channels as [N, 4, 8, 8], found [N, 2, 8, 7]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.concat %a0, %a1 : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[N, 2, 8, 7], f32>) -> !cnn.tensor<[N, 6, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>) {
    // expected-error@+2 {{channels 2 to 5 are not in [N, 4, 8, 8]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.slice %a0 {begin = 2 : i64, end = 5 : i64} : (!cnn.tensor<[N, 4, 8, 8], f32>) -> !cnn.tensor<[N, 3, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4, 8, 8], f32>) {
    // expected-error@+1 {{expected as many elements in [N, 255] as in [N, 4, 8, 8]}}
    %r = cnn.reshape %a0 : (!cnn.tensor<[N, 4, 8, 8], f32>) -> !cnn.tensor<[N, 255], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[], f32>) {
    // expected-error@+1 {{expected a batch, found [] and [N]}}
    %r = cnn.reshape %a0 : (!cnn.tensor<[], f32>) -> !cnn.tensor<[N], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4], f32>, %a1: !cnn.tensor<[N], f32>) {
    // expected-error@+2 {{expected logits f32 [N, C] and a target i32 or u8 [N], or}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.cross_entropy %a0, %a1 {label_smoothing = 0.0 : f64} : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[N], f32>) -> !cnn.tensor<[N], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 4], f32>, %a1: !cnn.tensor<[N, 5], f32>) {
    // expected-error@+2 {{expected two tensors of one shape, found [N, 4] and [N, 5]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.mse %a0, %a1 : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[N, 5], f32>) -> !cnn.tensor<[N], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%a0: !cnn.tensor<[N, 1], f32>) {
    // expected-error@+2 {{expected one value an image, found [N, 1]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.batch_mean %a0 : (!cnn.tensor<[N, 1], f32>) -> !cnn.tensor<[], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N], f32>) {
    // expected-error@+1 {{expected channels, found [N]}}
    %r = cnn.softmax %x : !cnn.tensor<[N], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict() {
    // expected-error@+1 {{the network has no parameter 'w'}}
    %r = cnn.get @w : !cnn.tensor<[2], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.parameter @w : !cnn.tensor<[3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.function @predict() {
    // expected-error@+1 {{parameter 'w' is '!cnn.tensor<[3], f32>', found '!cnn.tensor<[2], f32>'}}
    %r = cnn.get @w : !cnn.tensor<[2], f32>
    cnn.return
  }
}

// -----

// Extents may follow the parameter's own, and they are 1.
cnn.network @Net {
  cnn.parameter @w : !cnn.tensor<[3, 2], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.function @predict() {
    %v = cnn.get @w : !cnn.tensor<[3, 2, 1, 1], f32>
    // expected-error@+1 {{parameter 'w' is '!cnn.tensor<[3, 2], f32>', found '!cnn.tensor<[3, 2, 2], f32>'}}
    %r = cnn.get @w : !cnn.tensor<[3, 2, 2], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N, 4, 8, 8], f32>, %w: !cnn.tensor<[3], f32>) {
    // expected-error@+2 {{expected one value a channel of [N, 4, 8, 8], found [3]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.layer_norm %x, %w, %w {eps = 0.1 : f64} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[3], f32>, !cnn.tensor<[3], f32>) -> !cnn.tensor<[N, 4, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N], f32>) -> (!cnn.tensor<[M], f32>) {
    // expected-error@+1 {{expected the function's results}}
    cnn.return %x : !cnn.tensor<[N], f32>
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N, 3, 8, 8], f32>) {
    // expected-error@+2 {{expected a mean and a deviation for each channel of [N, 3, 8, 8], found 2 and 3}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.normalize %x {mean = array<f64: 0.0, 0.0>, deviation = array<f64: 1.0, 1.0, 1.0>} : (!cnn.tensor<[N, 3, 8, 8], f32>) -> !cnn.tensor<[N, 3, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N, 1, 8, 8], f32>) {
    // expected-error@+2 {{expected deviations above 0}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.normalize %x {mean = array<f64: 0.0>, deviation = array<f64: 0.0>} : (!cnn.tensor<[N, 1, 8, 8], f32>) -> !cnn.tensor<[N, 1, 8, 8], f32>
    cnn.return
  }
}

// -----

cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N, 3], f32>) {
    // expected-error@+2 {{expected u8 or i32, found 'f32' [N, 3]}}
    // expected-error@+1 {{failed to infer returned types}}
    %r = cnn.cast %x : (!cnn.tensor<[N, 3], f32>) -> !cnn.tensor<[N, 3], f32>
    cnn.return
  }
}
