//===- convolution.h - What the convolution files share ----------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_CONVOLUTION_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_CONVOLUTION_H

#include "registry.h"
#include "schedules/schedules.h"

namespace cnn::kernel {

/// A convolution's attributes; padding is what is added around the picture, in pixels.
struct Geometry {
  int64_t strideY = 1, strideX = 1;
  int64_t top = 0, left = 0, bottom = 0, right = 0;
  int64_t dilationY = 1, dilationX = 1;
  int64_t groups = 1;
  int64_t kernelY = 1, kernelX = 1;
};

/// `weights`: [O, I/groups, kh, kw].
Geometry geometryOf(const Op& op, const std::vector<int64_t>& weights);

/// What a stride makes of the map from a convolution's output back to its input: the taps k of one dimension
/// that reach input positions p, p + stride, …: first, first + step, …, `count` of them. Tap first + j * step
/// reads output position X + offset - j * back for input position p + stride * X.
struct PhaseTaps {
  int64_t first = 0, step = 1, count = 0, offset = 0, back = 1;
};
PhaseTaps tapsOfPhase(int64_t p, int64_t stride, int64_t pad, int64_t kernel, int64_t dilation);

/// Where one tile of accumulators is a whole row, which taps fall outside the picture is known, and they cost
/// nothing. True when the kernel's schedule has such tiles for rows of this width.
bool tilesAreRows(const Kernel& kernel, int64_t width);

/// The tile for rows of `width` outputs: chooseTile's, or a whole row where that saves more. Output position
/// p reads positions p + first to p + first + (taps - 1) * step of rows of `inputWidth`.
Tile chooseRowTile(int64_t width, int64_t channels, int registers, int64_t mostChannels, int64_t inputWidth,
                   int64_t first, int64_t taps, int64_t step);

} // namespace cnn::kernel

#endif
