//===- decompose_training.cpp - Batch norm and means, block by block -----------------------------------===//
#include "dialect/transforms/passes.h"

using namespace mlir;

namespace cnn {
#define GEN_PASS_DEF_CNNDECOMPOSETRAINING
#include "passes.h.inc"

namespace {

/// [N, 2, C]: what a block contributes to a statistic of each channel.
TensorType partialsOf(TensorType input) {
  MLIRContext* context = input.getContext();
  return TensorType::f32(context,
                         {input.getShape()[0], getAffineConstantExpr(2, context), input.getShape()[1]});
}

void decompose(BatchNormTrainOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  auto input = cast<TensorType>(op.getInput().getType());
  int64_t pixels = 1;
  for (int64_t extent : input.getFixedFrom(2)) pixels *= extent;
  Value partials = BatchNormStatisticsOp::create(b, loc, partialsOf(input), op.getInput());
  Value stat = BatchNormCombineOp::create(b, loc, op.getStat().getType(), partials, op.getRunningMeanAttr(),
                                          op.getRunningVarAttr(), op.getEpsAttr(), op.getMomentumAttr(),
                                          b.getI64IntegerAttr(pixels));
  Value result =
      BatchNormNormalizeOp::create(b, loc, input, op.getInput(), stat, op.getWeight(), op.getBias());
  op.getResult().replaceAllUsesWith(result);
  op.getStat().replaceAllUsesWith(stat);
  op.erase();
}

void decompose(BatchNormBackwardOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  auto input = cast<TensorType>(op.getInput().getType());
  Value partials = BatchNormBackwardStatisticsOp::create(b, loc, partialsOf(input), op.getInput(), op.getDy(),
                                                         op.getStat());
  auto combined = BatchNormBackwardCombineOp::create(b, loc, op.getDweight().getType(),
                                                     op.getDbias().getType(), partials);
  if (!op.getDx().use_empty()) {
    Value dx = BatchNormBackwardInputOp::create(b, loc, input, op.getInput(), op.getDy(), op.getStat(),
                                                op.getWeight(), combined.getDweight(), combined.getDbias());
    op.getDx().replaceAllUsesWith(dx);
  }
  op.getDweight().replaceAllUsesWith(combined.getDweight());
  op.getDbias().replaceAllUsesWith(combined.getDbias());
  op.erase();
}

void decompose(BatchMeanOp op) {
  OpBuilder b(op);
  AffineExpr batch = cast<TensorType>(op.getInput().getType()).getShape()[0];
  auto partials = TensorType::f32(op.getContext(), {batch, getAffineConstantExpr(1, op.getContext())});
  Value sums = LaneSumOp::create(b, op.getLoc(), partials, op.getInput());
  op.getResult().replaceAllUsesWith(
      BlockMeanOp::create(b, op.getLoc(), op.getResult().getType(), sums).getResult());
  op.erase();
}

struct DecomposeTraining : impl::CnnDecomposeTrainingBase<DecomposeTraining> {
  void runOnOperation() override {
    SmallVector<Operation*> ops;
    for (FunctionOp train : trainingFunctions(getOperation()))
      train.walk([&](Operation* op) {
        if (isa<BatchNormTrainOp, BatchNormBackwardOp, BatchMeanOp>(op)) ops.push_back(op);
      });
    for (Operation* op : ops) {
      if (auto norm = dyn_cast<BatchNormTrainOp>(op))
        decompose(norm);
      else if (auto backward = dyn_cast<BatchNormBackwardOp>(op))
        decompose(backward);
      else
        decompose(cast<BatchMeanOp>(op));
    }
  }
};

} // namespace
} // namespace cnn
