//===- input_parts.cpp - What a chunk of a layer reads ----------------------------------------------===//
//
// Half of what a layer reads was written by another core a moment ago. A kernel meets those lines one after
// the other, each 100 to 200 ns away; asked for all at once they come at 10 to 25 GB/s. ResNet-20 on two
// cores of different core complexes (Zen 4) gains a third.
//
//===---------------------------------------------------------------------------------------------------===//
#include "dialect_to_groups/input_parts.h"

#include <algorithm>

namespace cnn {
namespace {

/// A part of L2: more would drive out what was fetched first.
constexpr int64_t mostBytes = 256 * 1024;

int64_t intOf(const kernel::Op& op, const char* name, size_t index, int64_t otherwise) {
  auto found = op.ints.find(name);
  return found != op.ints.end() && index < found->second.size() ? found->second[index] : otherwise;
}

/// The anchor reads windows of its input; pointwise ops read the row that they write, and a pooling behind
/// the anchor makes several of the anchor's rows one.
struct Rows {
  int64_t perRow = 1, before = 0, window = 1;
};

Rows rowsRead(const kernel::Kernel& kernel, size_t index) {
  Rows rows;
  if (kernel.ops.front().operands.empty() || kernel.ops.front().operands.front() != int(index)) return rows;
  for (auto op = kernel.ops.rbegin(); op != kernel.ops.rend(); ++op) {
    if (!op->ints.count("kernel")) continue;
    int64_t stride = intOf(*op, "stride", 0, 1), before = intOf(*op, "padding", 0, 0);
    int64_t reach = (intOf(*op, "kernel", 0, 1) - 1) * intOf(*op, "dilation", 0, 1) + 1;
    rows = {rows.perRow * stride, rows.before * stride + before, (rows.window - 1) * stride + reach};
  }
  return rows;
}

bool readsOwnChannels(const kernel::Kernel& kernel, size_t index) {
  const kernel::Op& anchor = kernel.ops.front();
  return anchor.name == "conv_depthwise" || anchor.operands.front() != int(index);
}

} // namespace

std::optional<InputPart> inputPart(const kernel::Kernel& kernel, size_t index, int64_t rangeChunk) {
  const kernel::Tensor& tensor = kernel.inputs[index];
  if (tensor.shape.size() != 3 || tensor.element != kernel::Element::f32) return std::nullopt;
  // A row of a transposed convolution's result reads less than one of its input.
  if (kernel.ops.front().name == "conv_transpose_phases" && kernel.range == kernel::Range::row)
    return std::nullopt;
  InputPart part;
  bool lanes = tensor.layout == kernel::Layout::channelLanes;
  int64_t planes = lanes ? (tensor.shape[0] + tensor.lanes - 1) / tensor.lanes : tensor.shape[0];
  part.rowBytes = 4 * (tensor.shape[2] + 2 * tensor.haloX) * (lanes ? tensor.lanes : 1);
  part.rows = tensor.shape[1] + 2 * tensor.haloY;
  part.firstRow = -tensor.haloY;
  part.planeBytes = part.rowBytes * part.rows;
  int64_t bytes = planes * part.planeBytes;
  if (kernel.range == kernel::Range::row) {
    Rows rows = rowsRead(kernel, index);
    part.planes = planes;
    part.perRow = rows.perRow, part.before = rows.before, part.window = rows.window;
    bytes = planes * part.rowBytes * std::min(part.rows, (rangeChunk - 1) * rows.perRow + rows.window);
  } else {
    // One plane that holds the channels as its rows.
    part.rowBytes = part.planeBytes, part.rows = planes, part.firstRow = 0;
    if (readsOwnChannels(kernel, index))
      part.perRow = part.window = 1, bytes = rangeChunk * part.rowBytes;
    else
      part.window = planes;
  }
  return bytes <= mostBytes ? std::optional(part) : std::nullopt;
}

} // namespace cnn
