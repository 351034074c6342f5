// @predict has channels side by side, @train images, as many as fill a vector of the target. The caller's plain tensors
// are loaded and stored.
// RUN: cnn-opt %s "--cnn-assign-layouts=target=x86-64-linux-avx-avx2-f16c-fma-sse41" | FileCheck %s
// RUN: cnn-opt %s "--cnn-assign-layouts=target=x86-64-linux-avx-avx2-f16c-fma-sse41-avx512-avx512_skylake" | FileCheck %s --check-prefix=WIDE

// CHECK-LABEL: cnn.function @predict(%arg0: !cnn.tensor<[N, 16, 12, 12], f32, #cnn.layout<plain>>
// CHECK: %[[X:.*]] = cnn.load %arg0 : {{.*}} -> !cnn.tensor<[N, 16, 12, 12], f32, #cnn.layout<channel_lanes, lanes = 8>>
// CHECK: %[[R:.*]] = cnn.relu %[[X]] : {{.*}}#cnn.layout<channel_lanes, lanes = 8>>
// CHECK: %[[Y:.*]] = cnn.max_pool %[[R]] {{.*}} -> !cnn.tensor<[N, 16, 6, 6], f32, #cnn.layout<channel_lanes, lanes = 8>>
// CHECK: %[[Z:.*]] = cnn.store %[[Y]] {{.*}} -> !cnn.tensor<[N, 16, 6, 6], f32, #cnn.layout<plain>>
// CHECK: cnn.return %[[Z]]
// CHECK-LABEL: cnn.function @train
// CHECK: cnn.load %arg0 : {{.*}} -> !cnn.tensor<[N, 16, 12, 12], f32, #cnn.layout<batch_lanes, lanes = 8>>
// CHECK: cnn.relu {{.*}}#cnn.layout<batch_lanes, lanes = 8>>
// CHECK: cnn.store
// WIDE-LABEL: cnn.function @predict
// WIDE: cnn.load %arg0 : {{.*}}#cnn.layout<channel_lanes, lanes = 16>>
// WIDE-LABEL: cnn.function @train
// WIDE: cnn.load %arg0 : {{.*}}#cnn.layout<batch_lanes, lanes = 16>>
cnn.network @Net {
  cnn.function @predict(%x: !cnn.tensor<[N, 16, 12, 12], f32> {cnn.name = "x"})
      -> (!cnn.tensor<[N, 16, 6, 6], f32> {cnn.name = "y"}) {
    %r = cnn.relu %x : !cnn.tensor<[N, 16, 12, 12], f32>
    %y = cnn.max_pool %r {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>} : (!cnn.tensor<[N, 16, 12, 12], f32>) -> !cnn.tensor<[N, 16, 6, 6], f32>
    cnn.return %y : !cnn.tensor<[N, 16, 6, 6], f32>
  }
  cnn.function @train(%x: !cnn.tensor<[N, 16, 12, 12], f32> {cnn.name = "x"})
      -> (!cnn.tensor<[N, 16, 12, 12], f32> {cnn.name = "y"}) {
    %y = cnn.relu %x : !cnn.tensor<[N, 16, 12, 12], f32>
    cnn.return %y : !cnn.tensor<[N, 16, 12, 12], f32>
  }
}
