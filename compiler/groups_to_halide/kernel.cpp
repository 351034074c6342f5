//===- kernel.cpp - Printing and naming kernels ------------------------------------------------------===//

#include "kernel.h"

#include "llvm/Support/xxhash.h"

#include <cstdio>

namespace cnn::kernel {

int64_t blockElements(const Tensor& tensor) {
  if (tensor.layout == Layout::plain) {
    int64_t elements = 1;
    for (int64_t extent : tensor.shape) elements *= extent;
    return elements;
  }
  int64_t planes = tensor.shape[0];
  if (tensor.layout == Layout::channelLanes) planes = (planes + tensor.lanes - 1) / tensor.lanes;
  return planes * (tensor.shape[1] + 2 * tensor.haloY) * (tensor.shape[2] + 2 * tensor.haloX) * tensor.lanes;
}

namespace {

const char* name(Element element) {
  switch (element) {
  case Element::f32:
    return "f32";
  case Element::i32:
    return "i32";
  case Element::u8:
    return "u8";
  case Element::i64:
    return "i64";
  }
  return "";
}

const char* name(Layout layout) {
  switch (layout) {
  case Layout::plain:
    return "plain";
  case Layout::batchLanes:
    return "batch_lanes";
  case Layout::channelLanes:
    return "channel_lanes";
  }
  return "";
}

const char* name(ScalarType type) {
  switch (type) {
  case ScalarType::i32:
    return "i32";
  case ScalarType::u32:
    return "u32";
  case ScalarType::f32:
    return "f32";
  }
  return "";
}

const char* name(Range range) {
  switch (range) {
  case Range::none:
    return "none";
  case Range::channel:
    return "channel";
  case Range::row:
    return "row";
  }
  return "";
}

template <typename List> std::string join(const List& list, const char* separator = ", ") {
  std::string text;
  for (auto value : list) text += (text.empty() ? "" : separator) + std::to_string(value);
  return text;
}

/// Hexadecimal floating point: exact, the same text for the same value everywhere.
std::string exactText(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%a", value);
  return text;
}

std::string print(const Tensor& tensor) {
  std::string text =
      std::string(name(tensor.layout)) + "<" + join(tensor.shape, "x") + "x" + name(tensor.element);
  if (tensor.layout != Layout::plain) {
    text += ", lanes " + std::to_string(tensor.lanes) + ", halo " + std::to_string(tensor.haloY) + "x" +
            std::to_string(tensor.haloX);
  }
  return text + ">";
}

std::string print(const Op& op) {
  std::string text = op.name + "(";
  for (size_t i = 0; i < op.operands.size(); ++i) {
    text += (i ? ", %" : "%") + std::to_string(op.operands[i]);
  }
  text += ")";
  std::string attributes;
  for (auto& [key, value] : op.ints) attributes += " " + key + " = [" + join(value) + "]";
  for (auto& [key, value] : op.floats) attributes += " " + key + " = " + exactText(value);
  if (!attributes.empty()) text += " {" + attributes + " }";
  return text + " : " + join(op.shape, "x") + "x" + name(op.element);
}

} // namespace

std::string print(const Kernel& kernel) {
  std::string text = "kernel for " + kernel.target + (kernel.exact ? " exact" : "") +
                     (kernel.checked ? " checked" : "") + "\n";
  size_t value = 0;
  for (const Tensor& input : kernel.inputs) {
    text += "  %" + std::to_string(value++) + " = input " + print(input) + "\n";
  }
  for (const Scalar& scalar : kernel.scalars) {
    text += "  scalar " + scalar.name + " : " + name(scalar.type) + "\n";
  }
  for (const Op& op : kernel.ops) text += "  %" + std::to_string(value++) + " = " + print(op) + "\n";
  for (size_t i = 0; i < kernel.results.size() && i < kernel.outputs.size(); ++i) {
    text += "  output %" + std::to_string(kernel.results[i]) + " : " + print(kernel.outputs[i]) + "\n";
  }
  if (kernel.range != Range::none) {
    text +=
        std::string("  range ") + name(kernel.range) + " by " + std::to_string(kernel.rangeGranule) + "\n";
  }
  text += "  schedule " + (kernel.schedule.algorithm.empty() ? "default" : kernel.schedule.algorithm);
  for (auto& [key, size] : kernel.schedule.tiles) text += " " + key + " = " + std::to_string(size);
  return text + "\n";
}

std::string symbolOf(const Kernel& kernel) {
  char text[20];
  std::snprintf(text, sizeof text, "k_%016llx",
                static_cast<unsigned long long>(llvm::xxHash64(print(kernel))));
  return text;
}

} // namespace cnn::kernel
