// Types and attributes survive printing and parsing.
// RUN: cnn-opt %s | cnn-opt | FileCheck %s

// CHECK-LABEL: cnn.network @Types
cnn.network @Types {
  // CHECK: cnn.parameter @conv.weight : !cnn.tensor<[6, 1, 5, 5], f32> = <uniform, -2.000000e-01 : f64, 2.000000e-01 : f64>
  cnn.parameter @"conv.weight" : !cnn.tensor<[6, 1, 5, 5], f32> = #cnn.init<uniform, -0.2, 0.2>
  // CHECK: cnn.parameter @normal : {{.*}} = <normal, 0.000000e+00 : f64, 5.000000e-01 : f64> {frozen}
  cnn.parameter @normal : !cnn.tensor<[2], f32> = #cnn.init<normal, 0.0, 0.5> {frozen}
  // CHECK: cnn.parameter @var : {{.*}} = <constant, 1.000000e+00 : f64, 0.000000e+00 : f64> {statistic}
  cnn.parameter @var : !cnn.tensor<[2], f32> = #cnn.init<constant, 1.0, 0.0> {statistic}
  // CHECK: cnn.parameter @scalar : !cnn.tensor<[], f32> = <trunc_normal,
  cnn.parameter @scalar : !cnn.tensor<[], f32> = #cnn.init<trunc_normal, 0.0, 0.02>

  // Free dimensions keep their names; expressions of them are simplified, and printed so that they parse again.
  // CHECK: cnn.function @sizes(%{{.*}}: !cnn.tensor<[N, 3, H, W], f32>
  // CHECK-SAME: !cnn.tensor<[N, 3, H floordiv 2, (W floordiv 4) + 1], f32>
  // CHECK-SAME: !cnn.tensor<[N, H * 4, W ceildiv 2, W mod 8], i32>
  // CHECK-SAME: !cnn.tensor<[N, 7], ui8>
  cnn.function @sizes(%a: !cnn.tensor<[N, 3, H, W], f32>,
                      %b: !cnn.tensor<[N, 3, (H + 0) floordiv 2, (W floordiv 4) + 1], f32>,
                      %c: !cnn.tensor<[N, (H * 2) * 2, W ceildiv 2, W mod 8], i32>, %d: !cnn.tensor<[N, 3 + 4], ui8>) {
    cnn.return
  }

  // CHECK: cnn.function @layouts(
  // CHECK-SAME: !cnn.tensor<[N, 8, 4, 4], f32, #cnn.layout<batch_lanes, lanes = 16, halo_y = 1, halo_x = 2>>
  // CHECK-SAME: !cnn.tensor<[N, 8, 4, 4], f32, #cnn.layout<plain>>
  // CHECK-SAME: cnn.name = "second"
  cnn.function @layouts(%a: !cnn.tensor<[N, 8, 4, 4], f32, #cnn.layout<batch_lanes, lanes = 16, halo_y = 1, halo_x = 2>>,
                        %b: !cnn.tensor<[N, 8, 4, 4], f32, #cnn.layout<plain>> {cnn.name = "second"}) {
    cnn.return
  }
}

// CHECK-LABEL: cnn.network @Trained attributes {training = {batch = 32 : i64, optimizer = {kind = "sgd", lr = 1.000000e-01 : f64}}}
cnn.network @Trained attributes {training = {batch = 32 : i64, optimizer = {kind = "sgd", lr = 0.1 : f64}}} {
}
