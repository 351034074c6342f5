// One @train for each step, with its own loss and without the gradients of what it does not update; the first also gives
// the metrics. The second step evaluates norm1 again, whose value no step has changed: its running statistics stay. norm2
// depends on a weight that the first step has changed: its statistics move again.
// RUN: cnn-opt %s --cnn-autodiff | FileCheck %s

// CHECK-LABEL: cnn.function @train(
// CHECK-SAME: -> (!cnn.tensor<[], f32> {cnn.name = "one"}, !cnn.tensor<[], f32> {cnn.name = "error"})
// CHECK-SAME: attributes {cnn.frozen = ["fc.weight"], cnn.results = array<i64: 0, 2>}
// CHECK: cnn.batch_norm_train {{.*}}running_mean = @norm.running_mean
// CHECK: cnn.batch_norm_train {{.*}}running_mean = @norm.running_mean
// CHECK: cnn.gradient @head.weight
// CHECK-NOT: cnn.gradient @fc.weight
// CHECK: cnn.return %{{.*}}, %{{.*}} :
// CHECK-LABEL: cnn.function @train.two(
// CHECK-SAME: -> (!cnn.tensor<[], f32> {cnn.name = "two"})
// CHECK-SAME: attributes {cnn.frozen = ["head.weight"], cnn.results = array<i64: 1>}
// CHECK: cnn.batch_norm_train
// CHECK-NOT: running_mean
// CHECK: cnn.linear
// CHECK: cnn.batch_norm_train {{.*}}running_mean = @norm.running_mean
// CHECK-NOT: cnn.gradient @head.weight
// CHECK: cnn.gradient @fc.weight
// CHECK-NOT: cnn.function
cnn.network @Net attributes {training = {steps = [
    {name = "one", frozen = ["fc.weight"]}, {name = "two", frozen = ["head.weight"]}]}} {
  cnn.parameter @"fc.weight" : !cnn.tensor<[4, 6], f32> = #cnn.init<uniform, -0.5, 0.5>
  cnn.parameter @"norm.weight" : !cnn.tensor<[4], f32> = #cnn.init<constant, 1.0, 0.0> {frozen}
  cnn.parameter @"norm.bias" : !cnn.tensor<[4], f32> = #cnn.init<constant, 0.0, 0.0> {frozen}
  cnn.parameter @"norm.running_mean" : !cnn.tensor<[4], f32> = #cnn.init<constant, 0.0, 0.0> {statistic}
  cnn.parameter @"norm.running_var" : !cnn.tensor<[4], f32> = #cnn.init<constant, 1.0, 0.0> {statistic}
  cnn.parameter @"head.weight" : !cnn.tensor<[4, 4], f32> = #cnn.init<uniform, -0.5, 0.5>
  cnn.function @loss(%x: !cnn.tensor<[N, 6], f32> {cnn.name = "x"}, %t: !cnn.tensor<[N, 4], f32> {cnn.name = "real"})
      -> (!cnn.tensor<[], f32> {cnn.name = "one"}, !cnn.tensor<[], f32> {cnn.name = "two"},
          !cnn.tensor<[], f32> {cnn.name = "error"}) {
    %fw = cnn.get @"fc.weight" : !cnn.tensor<[4, 6], f32>
    %f = cnn.linear %x, %fw : (!cnn.tensor<[N, 6], f32>, !cnn.tensor<[4, 6], f32>) -> !cnn.tensor<[N, 4], f32>
    %w = cnn.get @"norm.weight" : !cnn.tensor<[4], f32>
    %b = cnn.get @"norm.bias" : !cnn.tensor<[4], f32>
    %m = cnn.get @"norm.running_mean" : !cnn.tensor<[4], f32>
    %v = cnn.get @"norm.running_var" : !cnn.tensor<[4], f32>
    %norm1 = cnn.batch_norm %f, %w, %b, %m, %v {eps = 1.0e-5 : f64, momentum = 0.1 : f64}
      : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>)
      -> !cnn.tensor<[N, 4], f32>
    %hw = cnn.get @"head.weight" : !cnn.tensor<[4, 4], f32>
    %y = cnn.linear %norm1, %hw : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[4, 4], f32>) -> !cnn.tensor<[N, 4], f32>
    %norm2 = cnn.batch_norm %y, %w, %b, %m, %v {eps = 1.0e-5 : f64, momentum = 0.1 : f64}
      : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>)
      -> !cnn.tensor<[N, 4], f32>
    %c = cnn.mse %norm2, %t : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[N, 4], f32>) -> !cnn.tensor<[N], f32>
    %l = cnn.batch_mean %c : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    %d = cnn.bce_with_logits %norm2, %t : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[N, 4], f32>) -> !cnn.tensor<[N], f32>
    %k = cnn.batch_mean %d : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    %e = cnn.mse %norm1, %t : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[N, 4], f32>) -> !cnn.tensor<[N], f32>
    %g = cnn.batch_mean %e : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    cnn.return %l, %k, %g : !cnn.tensor<[], f32>, !cnn.tensor<[], f32>, !cnn.tensor<[], f32>
  }
}
