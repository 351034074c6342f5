// @evaluate: what @predict gives, then what each loss and metric is made of, sample by sample.
// RUN: cnn-opt %s --cnn-freeze --cnn-evaluation | FileCheck %s

!input = !cnn.tensor<[N, 4], f32>
!logits = !cnn.tensor<[N, 3], f32>
!labels = !cnn.tensor<[N], i32>
!each = !cnn.tensor<[N], f32>
!scalar = !cnn.tensor<[], f32>
!weight = !cnn.tensor<[3, 4], f32>

cnn.network @Net {
  cnn.parameter @w : !weight = #cnn.init<constant, 0.0, 0.0>
  cnn.function @predict(%x: !input) -> !logits {
    %d = cnn.dropout %x {p = 0.5 : f64, stream = 0 : i64} : !input
    %w = cnn.get @w : !weight
    %y = cnn.linear %d, %w : (!input, !weight) -> !logits
    cnn.return %y : !logits
  }
  // The network's ops are there once, nothing is dropped, and what counts is counted of each sample.
  // CHECK-LABEL: cnn.function @evaluate
  // CHECK-SAME: cnn.terms = array<i64: 0, 1, 2, 0, 0, 3, -1, 0, 1, 4, -1, 0>
  // CHECK-NOT: cnn.dropout
  // CHECK-NOT: cnn.batch_mean
  // CHECK: %[[LOGITS:.*]] = cnn.linear
  // CHECK-NOT: cnn.linear
  // CHECK: %[[SHARE:.*]] = cnn.counted %arg1
  // CHECK: %[[ENTROPY:.*]] = cnn.cross_entropy %[[LOGITS]], %arg1, %[[SHARE]]
  // CHECK: %[[DISTANCE:.*]] = cnn.mse %[[LOGITS]]
  // CHECK: %[[HALF:.*]] = cnn.scale %[[DISTANCE]]
  // CHECK: %[[RIGHT:.*]] = cnn.accuracy %[[LOGITS]]
  // CHECK: %[[COUNTED:.*]] = cnn.mul %[[ENTROPY]], %[[SHARE]]
  // CHECK: cnn.return %[[LOGITS]], %[[COUNTED]], %[[SHARE]], %[[HALF]], %[[RIGHT]] :
  cnn.function @loss(%x: !input, %label: !labels, %goal: !logits) -> (!scalar, !scalar) {
    %d = cnn.dropout %x {p = 0.5 : f64, stream = 0 : i64} : !input
    %w = cnn.get @w : !weight
    %y = cnn.linear %d, %w : (!input, !weight) -> !logits
    %count = cnn.counted %label {ignore_index = 9 : i64} : (!labels) -> !each
    %share = cnn.batch_mean %count : (!each) -> !scalar
    %entropy = cnn.cross_entropy %y, %label, %share {ignore_index = 9 : i64, label_smoothing = 0.0 : f64} : (!logits, !labels, !scalar) -> !each
    %distance = cnn.mse %y, %goal : (!logits, !logits) -> !each
    %half = cnn.scale %distance {factor = 0.5 : f64, offset = 0.0 : f64} : !each
    %sum = cnn.add %entropy, %half : (!each, !each) -> !each
    %loss = cnn.batch_mean %sum : (!each) -> !scalar
    %right = cnn.accuracy %y, %label : (!logits, !labels) -> !each
    %share_right = cnn.batch_mean %right : (!each) -> !scalar
    cnn.return %loss, %share_right : !scalar, !scalar
  }
}
