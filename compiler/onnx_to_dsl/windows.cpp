//===- windows.cpp - Windows that slide over pictures, of convolutions and poolings ------------------===//

#include "windows.h"

#include <algorithm>

namespace cnn::onnx_import {
namespace {

int64_t ceilDivide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// All pads of a dimension so that the result has a pixel for each step over the picture (auto_pad SAME_*).
std::vector<int64_t> samePads(NodeReader& node, const Shape& picture, const Window& window) {
  std::vector<int64_t> pads;
  for (size_t i = 0; i < window.rank(); ++i) {
    const Size& size = picture[i + 2];
    int64_t total = window.reach(i) - 1;
    if (window.stride[i] > 1) {
      if (!size.isKnown())
        node.refuse("auto_pad", "a fixed height and width with a stride", describe(picture));
      total =
          (ceilDivide(size.value, window.stride[i]) - 1) * window.stride[i] + window.reach(i) - size.value;
    }
    pads.push_back(std::max<int64_t>(0, total));
  }
  return pads;
}

bool sizesAreKnown(const Shape& picture) {
  return std::all_of(picture.begin() + 2, picture.end(), [](const Size& size) { return size.isKnown(); });
}

void splitPads(Window& window, const std::vector<int64_t>& totals) {
  window.begins.clear(), window.ends.clear();
  for (int64_t total : totals) {
    window.begins.push_back(total / 2);
    window.ends.push_back(total - total / 2);
  }
}

void readPads(NodeReader& node, const Shape& picture, Window& window) {
  std::string automatic = node.text("auto_pad");
  std::vector<int64_t> pads = node.wholes("pads", 2 * window.rank(), 0, 0);
  window.begins.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(window.rank()));
  window.ends.assign(pads.begin() + static_cast<std::ptrdiff_t>(window.rank()), pads.end());
  if (automatic == "NOTSET") {
    if (window.begins == window.ends) return;
    // Exporters write the pads of SAME_UPPER in numbers.
    Window same = window;
    if (sizesAreKnown(picture)) splitPads(same, samePads(node, picture, window));
    window.isSame = same.begins == window.begins && same.ends == window.ends && sizesAreKnown(picture);
    if (!window.isSame) node.refuse("pads", "the same at both sides", bracketed(pads));
    return;
  }
  if (node.given("pads"))
    node.refuse("pads", "none beside auto_pad " + printable(automatic), bracketed(pads));
  if (automatic == "VALID") return;
  if (automatic != "SAME_UPPER" && automatic != "SAME_LOWER")
    node.refuse("auto_pad", "NOTSET, VALID, SAME_UPPER or SAME_LOWER", printable(automatic));
  // Engines differ in whether the gaps of a dilated window count.
  if (std::ranges::any_of(window.dilation, [](int64_t step) { return step != 1; }))
    node.refuse("auto_pad", "pads in numbers beside dilations " + bracketed(window.dilation), automatic);
  splitPads(window, samePads(node, picture, window));
  window.isSame = true;
  if (automatic == "SAME_LOWER" && window.begins != window.ends)
    node.refuse("auto_pad", "pads that are the same at both sides, or SAME_UPPER", "SAME_LOWER");
}

} // namespace

Window readWindow(NodeReader& node, const std::string& input, const std::vector<int64_t>& kernel) {
  const Shape& picture = node.value(input).shape;
  size_t spatial = kernel.size();
  if (spatial < 1 || spatial > 2 || picture.size() != spatial + 2)
    node.refuse(input,
                "[N, C, H, W] or [N, C, L] under a window of " + std::to_string(spatial) + " dimensions",
                describe(picture));
  if (std::ranges::any_of(kernel, [](int64_t extent) { return extent < 1 || extent > INT32_MAX; }))
    node.refuse("kernel_shape", "numbers of at least 1", bracketed(kernel));
  Window window{kernel, node.wholes("strides", spatial, 1, 1), {}, {}, {}};
  window.dilation = node.wholes("dilations", spatial, 1, 1);
  readPads(node, picture, window);
  return window;
}

Shape slide(NodeReader& node, const std::string& input, const Window& window, bool ceil) {
  const Shape& picture = node.value(input).shape;
  Shape result;
  for (size_t i = 0; i < window.rank(); ++i) {
    const Size& size = picture[i + 2];
    int64_t pads = window.begins[i] + window.ends[i], stride = window.stride[i];
    if (!size.isKnown()) {
      if (ceil) node.refuse("ceil_mode", "0 where height and width are free", "1");
      result.push_back(stride == 1 && pads == window.reach(i) - 1 ? size : node.importer.freshSize());
      continue;
    }
    int64_t steps = size.value + pads - window.reach(i);
    if (steps < 0)
      node.refuse("kernel_shape", "a window that fits into " + describe(picture) + " and its pads",
                  std::to_string(window.reach(i)) + " pixels");
    int64_t places = (ceil ? ceilDivide(steps, stride) : steps / stride) + 1;
    if (ceil && (places - 1) * stride >= size.value + window.begins[i]) --places;
    result.push_back({places});
  }
  return result;
}

std::string argument(const char* name, const std::vector<int64_t>& numbers, int64_t otherwise) {
  if (std::ranges::all_of(numbers, [&](int64_t number) { return number == otherwise; })) return "";
  return std::string(", ") + name + " = " + listText(numbers);
}

std::string paddingText(const Window& window) {
  return window.isSame ? ", padding = \"same\"" : argument("padding", window.begins, 0);
}

} // namespace cnn::onnx_import
