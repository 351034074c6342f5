// A pointwise op joins the group of what makes its operand; one of several that read the same value has its own.
// RUN: cnn-opt %s "--cnn-assign-layouts=target=x86-64-linux-avx-avx2-f16c-fma-sse41" --cnn-form-groups | FileCheck %s

// CHECK: %[[R:.*]] = cnn.group (%{{.*}} = %arg0
// CHECK-NEXT: cnn.conv
// CHECK-NEXT: cnn.relu
// CHECK-NEXT: cnn.yield
// CHECK: %[[S:.*]] = cnn.group (%{{.*}} = %[[R]] :
// CHECK-NEXT: cnn.sigmoid
// CHECK-NEXT: cnn.yield
// CHECK: %[[Y:.*]] = cnn.group (%{{.*}} = %[[R]] : {{.*}}, %{{.*}} = %[[S]] :
// CHECK-NEXT: cnn.tanh
// CHECK-NEXT: cnn.add
// CHECK-NEXT: cnn.yield
// CHECK: cnn.group (%{{.*}} = %[[Y]]
// CHECK-NEXT: cnn.store
cnn.network @Net {
  cnn.parameter @w : !cnn.tensor<[16, 16, 3, 3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.function @predict(%x: !cnn.tensor<[N, 16, 12, 12], f32> {cnn.name = "x"})
      -> (!cnn.tensor<[N, 16, 12, 12], f32> {cnn.name = "y"}) {
    %w = cnn.get @w : !cnn.tensor<[16, 16, 3, 3], f32>
    %c = cnn.conv %x, %w {stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (!cnn.tensor<[N, 16, 12, 12], f32>, !cnn.tensor<[16, 16, 3, 3], f32>) -> !cnn.tensor<[N, 16, 12, 12], f32>
    %r = cnn.relu %c : !cnn.tensor<[N, 16, 12, 12], f32>
    %s = cnn.sigmoid %r : !cnn.tensor<[N, 16, 12, 12], f32>
    %t = cnn.tanh %r : !cnn.tensor<[N, 16, 12, 12], f32>
    %y = cnn.add %s, %t : (!cnn.tensor<[N, 16, 12, 12], f32>, !cnn.tensor<[N, 16, 12, 12], f32>) -> !cnn.tensor<[N, 16, 12, 12], f32>
    cnn.return %y : !cnn.tensor<[N, 16, 12, 12], f32>
  }
}
