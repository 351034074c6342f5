// @train is @loss with batch statistics and the gradient of every trainable parameter; decomposed, its reductions run
// block by block.
// RUN: cnn-opt %s --cnn-autodiff | FileCheck %s --check-prefixes=CHECK,WHOLE
// RUN: cnn-opt %s --cnn-autodiff --cnn-decompose-training | FileCheck %s --check-prefixes=CHECK,PARTS

// CHECK-LABEL: cnn.function @loss
// CHECK: cnn.batch_norm %
// CHECK-LABEL: cnn.function @train
// CHECK-SAME: -> (!cnn.tensor<[], f32> {cnn.name = "loss"})
// CHECK: %[[W:.*]] = cnn.get @norm.weight
// CHECK-NOT: cnn.get @norm.running
// WHOLE: %[[NORM:.*]], %[[STAT:.*]] = cnn.batch_norm_train %[[X:.*]], %[[W]], %{{.*}} {eps = {{.*}}, momentum = {{.*}}, running_mean = @norm.running_mean, running_var = @norm.running_var}
// PARTS: %[[S:.*]] = cnn.batch_norm_statistics %[[X:.*]] : {{.*}} -> !cnn.tensor<[N, 2, 4], f32>
// PARTS: %[[STAT:.*]] = cnn.batch_norm_combine %[[S]] {count_per_image = 64 : i64, {{.*}} -> !cnn.tensor<[2, 4], f32>
// PARTS: %[[NORM:.*]] = cnn.batch_norm_normalize %[[X]], %[[STAT]], %[[W]], %{{.*}} :
// CHECK: %[[R:.*]] = cnn.relu %[[NORM]]
// CHECK: %[[P:.*]] = cnn.global_avg_pool %[[R]]
// WHOLE: %[[LOSS:.*]] = cnn.batch_mean %
// PARTS: %[[SUMS:.*]] = cnn.lane_sum {{.*}} -> !cnn.tensor<[N, 1], f32>
// PARTS: %[[LOSS:.*]] = cnn.block_mean %[[SUMS]]
// CHECK: cnn.splat{{ +}}{value = 1.000000e+00 : f64}
// CHECK: cnn.batch_mean_backward
// CHECK: %[[DLOGITS:.*]] = cnn.cross_entropy_backward
// CHECK: %[[DP:.*]] = cnn.linear_backward_input %[[DLOGITS]]
// CHECK: %[[DFC:.*]] = cnn.linear_backward_weight %[[P]], %[[DLOGITS]]
// CHECK-NOT: cnn.channel_sum
// CHECK: %[[DR:.*]] = cnn.global_avg_pool_backward %[[DP]]
// CHECK: %[[DN:.*]] = cnn.relu_backward %[[DR]], %[[R]]
// WHOLE: %{{.*}}, %[[DW:.*]], %[[DB:.*]] = cnn.batch_norm_backward %[[X]], %[[DN]], %[[STAT]], %[[W]]
// PARTS: %[[DS:.*]] = cnn.batch_norm_backward_statistics %[[X]], %[[DN]], %[[STAT]]
// PARTS: %[[DW:.*]], %[[DB:.*]] = cnn.batch_norm_backward_combine %[[DS]]
// PARTS-NOT: cnn.batch_norm_backward_input
// CHECK: cnn.gradient @norm.weight, %[[DW]]
// CHECK: cnn.gradient @norm.bias, %[[DB]]
// CHECK: cnn.gradient @fc.weight, %[[DFC]]
// CHECK-NOT: cnn.gradient
// CHECK: cnn.return %[[LOSS]]
cnn.network @Net {
  cnn.parameter @"norm.weight" : !cnn.tensor<[4], f32> = #cnn.init<constant, 1.0, 0.0>
  cnn.parameter @"norm.bias" : !cnn.tensor<[4], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.parameter @"norm.running_mean" : !cnn.tensor<[4], f32> = #cnn.init<constant, 0.0, 0.0> {statistic}
  cnn.parameter @"norm.running_var" : !cnn.tensor<[4], f32> = #cnn.init<constant, 1.0, 0.0> {statistic}
  cnn.parameter @"fc.weight" : !cnn.tensor<[3, 4], f32> = #cnn.init<uniform, -0.5, 0.5>
  cnn.parameter @"fc.bias" : !cnn.tensor<[3], f32> = #cnn.init<uniform, -0.5, 0.5> {frozen}
  cnn.function @loss(%x: !cnn.tensor<[N, 4, 8, 8], f32> {cnn.name = "image"}, %t: !cnn.tensor<[N], i32> {cnn.name = "label"})
      -> (!cnn.tensor<[], f32> {cnn.name = "loss"}) {
    %w = cnn.get @"norm.weight" : !cnn.tensor<[4], f32>
    %b = cnn.get @"norm.bias" : !cnn.tensor<[4], f32>
    %m = cnn.get @"norm.running_mean" : !cnn.tensor<[4], f32>
    %v = cnn.get @"norm.running_var" : !cnn.tensor<[4], f32>
    %n = cnn.batch_norm %x, %w, %b, %m, %v {eps = 1.0e-5 : f64, momentum = 0.1 : f64}
      : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>)
      -> !cnn.tensor<[N, 4, 8, 8], f32>
    %r = cnn.relu %n : !cnn.tensor<[N, 4, 8, 8], f32>
    %p = cnn.global_avg_pool %r : (!cnn.tensor<[N, 4, 8, 8], f32>) -> !cnn.tensor<[N, 4], f32>
    %fw = cnn.get @"fc.weight" : !cnn.tensor<[3, 4], f32>
    %fb = cnn.get @"fc.bias" : !cnn.tensor<[3], f32>
    %y = cnn.linear %p, %fw, %fb : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[3, 4], f32>, !cnn.tensor<[3], f32>) -> !cnn.tensor<[N, 3], f32>
    %c = cnn.cross_entropy %y, %t {label_smoothing = 0.0 : f64} : (!cnn.tensor<[N, 3], f32>, !cnn.tensor<[N], i32>) -> !cnn.tensor<[N], f32>
    %l = cnn.batch_mean %c : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    cnn.return %l : !cnn.tensor<[], f32>
  }
}
