//===- convolution.h - What the convolution files share
//---------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_CONVOLUTION_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_CONVOLUTION_H

#include "registry.h"

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

} // namespace cnn::kernel

#endif
