//===- pooling.cpp - ONNX's poolings -----------------------------------------------------------------===//

#include "operators.h"
#include "windows.h"

#include <algorithm>

namespace cnn::onnx_import {
namespace {

/// Before operator set 19 ONNX does not say how many pixels the mean over a window counts that hangs over the
/// end, and engines differ.
void checkOverhang(NodeReader& node, const Window& window, const Shape& places) {
  constexpr int64_t settled = 19;
  const Shape& picture = node.value("X").shape;
  for (size_t i = 0; node.operatorSet < settled && i < window.rank(); ++i) {
    int64_t end = (places[i].value - 1) * window.stride[i] + window.reach(i);
    if (end > picture[i + 2].value + window.begins[i] + window.ends[i])
      node.refuse("ceil_mode", "no window over the end with count_include_pad before operator set 19", "one");
  }
}

/// The mean over height and width.
void globalAverage(NodeReader& node, const std::string& input, bool keeps) {
  const Expression& picture = node.value(input);
  if (picture.rank() < 3) node.refuse(input, "[N, C, H, W] or [N, C, L]", describe(picture.shape));
  Shape shape = picture.shape;
  for (size_t i = 2; i < shape.size(); ++i) shape[i] = {1};
  if (!keeps) shape.resize(2);
  std::string text = node.importer.subject(node.inputName(input)).text;
  node.stage(input, keeps ? "global_avg_pool(keep_dims = true)" : "global_avg_pool", shape);
  if (!keeps) return;
  Expression mean = *node.importer.value(node.output());
  if (mean.form != Expression::Form::chain) return;
  mean.flat = continued(text, "global_avg_pool");
  node.define(std::move(mean));
}

} // namespace

void translatePool(NodeReader& node) {
  bool isMax = node.node.op == "MaxPool";
  std::vector<int64_t> kernel = node.wholes("kernel_shape");
  if (!node.given("kernel_shape")) node.refuse("kernel_shape", "the attribute to be given", "none");
  Window window = readWindow(node, "X", kernel);
  node.ignore("storage_order"); // of the indices, which are refused where they are used
  if (!isMax && std::ranges::any_of(window.dilation, [](int64_t step) { return step != 1; }))
    node.refuse("dilations", "1", bracketed(window.dilation));
  for (size_t i = 0; i < kernel.size(); ++i)
    if (2 * std::max(window.begins[i], window.ends[i]) > kernel[i])
      node.refuse("pads", "at most half of the window " + bracketed(kernel), bracketed(window.ends));
  bool ceil = node.flag("ceil_mode"), countsPads = !isMax && node.flag("count_include_pad");
  Shape places = slide(node, "X", window, ceil);
  if (ceil && countsPads) checkOverhang(node, window, places);
  std::string text = (isMax ? "max_pool(" : "avg_pool(") + listText(kernel), padding = paddingText(window);
  if (window.stride != kernel) text += ", stride = " + listText(window.stride); // a pooling's default
  text += padding + argument("dilation", window.dilation, 1);
  if (ceil) text += ", ceil_mode = true";
  // The pads of "same" may be none; a window over the end counts pads that are none as well.
  if (!isMax && !padding.empty() && !countsPads) text += ", count_include_pad = false";
  Shape shape = {node.value("X").shape[0], node.value("X").shape[1]};
  shape.insert(shape.end(), places.begin(), places.end());
  node.stage("X", text + ")", shape);
}

void translateGlobalAveragePool(NodeReader& node) {
  globalAverage(node, "X", true);
}

void translateReduceMean(NodeReader& node) {
  const Expression& picture = node.value("data");
  node.ignore("noop_with_empty_axes"); // an empty list is refused
  std::vector<size_t> axes;
  std::vector<int64_t> said = node.wholes("axes");
  for (int64_t axis : said) axes.push_back(node.dimension("axes", axis, picture.rank()));
  std::ranges::sort(axes);
  bool isSpatial = picture.rank() > 2 && axes.size() == picture.rank() - 2;
  for (size_t i = 0; isSpatial && i < axes.size(); ++i) isSpatial = axes[i] == i + 2;
  if (!isSpatial) node.refuse("axes", "the mean over height and width", bracketed(said));
  globalAverage(node, "data", node.flag("keepdims"));
}

} // namespace cnn::onnx_import
