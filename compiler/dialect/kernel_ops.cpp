//===- kernel_ops.cpp - What the ops are to the kernel compiler ----------------------------------------===//
#include "dialect/dialect.h"

using namespace mlir;

namespace cnn {

#define POINTWISE(OP)                                                                                        \
  bool OP::isPointwise() {                                                                                   \
    return true;                                                                                             \
  }
#define SCALARS(OP, ...)                                                                                     \
  ArrayRef<StringRef> OP::getScalars() {                                                                     \
    static const StringRef names[] = {__VA_ARGS__};                                                          \
    return names;                                                                                            \
  }
#define REDUCES_BATCH(OP, ...)                                                                               \
  bool OP::reducesBatch() {                                                                                  \
    return true;                                                                                             \
  }                                                                                                          \
  SCALARS(OP, __VA_ARGS__)

POINTWISE(ScaleOp)
POINTWISE(CastOp)
POINTWISE(NormalizeOp)
POINTWISE(SplatOp)
POINTWISE(BatchNormNormalizeOp)

POINTWISE(DropoutOp)
SCALARS(DropoutOp, "seed_low", "seed_high", "step", "first_image")
POINTWISE(DropoutBackwardOp)
SCALARS(DropoutBackwardOp, "seed_low", "seed_high", "step", "first_image")
POINTWISE(StochasticDepthOp)
SCALARS(StochasticDepthOp, "seed_low", "seed_high", "step", "first_image")
POINTWISE(StochasticDepthBackwardOp)
SCALARS(StochasticDepthBackwardOp, "seed_low", "seed_high", "step", "first_image")
POINTWISE(BatchNormBackwardInputOp)
SCALARS(BatchNormBackwardInputOp, "images", "inverse_count")
POINTWISE(BatchMeanBackwardOp)
SCALARS(BatchMeanBackwardOp, "images", "inverse_batch")

SCALARS(LoadOp, "images")
SCALARS(StoreOp, "images")
SCALARS(BatchNormStatisticsOp, "images")
SCALARS(LaneSumOp, "images")

REDUCES_BATCH(ConvBackwardWeightOp, "blocks")
REDUCES_BATCH(ChannelSumOp, "blocks")
REDUCES_BATCH(LinearBackwardWeightOp, "blocks")
REDUCES_BATCH(LayerNormBackwardWeightOp, "blocks")
REDUCES_BATCH(BatchNormCombineOp, "blocks", "batch")
REDUCES_BATCH(BatchNormBackwardCombineOp, "blocks")
REDUCES_BATCH(BlockMeanOp, "blocks", "inverse_batch")

/// Once for the whole batch, like a reduction, but without looking at it.
bool WinogradWeightsOp::reducesBatch() {
  return true;
}

} // namespace cnn
