// What a kernels section chose stays on the convolution and on its gradient by the input, and decides: `direct` against
// Winograd, `winograd` against the cost model, and a tile against vectors along the row, whose result is plain.
// RUN: cnn-opt %s --cnn-autodiff --cnn-decompose-training "--cnn-choose-winograd=target=x86-64-linux-avx-avx2-f16c-fma-sse41" | FileCheck %s
// RUN: cnn-opt %s --cnn-freeze "--cnn-assign-layouts=target=x86-64-linux-avx-avx2-f16c-fma-sse41" --cnn-form-groups | FileCheck %s --check-prefix=GROUPS
cnn.network @Net attributes {training = {}} {
  cnn.parameter @u : !cnn.tensor<[4, 4, 3, 3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.parameter @v : !cnn.tensor<[4, 4, 3, 3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.parameter @w : !cnn.tensor<[32, 4, 3, 3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.parameter @z : !cnn.tensor<[32, 32, 3, 3], f32> = #cnn.init<constant, 0.0, 0.0>
// GROUPS-LABEL: cnn.function @predict
// GROUPS: cnn.conv {{.*}} #cnn.layout<plain>>{{$}}
// GROUPS: cnn.conv {{.*}}cnn.schedule = #cnn.schedule<"direct", {tile = array<i64: 1, 4, 1>}>{{.*}} -> {{.*}}#cnn.layout<channel_lanes, lanes = 8>>
  cnn.function @predict(%x: !cnn.tensor<[N, 4, 16, 16], f32> {cnn.name = "x"})
      -> (!cnn.tensor<[N, 4, 16, 16], f32> {cnn.name = "y"}, !cnn.tensor<[N, 4, 16, 16], f32> {cnn.name = "z"}) {
    %u = cnn.get @u : !cnn.tensor<[4, 4, 3, 3], f32>
    %y = cnn.conv %x, %u {stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 16, 16], f32>, !cnn.tensor<[4, 4, 3, 3], f32>) -> !cnn.tensor<[N, 4, 16, 16], f32>
    %v = cnn.get @v : !cnn.tensor<[4, 4, 3, 3], f32>
    %z = cnn.conv %x, %v {cnn.schedule = #cnn.schedule<"direct", {tile = array<i64: 1, 4, 1>}>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 16, 16], f32>, !cnn.tensor<[4, 4, 3, 3], f32>) -> !cnn.tensor<[N, 4, 16, 16], f32>
    cnn.return %y, %z : !cnn.tensor<[N, 4, 16, 16], f32>, !cnn.tensor<[N, 4, 16, 16], f32>
  }
// CHECK-LABEL: cnn.function @train
// CHECK: cnn.winograd_weights {{.*}} {outputs = 2 : i64, transposed = false}
// CHECK: cnn.winograd_conv {{.*}} {cnn.schedule = #cnn.schedule<"winograd", {outputs = 2 : i64}>, outputs = 2 : i64
// CHECK-NOT: cnn.winograd
// CHECK: cnn.conv {{.*}} {cnn.schedule = #cnn.schedule<"direct", {}>
// CHECK: cnn.conv_backward_input {{.*}} {cnn.schedule = #cnn.schedule<"direct", {}>
// CHECK: cnn.winograd_weights {{.*}} {outputs = 2 : i64, transposed = true}
// CHECK: cnn.winograd_conv {{.*}} {cnn.schedule = #cnn.schedule<"winograd", {outputs = 2 : i64}>, outputs = 2 : i64
  cnn.function @loss(%x: !cnn.tensor<[N, 4, 16, 16], f32> {cnn.name = "x"}, %t: !cnn.tensor<[N, 32, 16, 16], f32> {cnn.name = "t"})
      -> (!cnn.tensor<[], f32> {cnn.name = "loss"}) {
    %u = cnn.get @u : !cnn.tensor<[4, 4, 3, 3], f32>
    %w = cnn.get @w : !cnn.tensor<[32, 4, 3, 3], f32>
    %z = cnn.get @z : !cnn.tensor<[32, 32, 3, 3], f32>
    %a = cnn.conv %x, %u {stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 16, 16], f32>, !cnn.tensor<[4, 4, 3, 3], f32>) -> !cnn.tensor<[N, 4, 16, 16], f32>
    %b = cnn.conv %a, %w {cnn.schedule = #cnn.schedule<"winograd", {outputs = 2 : i64}>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 4, 16, 16], f32>, !cnn.tensor<[32, 4, 3, 3], f32>) -> !cnn.tensor<[N, 32, 16, 16], f32>
    %c = cnn.conv %b, %z {cnn.schedule = #cnn.schedule<"direct", {}>, stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 32, 16, 16], f32>, !cnn.tensor<[32, 32, 3, 3], f32>) -> !cnn.tensor<[N, 32, 16, 16], f32>
    %each = cnn.mse %c, %t : (!cnn.tensor<[N, 32, 16, 16], f32>, !cnn.tensor<[N, 32, 16, 16], f32>) -> !cnn.tensor<[N], f32>
    %loss = cnn.batch_mean %each : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    cnn.return %loss : !cnn.tensor<[], f32>
  }
}
