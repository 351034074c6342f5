//===- channel_conv.cpp - One image, vectors over output channels ------------------------------------===//
//
// A tile of accumulators stays in registers while all taps and input channels pass: for each input channel
// and tap `vectors` weights are loaded and x * y pixels broadcast, for vectors * x * y FMAs.
//
//===---------------------------------------------------------------------------------------------------===//

#include "algorithms/channel_conv.h"
#include "schedules.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

namespace {

int tileOf(Builder& b, const char* name, int64_t most) {
  auto found = b.kernel.schedule.tiles.find(name);
  return int(std::clamp<int64_t>(found == b.kernel.schedule.tiles.end() ? 1 : found->second, 1, most));
}

bool rangeIs(const Builder& b, Range range) {
  return b.kernel.range == range;
}

/// The tail of a loop over the range: chunks may be smaller than a tile.
TailStrategy tailOver(const Builder& b, Range range) {
  return rangeIs(b, range) ? TailStrategy::GuardWithIf : TailStrategy::ShiftInwards;
}

/// The padded copy of the rows that `tileRows` rows of the output read. It slides down the picture within
/// `window`: a row that the next tile reads again is not copied again.
void schedulePadded(Builder& b, Func& out, const LoopLevel& window, const Var& rows, int tileRows) {
  auto found = b.funcs.find("padded");
  if (found == b.funcs.end()) return;
  const Op& op = *findAnchor(b.kernel);
  Geometry g = packedGeometry(op);
  std::array<int64_t, 2> pool = fusedPool(b.kernel);
  int64_t convRows = (tileRows - 1) * pool[1] + pool[0];
  int height = int((convRows - 1) * g.strideY + (g.kernelY - 1) * g.dilationY + 1), folded = 1;
  while (folded < height) folded *= 2;
  Func& padded = found->second;
  // Of groups that run apart a range of output channels reads some, how many is not known, and others with
  // each tile.
  const Tensor& in = b.kernel.inputs.at(op.operands.at(0));
  bool grouped = rangeIs(b, Range::channel) && op.name == "conv_direct" && g.groups > 1;
  if (grouped)
    padded.bound(b.c, 0,
                 int(padded.dimensions() == 4 ? (in.shape[0] + in.lanes - 1) / in.lanes : in.shape[0]));
  bool slides = !grouped && !rangeIs(b, Range::row) && op.shape[1] * g.strideY > height;
  padded.compute_at(out, rows);
  // A guarded tail would make the number of rows depend on the range.
  if (slides)
    padded.store_at(window).fold_storage(b.y, folded);
  else
    padded.bound_extent(b.y, height);
  if (padded.dimensions() == 4)
    padded.vectorize(b.lane);
  else
    padded.vectorize(b.x, b.lanes, TailStrategy::RoundUp);
}

} // namespace

void scheduleChannelDirect(Builder& b) {
  Func& out = b.outputs.at(0);
  Func accumulator = b.funcs.at("accumulator");
  RDom taps = b.domains.at("taps");
  const Tensor& tensor = b.kernel.outputs.at(0);
  if (tensor.layout != Layout::channelLanes) fail("channel_direct: expected an output in channel_lanes");
  int vectors = int(intOf(*findAnchor(b.kernel), "vectors", 0, 1)), x = tileOf(b, "x", tensor.shape[2]),
      y = tileOf(b, "y", tensor.shape[1]);

  Var xOuter("x_outer"), xInner("x_inner"), yOuter("y_outer"), yInner("y_inner"), cOuter("c_outer"),
      cInner("c_inner");
  // Packed weights are addressed by group of blocks: a chunk starts at a whole one.
  if (rangeIs(b, Range::channel)) out.align_bounds(b.c, vectors);
  out.split(b.c, cOuter, cInner, vectors, TailStrategy::RoundUp)
      .split(b.x, xOuter, xInner, x, TailStrategy::ShiftInwards)
      .split(b.y, yOuter, yInner, y, tailOver(b, Range::row));
  if (tileOf(b, "rows_outside", 2) == 1) {
    out.reorder({b.lane, cInner, xInner, yInner, xOuter, yOuter, cOuter});
  } else {
    out.reorder({b.lane, cInner, xInner, yInner, xOuter, cOuter, yOuter});
  }
  out.vectorize(b.lane).unroll(cInner).unroll(xInner).unroll(yInner);
  schedulePadded(b, out, LoopLevel(out, tileOf(b, "rows_outside", 2) == 1 ? Var::outermost() : cOuter),
                 yOuter, y);

  accumulator.compute_at(out, xOuter).store_in(MemoryType::Stack);
  accumulator.bound_extent(b.lane, tensor.lanes).vectorize(b.lane).unroll(b.c).unroll(b.x).unroll(b.y);
  RVar inOuter("in_outer"), inInner("in_inner");
  auto inputs = Internal::as_const_int(taps[0].extent());
  // Some channels at once: the loop's own work is spread over them, and loads run ahead of the FMAs.
  int unrolled = tileOf(b, "inputs", inputs ? *inputs : 1);
  while (inputs && *inputs % unrolled != 0) --unrolled;
  accumulator.update()
      .split(taps[0], inOuter, inInner, unrolled)
      .reorder({b.lane, b.c, b.x, b.y, inInner, inOuter, taps[1], taps[2], taps[3]})
      .vectorize(b.lane)
      .unroll(b.c)
      .unroll(b.x)
      .unroll(b.y)
      .unroll(inInner);
}

void schedulePlainRows(Builder& b) {
  Func& out = b.outputs.at(0);
  Func accumulator = b.funcs.at("accumulator");
  const Tensor& tensor = b.kernel.outputs.at(0);
  if (tensor.layout != Layout::plain || tensor.shape.size() != 3)
    fail("plain_rows: expected a plain output [C, H, W]");
  std::vector<Var> variables = b.outputVariables(0);
  Var x = variables[0], y = variables[1], c = variables[2], cOuter("c_outer"), cInner("c_inner");
  int channels = tileOf(b, "channels", tensor.shape[0]), width = int(tensor.shape[2]);
  out.split(c, cOuter, cInner, channels, TailStrategy::ShiftInwards)
      .reorder(x, cInner, y, cOuter)
      .unroll(cInner);
  const Op& op = *findAnchor(b.kernel);
  std::array<int64_t, 2> pool = fusedPool(b.kernel);
  // The row is computed in whole vectors: what lies past its end reads the zeros of the padded copy. Where
  // nothing else is read, the same holds for the result, of which only the row itself is stored.
  int computed = int(op.shape.at(2));
  bool masked = b.kernel.inputs.size() == 3;
  if (masked) {
    out.vectorize(x, b.lanes, TailStrategy::PredicateStores);
    computed =
        int(std::max<int64_t>(computed, ((width + b.lanes - 1) / b.lanes * b.lanes - 1) * pool[1] + pool[0]));
  } else {
    int vector = b.lanes;
    while (vector > width) vector /= 2;
    out.vectorize(x, vector, TailStrategy::ShiftInwards);
  }

  accumulator.compute_at(out, y).store_in(MemoryType::Stack);
  accumulator.bound(b.x, 0, (computed + b.lanes - 1) / b.lanes * b.lanes);
  Var xo("xo"), xi("xi");
  accumulator.split(b.x, xo, xi, b.lanes).vectorize(xi).unroll(xo).unroll(b.y).unroll(b.c);
  RDom taps = b.domains.at("taps");
  accumulator.update()
      .split(b.x, xo, xi, b.lanes)
      .reorder({xi, xo, b.y, b.c, taps[0], taps[1], taps[2]})
      .vectorize(xi)
      .unroll(xo)
      .unroll(b.y)
      .unroll(b.c);
  Func& padded = b.funcs.at("padded");
  const Tensor& in = b.kernel.inputs.at(op.operands.at(0));
  Geometry g = packedGeometry(op);
  int64_t convRows = op.shape[1], rows = ((pool[0] - 1) * g.strideY + (g.kernelY - 1) * g.dilationY + 1);
  bool small = blockElements(in) * 4 <= 16 * 1024;
  padded.compute_at(out, small ? cOuter : y);
  if (!small && convRows > pool[0]) {
    int folded = 1;
    while (folded < rows) folded *= 2;
    padded.store_at(out, cOuter).fold_storage(b.y, folded);
  }
  if (padded.dimensions() == 3)
    padded.vectorize(b.x, b.lanes, TailStrategy::RoundUp);
  else
    padded.vectorize(b.lane);
}

void scheduleChannelDepthwise(Builder& b) {
  Func& out = b.outputs.at(0);
  Func accumulator = b.funcs.at("accumulator");
  RDom taps = b.domains.at("taps");
  const Tensor& tensor = b.kernel.outputs.at(0);
  int x = tileOf(b, "x", tensor.shape[2]), y = tileOf(b, "y", tensor.shape[1]);
  Var xOuter("x_outer"), xInner("x_inner"), yOuter("y_outer"), yInner("y_inner");
  out.split(b.x, xOuter, xInner, x, TailStrategy::ShiftInwards)
      .split(b.y, yOuter, yInner, y, tailOver(b, Range::row))
      .reorder({b.lane, xInner, yInner, xOuter, yOuter, b.c})
      .vectorize(b.lane)
      .unroll(xInner)
      .unroll(yInner);
  schedulePadded(b, out, LoopLevel(out, b.c), yOuter, y);
  accumulator.compute_at(out, xOuter).store_in(MemoryType::Stack);
  accumulator.bound_extent(b.lane, tensor.lanes).vectorize(b.lane).unroll(b.x).unroll(b.y);
  accumulator.update()
      .reorder({b.lane, b.x, b.y, taps[0], taps[1]})
      .vectorize(b.lane)
      .unroll(b.x)
      .unroll(b.y);
  // Neighbouring taps share pixels in registers once they are unrolled; 7 x 7 taps would only be long code.
  auto columns = Internal::as_const_int(taps[0].extent()), rows = Internal::as_const_int(taps[1].extent());
  if (columns && *columns <= 7) accumulator.update().unroll(taps[0]);
  if (rows && columns && *columns * *rows <= 25) accumulator.update().unroll(taps[1]);
}

void scheduleChannelLinear(Builder& b) {
  Func& out = b.outputs.at(0);
  Func accumulator = b.funcs.at("accumulator"), sum = b.funcs.at("sum");
  const Tensor& tensor = b.kernel.outputs.at(0);
  const Op& op = *findAnchor(b.kernel);
  int vectors = int(intOf(op, "vectors", 0, 1)), lanes = int(intOf(op, "lanes", 0, 1));
  Var cOuter("c_outer"), cInner("c_inner"), lane = b.lane, block = b.c;
  if (tensor.layout == Layout::plain) {
    if (rangeIs(b, Range::channel)) fail("channel_linear: a plain output cannot be split into ranges");
    PlainVectors plain = vectorizePlainChannels(b, out, lanes);
    lane = plain.lane, block = plain.block;
    out.split(block, cOuter, cInner, vectors, TailStrategy::GuardWithIf);
  } else {
    if (rangeIs(b, Range::channel)) out.align_bounds(b.c, vectors);
    out.split(b.c, cOuter, cInner, vectors, TailStrategy::RoundUp);
  }
  out.reorder(lane, cInner, cOuter).unroll(cInner);
  if (tensor.layout == Layout::channelLanes) out.vectorize(lane);
  sum.compute_at(out, cOuter)
      .store_in(MemoryType::Stack)
      .bound_extent(b.lane, lanes)
      .bound_extent(b.c, vectors);
  sum.align_bounds(b.c, vectors).vectorize(b.lane).unroll(b.c);
  RDom taps = b.domains.at("taps");
  accumulator.compute_at(sum, Var::outermost()).store_in(MemoryType::Stack).bound_extent(b.lane, lanes);
  Var part("part");
  accumulator.vectorize(b.lane).unroll(part).unroll(b.c);
  accumulator.update()
      .reorder({b.lane, part, b.c, taps[0], taps[1], taps[2], taps[3]})
      .vectorize(b.lane)
      .unroll(part)
      .unroll(b.c);
}

} // namespace cnn::kernel
