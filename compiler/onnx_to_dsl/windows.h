//===- windows.h - Windows that slide over pictures, of convolutions and poolings --------------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_WINDOWS_H
#define CNN_COMPILER_ONNX_TO_DSL_WINDOWS_H

#include "node_reader.h"

namespace cnn::onnx_import {

/// One entry a spatial dimension in each list.
struct Window {
  std::vector<int64_t> kernel, stride, dilation, begins, ends; ///< the last two: pads
  bool isSame = false; ///< the pads are those of "same" in the language, with the larger half at the end

  size_t rank() const { return kernel.size(); }
  /// Pixels that a window covers, gaps included.
  int64_t reach(size_t i) const { return dilation[i] * (kernel[i] - 1) + 1; }
};

/// Strides, dilations and pads of a node whose window is `kernel`, over the picture at an input. Refuses pads
/// that differ at both sides other than as SAME_UPPER has them.
Window readWindow(NodeReader& node, const std::string& input, const std::vector<int64_t>& kernel);

/// The result's spatial extents. `ceil`: the last window may hang over the end, but begins in the picture or
/// its first pads.
Shape slide(NodeReader& node, const std::string& input, const Window& window, bool ceil = false);

/// `, padding = 1` or `, padding = "same"`, nothing without pads.
std::string paddingText(const Window& window);
/// `, name = value` where it is not the default.
std::string argument(const char* name, const std::vector<int64_t>& numbers, int64_t otherwise);

} // namespace cnn::onnx_import

#endif
