// A 3x3 convolution of @train and its gradient by the input run by Winograd where the shape is worth it; the others, and
// @predict, stay as they are. The weights are transformed in the phase before the convolution.
// RUN: cnn-opt %s "--cnn-choose-winograd=target=x86-64-linux-avx-avx2-f16c-fma-sse41" | FileCheck %s
// RUN: cnn-opt %s "--cnn-choose-winograd=target=x86-64-linux-avx-avx2-f16c-fma-sse41" "--cnn-assign-layouts=target=x86-64-linux-avx-avx2-f16c-fma-sse41" --cnn-form-groups | FileCheck %s --check-prefix=GROUPS
cnn.network @Net {
  cnn.parameter @w : !cnn.tensor<[32, 16, 3, 3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.parameter @b : !cnn.tensor<[32], f32> = #cnn.init<constant, 0.0, 0.0>
// CHECK-LABEL: cnn.function @predict
// CHECK: cnn.conv %
  cnn.function @predict(%x: !cnn.tensor<[N, 16, 16, 16], f32> {cnn.name = "x"})
      -> (!cnn.tensor<[N, 32, 16, 16], f32> {cnn.name = "y"}) {
    %w = cnn.get @w : !cnn.tensor<[32, 16, 3, 3], f32>
    %b = cnn.get @b : !cnn.tensor<[32], f32>
    %y = cnn.conv %x, %w, %b {stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 16, 16, 16], f32>, !cnn.tensor<[32, 16, 3, 3], f32>, !cnn.tensor<[32], f32>) -> !cnn.tensor<[N, 32, 16, 16], f32>
    cnn.return %y : !cnn.tensor<[N, 32, 16, 16], f32>
  }
// CHECK-LABEL: cnn.function @train
// CHECK: %[[W:.*]] = cnn.get @w
// CHECK: %[[U:.*]] = cnn.winograd_weights %[[W]] {outputs = 4 : i64, transposed = false} : {{.*}} -> !cnn.tensor<[6, 6, 16, 32], f32>
// CHECK: %[[Y:.*]] = cnn.winograd_conv %{{.*}}, %[[U]], %{{.*}} {outputs = 4 : i64, padding = array<i64: 1, 1, 0, 0>}
// CHECK: %[[T:.*]] = cnn.winograd_weights %[[W]] {outputs = 4 : i64, transposed = true} : {{.*}} -> !cnn.tensor<[6, 6, 32, 16], f32>
// CHECK: cnn.winograd_conv %[[Y]], %[[T]] {outputs = 4 : i64, padding = array<i64: 1, 1, 2, 2>}
// CHECK: cnn.conv %{{.*}} stride = array<i64: 2, 2>
// CHECK: cnn.conv_backward_input %{{.*}} stride = array<i64: 2, 2>
// GROUPS-LABEL: cnn.function @train
// GROUPS: cnn.load {{.*}} #cnn.layout<batch_lanes, lanes = 8, halo_y = 1, halo_x = 1>
// GROUPS: phase = 0
// GROUPS-NEXT: cnn.winograd_weights
// GROUPS: phase = 1
// GROUPS-NEXT: cnn.winograd_conv
// GROUPS: phase = 0
// GROUPS-NEXT: cnn.winograd_weights
// GROUPS: phase = 1
// GROUPS-NEXT: cnn.winograd_conv {{.*}} #cnn.layout<batch_lanes, lanes = 8, halo_y = 2, halo_x = 2>
  cnn.function @train(%x: !cnn.tensor<[N, 16, 16, 16], f32> {cnn.name = "x"})
      -> (!cnn.tensor<[N, 16, 16, 16], f32> {cnn.name = "dx"}, !cnn.tensor<[N, 16, 16, 16], f32> {cnn.name = "dz"}) {
    %w = cnn.get @w : !cnn.tensor<[32, 16, 3, 3], f32>
    %b = cnn.get @b : !cnn.tensor<[32], f32>
    %y = cnn.conv %x, %w, %b {stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 16, 16, 16], f32>, !cnn.tensor<[32, 16, 3, 3], f32>, !cnn.tensor<[32], f32>) -> !cnn.tensor<[N, 32, 15, 15], f32>
    %dx = cnn.conv_backward_input %y, %w {stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 32, 15, 15], f32>, !cnn.tensor<[32, 16, 3, 3], f32>) -> !cnn.tensor<[N, 16, 16, 16], f32>
    %z = cnn.conv %x, %w, %b {stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 16, 16, 16], f32>, !cnn.tensor<[32, 16, 3, 3], f32>, !cnn.tensor<[32], f32>) -> !cnn.tensor<[N, 32, 8, 8], f32>
    %dz = cnn.conv_backward_input %z, %w {stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 32, 8, 8], f32>, !cnn.tensor<[32, 16, 3, 3], f32>) -> !cnn.tensor<[N, 16, 16, 16], f32>
    cnn.return %dx, %dz : !cnn.tensor<[N, 16, 16, 16], f32>, !cnn.tensor<[N, 16, 16, 16], f32>
  }
}
