//===- loops.h - How the reference walks over tensors --------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_REFERENCE_LOOPS_H
#define CNN_COMPILER_DIALECT_REFERENCE_LOOPS_H

#include "dialect/reference/reference.h"

namespace cnn::reference {

/// A tensor [N, C, spatial...] read as [images][channels][pixels]; features [N, F] have one pixel.
struct Planes {
  int64_t images, channels, pixels;
  explicit Planes(const Tensor& tensor);
  int64_t at(int64_t n, int64_t c, int64_t p) const { return (n * channels + c) * pixels + p; }
};

/// One pixel that a window covers: where it is in the window and where in the picture, both row-major.
struct Tap {
  int64_t kernel, picture;
};

/// A window that slides over the pixels of [N, C, spatial...]. All lists have one entry a spatial dimension
/// but `padding`, which has all lows, then all highs.
struct Window {
  std::vector<int64_t> picture, places; ///< spatial extents of the input and of the result
  llvm::ArrayRef<int64_t> kernel, stride, padding, dilation; ///< empty dilation: 1

  Window(const std::vector<int64_t>& inputShape, const std::vector<int64_t>& resultShape,
         llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> stride, llvm::ArrayRef<int64_t> padding,
         llvm::ArrayRef<int64_t> dilation = {});

  /// For each place of the result, in row-major order, the pixels under the window there; pads are left out.
  std::vector<std::vector<Tap>> taps() const;
  /// For each place of the result, how many pixels and pads are under the window there. What hangs over the
  /// last pad (ceil_mode) does not count.
  std::vector<int64_t> sizesWithPads() const;
};

/// Element `i` of a tensor of `shape` as an index into one of `other`, to which it broadcasts or is summed by
/// NumPy's rules (aligned at the last dimension, extents of 1 repeat).
int64_t broadcastIndex(int64_t i, const std::vector<int64_t>& shape, const std::vector<int64_t>& other);

} // namespace cnn::reference

#endif
