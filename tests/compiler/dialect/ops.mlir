// Every layer and loss survives printing and parsing.
// RUN: cnn-opt %s | cnn-opt | FileCheck %s

!image = !cnn.tensor<[N, 4, 8, 8], f32>
!half = !cnn.tensor<[N, 4, 4, 4], f32>
!features = !cnn.tensor<[N, 4], f32>
!scalar = !cnn.tensor<[], f32>
!each = !cnn.tensor<[N], f32>

cnn.network @Net {
  cnn.parameter @w : !cnn.tensor<[4, 2, 3, 3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.parameter @b : !cnn.tensor<[4], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.parameter @fc : !cnn.tensor<[4, 4], f32> = #cnn.init<constant, 0.0, 0.0>

  // CHECK-LABEL: cnn.function @layers
  cnn.function @layers(%x: !image) -> (!image {cnn.name = "y"}) {
    // CHECK: %[[W:.*]] = cnn.get @w : <[4, 2, 3, 3], f32>
    %w = cnn.get @w : !cnn.tensor<[4, 2, 3, 3], f32>
    %b = cnn.get @b : !cnn.tensor<[4], f32>
    // CHECK: %[[C:.*]] = cnn.conv %{{.*}}, %[[W]], %{{.*}} {dilation = array<i64: 1, 1>, groups = 2 : i64, padding = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>}
    %0 = cnn.conv %x, %w, %b {stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>,
      groups = 2 : i64} : (!image, !cnn.tensor<[4, 2, 3, 3], f32>, !cnn.tensor<[4], f32>) -> !image
    // CHECK: cnn.batch_norm %[[C]], {{.*}} {eps = {{.*}}, momentum = {{.*}}}
    %1 = cnn.batch_norm %0, %b, %b, %b, %b {eps = 1.0e-5 : f64, momentum = 0.1 : f64}
      : (!image, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>) -> !image
    // CHECK: cnn.relu %{{.*}} : <[N, 4, 8, 8], f32>
    %2 = cnn.relu %1 : !image
    // CHECK: cnn.relu6
    %3 = cnn.relu6 %2 : !image
    // CHECK: cnn.leaky_relu %{{.*}} {negative_slope = 1.000000e-01 : f64}
    %4 = cnn.leaky_relu %3 {negative_slope = 0.1 : f64} : !image
    // CHECK: cnn.sigmoid
    %5 = cnn.sigmoid %4 : !image
    // CHECK: cnn.tanh
    %6 = cnn.tanh %5 : !image
    // CHECK: cnn.silu
    %7 = cnn.silu %6 : !image
    // CHECK: cnn.gelu %{{.*}} : <
    %8 = cnn.gelu %7 : !image
    // CHECK: cnn.exp
    %f0 = cnn.exp %4 : !image
    // CHECK: cnn.expm1
    %f1 = cnn.expm1 %4 : !image
    // CHECK: cnn.log
    %f2 = cnn.log %4 : !image
    // CHECK: cnn.log1p
    %f3 = cnn.log1p %4 : !image
    // CHECK: cnn.sqrt
    %f4 = cnn.sqrt %4 : !image
    // CHECK: cnn.abs
    %f5 = cnn.abs %4 : !image
    // CHECK: cnn.pow %{{.*}} {exponent = 2.500000e+00 : f64}
    %f6 = cnn.pow %4 {exponent = 2.5} : !image
    // CHECK: cnn.div
    %g0 = cnn.div %f0, %f0 : (!image, !image) -> !image
    // CHECK: cnn.max
    %g1 = cnn.max %f0, %f1 : (!image, !image) -> !image
    // CHECK: cnn.min
    %g2 = cnn.min %f0, %f2 : (!image, !image) -> !image
    // CHECK: cnn.less
    %g3 = cnn.less %f0, %f3 : (!image, !image) -> !image
    // CHECK: cnn.equal
    %g4 = cnn.equal %f0, %f4 : (!image, !image) -> !image
    // CHECK: cnn.select
    %g5 = cnn.select %g3, %g1, %g2 : (!image, !image, !image) -> !image
    // CHECK: cnn.gelu %{{.*}} {tanh = true}
    %9 = cnn.gelu %8 {tanh = true} : !image
    // CHECK: cnn.scale %{{.*}} {factor = 2.000000e+00 : f64, offset = 1.000000e+00 : f64}
    %10 = cnn.scale %9 {factor = 2.0 : f64, offset = 1.0 : f64} : !image
    // CHECK: cnn.normalize %{{.*}} {deviation = array<f64: 1.000000e+00, 2.000000e+00, 4.000000e+00, 8.000000e+00>, mean = array<f64:
    %norm = cnn.normalize %9 {mean = array<f64: 0.0, 1.0, 2.0, 3.0>, deviation = array<f64: 1.0, 2.0, 4.0, 8.0>}
      : (!image) -> !image
    // CHECK: cnn.dropout %{{.*}} {p = 5.000000e-01 : f64, stream = 1 : i64}
    %11 = cnn.dropout %10 {p = 0.5 : f64, stream = 1 : i64} : !image
    // CHECK: cnn.stochastic_depth %{{.*}} {p = 5.000000e-01 : f64, stream = 2 : i64}
    %depth = cnn.stochastic_depth %11 {p = 0.5 : f64, stream = 2 : i64} : !image
    // CHECK: cnn.layer_norm %{{.*}} {eps = {{.*}}}
    %layer = cnn.layer_norm %depth, %b, %b {eps = 1.0e-5 : f64}
      : (!image, !cnn.tensor<[4], f32>, !cnn.tensor<[4], f32>) -> !image
    // CHECK: cnn.softmax
    %12 = cnn.softmax %layer : !image
    // CHECK: cnn.log_softmax
    %13 = cnn.log_softmax %12 : !image
    // CHECK: cnn.slice %{{.*}} {begin = 1 : i64, end = 3 : i64} : {{.*}} -> !cnn.tensor<[N, 2, 8, 8], f32>
    %14 = cnn.slice %13 {begin = 1 : i64, end = 3 : i64} : (!image) -> !cnn.tensor<[N, 2, 8, 8], f32>
    // CHECK: cnn.concat %[[S:.*]], %[[S]] : {{.*}} -> !cnn.tensor<[N, 4, 8, 8], f32>
    %15 = cnn.concat %14, %14 : (!cnn.tensor<[N, 2, 8, 8], f32>, !cnn.tensor<[N, 2, 8, 8], f32>) -> !image
    // CHECK: cnn.add {{.*}} -> !cnn.tensor<[N, 4, 8, 8], f32>
    %16 = cnn.add %15, %15 : (!image, !image) -> !image
    // CHECK: cnn.global_avg_pool %{{.*}} {keep_dims = true} : {{.*}} -> !cnn.tensor<[N, 4, 1, 1], f32>
    %17 = cnn.global_avg_pool %16 {keep_dims = true} : (!image) -> !cnn.tensor<[N, 4, 1, 1], f32>
    // CHECK: cnn.mul {{.*}} : (!cnn.tensor<[N, 4, 8, 8], f32>, !cnn.tensor<[N, 4, 1, 1], f32>) -> !cnn.tensor<[N, 4, 8, 8], f32>
    %18 = cnn.mul %16, %17 : (!image, !cnn.tensor<[N, 4, 1, 1], f32>) -> !image
    // CHECK: cnn.sub
    %19 = cnn.sub %18, %16 : (!image, !image) -> !image
    // CHECK: cnn.return %{{.*}} : !cnn.tensor<[N, 4, 8, 8], f32>
    cnn.return %19 : !image
  }

  // CHECK-LABEL: cnn.function @losses
  cnn.function @losses(%x: !half, %t: !cnn.tensor<[N], i32>) -> (!scalar, !scalar, !each) {
    // CHECK: cnn.max_pool %{{.*}} {dilation = array<i64: 1, 1>, kernel = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : {{.*}} -> !cnn.tensor<[N, 4, 2, 2], f32>
    %0 = cnn.max_pool %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>,
      dilation = array<i64: 1, 1>} : (!half) -> !cnn.tensor<[N, 4, 2, 2], f32>
    // CHECK: cnn.avg_pool %{{.*}} {ceil_mode = true, count_include_pad = false, {{.*}} -> !cnn.tensor<[N, 4, 1, 1], f32>
    %1 = cnn.avg_pool %0 {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, padding = array<i64: 0, 0, 0, 0>,
      ceil_mode = true, count_include_pad = false} : (!cnn.tensor<[N, 4, 2, 2], f32>) -> !cnn.tensor<[N, 4, 1, 1], f32>
    // CHECK: cnn.reshape {{.*}} -> !cnn.tensor<[N, 4], f32>
    %2 = cnn.reshape %1 : (!cnn.tensor<[N, 4, 1, 1], f32>) -> !features
    %w = cnn.get @fc : !cnn.tensor<[4, 4], f32>
    // CHECK: cnn.linear %{{[^,]*}}, %{{[^,]*}} : (
    %3 = cnn.linear %2, %w : (!features, !cnn.tensor<[4, 4], f32>) -> !features
    // CHECK: cnn.cross_entropy {{.*}} {label_smoothing = 1.000000e-01 : f64}
    %4 = cnn.cross_entropy %3, %t {label_smoothing = 0.1 : f64} : (!features, !cnn.tensor<[N], i32>) -> !each
    // CHECK: cnn.batch_mean {{.*}} -> !cnn.tensor<[], f32>
    %5 = cnn.batch_mean %4 : (!each) -> !scalar
    // CHECK: cnn.accuracy
    %6 = cnn.accuracy %3, %t : (!features, !cnn.tensor<[N], i32>) -> !each
    %7 = cnn.batch_mean %6 : (!each) -> !scalar
    // CHECK: cnn.mse
    %8 = cnn.mse %3, %2 : (!features, !features) -> !each
    cnn.return %5, %7, %8 : !scalar, !scalar, !each
  }
}
