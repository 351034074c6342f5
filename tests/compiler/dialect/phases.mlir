// One @train for each different list of what phases leave alone. A batch norm with frozen statistics stays in its
// inference form, passes the gradient on by its scale, and what is before the first trained parameter has no backward
// pass.
// RUN: cnn-opt %s --cnn-autodiff | FileCheck %s

// CHECK-LABEL: cnn.function @train(
// CHECK-SAME: attributes {cnn.frozen = ["fc.weight", "norm.weight", "norm.running_mean", "norm.running_var"]}
// CHECK: %[[N:.*]] = cnn.batch_norm %
// CHECK-NOT: cnn.linear_backward_input
// CHECK: cnn.gradient @head.weight
// CHECK-NOT: cnn.gradient
// CHECK: cnn.return
// CHECK-LABEL: cnn.function @train.tail(
// CHECK-SAME: attributes {cnn.frozen = ["norm.running_mean", "norm.running_var"]}
// CHECK: %[[X:.*]] = cnn.linear
// CHECK: cnn.batch_norm %[[X]]
// CHECK: %[[DN:.*]] = cnn.linear_backward_input
// CHECK: cnn.batch_norm %[[DN]]
// CHECK: cnn.batch_norm %[[X]]
// CHECK: cnn.channel_sum
// CHECK: cnn.gradient @fc.weight
// CHECK: cnn.gradient @norm.weight
// CHECK: cnn.gradient @head.weight
// CHECK-LABEL: cnn.function @train.all(
// CHECK-NOT: cnn.frozen
// CHECK: cnn.batch_norm_train
// CHECK-NOT: cnn.function
cnn.network @Net attributes {training = {phases = [
    {name = "head", frozen = ["fc.weight", "norm.weight", "norm.running_mean", "norm.running_var"]},
    {name = "tail", frozen = ["norm.running_mean", "norm.running_var"]},
    {name = "again", frozen = ["fc.weight", "norm.weight", "norm.running_mean", "norm.running_var"]},
    {name = "all", frozen = []}]}} {
  cnn.parameter @"fc.weight" : !cnn.tensor<[4, 6], f32> = #cnn.init<uniform, -0.5, 0.5>
  cnn.parameter @"norm.weight" : !cnn.tensor<[4], f32> = #cnn.init<constant, 1.0, 0.0>
  cnn.parameter @"norm.bias" : !cnn.tensor<[4], f32> = #cnn.init<constant, 0.0, 0.0> {frozen}
  cnn.parameter @"norm.running_mean" : !cnn.tensor<[4], f32> = #cnn.init<constant, 0.0, 0.0> {statistic}
  cnn.parameter @"norm.running_var" : !cnn.tensor<[4], f32> = #cnn.init<constant, 1.0, 0.0> {statistic}
  cnn.parameter @"head.weight" : !cnn.tensor<[3, 4], f32> = #cnn.init<uniform, -0.5, 0.5>
  cnn.function @loss(%x: !cnn.tensor<[N, 6], f32> {cnn.name = "x"}, %t: !cnn.tensor<[N], i32> {cnn.name = "label"})
      -> (!cnn.tensor<[], f32> {cnn.name = "loss"}) {
    %fw = cnn.get @"fc.weight" : !cnn.tensor<[4, 6], f32>
    %f = cnn.linear %x, %fw : (!cnn.tensor<[N, 6], f32>, !cnn.tensor<[4, 6], f32>) -> !cnn.tensor<[N, 4], f32>
    %w = cnn.get @"norm.weight" : !cnn.tensor<[4], f32>
    %b = cnn.get @"norm.bias" : !cnn.tensor<[4], f32>
    %m = cnn.get @"norm.running_mean" : !cnn.tensor<[4], f32>
    %v = cnn.get @"norm.running_var" : !cnn.tensor<[4], f32>
    %n = cnn.batch_norm %f, %w, %b, %m, %v {eps = 1.0e-5 : f64, momentum = 0.1 : f64}
      : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>)
      -> !cnn.tensor<[N, 4], f32>
    %hw = cnn.get @"head.weight" : !cnn.tensor<[3, 4], f32>
    %y = cnn.linear %n, %hw : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[3, 4], f32>) -> !cnn.tensor<[N, 3], f32>
    %c = cnn.cross_entropy %y, %t {label_smoothing = 0.0 : f64} : (!cnn.tensor<[N, 3], f32>, !cnn.tensor<[N], i32>) -> !cnn.tensor<[N], f32>
    %l = cnn.batch_mean %c : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    cnn.return %l : !cnn.tensor<[], f32>
  }
}
