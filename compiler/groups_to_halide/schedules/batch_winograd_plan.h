//===- batch_winograd_plan.h - Whether and how training convolves by Winograd ------------------------===//
//
// What the compiler's middle asks before it puts winograd_conv in a convolution's place. No Halide header is
// needed here.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_BATCH_WINOGRAD_PLAN_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_BATCH_WINOGRAD_PLAN_H

#include <cstdint>
#include <string>

namespace cnn::kernel {

/// A 3x3 convolution with stride and dilation 1 and one group, for any padding; height and width of the
/// result.
struct BatchWinogradShape {
  int64_t channels = 1, outChannels = 1, height = 1, width = 1;
};

/// 4 or 2 where F(4x4, 3x3) or F(2x2, 3x3) over batch lanes is faster than the direct convolution, otherwise
/// 0.
int64_t batchWinogradOutputs(const BatchWinogradShape& shape, const std::string& target);

struct BatchWinogradTiles {
  int64_t block = 1;    ///< tiles of a row that are transformed together and stay in L2
  int64_t x = 1;        ///< tiles of a block, and
  int64_t channels = 1; ///< output channels whose sums are in registers at once
};
BatchWinogradTiles batchWinogradTiles(const BatchWinogradShape& shape, int64_t outputs,
                                      const std::string& target);

} // namespace cnn::kernel

#endif
