//===- channel_winograd.cpp - Loops of a Winograd convolution ----------------------------------------===//
//
// A block is some rows of tiles: its transformed input is made once, then for each group of output channels
// all products of the block are made, frequency by frequency, each from a tile of accumulators in registers,
// and transformed back. One row of tiles where the transformed weights stay in L2, else as many rows as do
// themselves: the weights stream once a block.
//
//===---------------------------------------------------------------------------------------------------===//

#include "algorithms/channel_conv.h"
#include "schedules.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

void scheduleChannelWinograd(Builder& b) {
  const Op& op = *findAnchor(b.kernel);
  const Tensor& tensor = b.kernel.outputs.at(0);
  if (tensor.layout != Layout::channelLanes) fail("channel_winograd: expected an output in channel_lanes");
  auto& tiles = b.kernel.schedule.tiles;
  int m = int(intOf(op, "outputs", 0, 4)), n = m + 2, vectors = int(intOf(op, "vectors", 0, 1));
  // A pooling behind the convolution reads windows that lie within one tile.
  std::array<int64_t, 2> pool = fusedPool(b.kernel);
  if (pool[0] != pool[1] || m % pool[0] != 0)
    fail("channel_winograd: the pooling's windows do not fit in tiles");
  int outTile = m / int(pool[0]), outWidth = int(tensor.shape[2]), outHeight = int(tensor.shape[1]);
  int width = int(op.shape[2]), height = int(op.shape[1]);
  int columns = (width + m - 1) / m, rows = (height + m - 1) / m;
  int blockRows = int(std::clamp<int64_t>(tiles.at("block_rows"), 1, rows));
  int tileX = int(std::clamp<int64_t>(tiles.at("x"), 1, columns));
  int tileY = int(std::clamp<int64_t>(tiles.at("y"), 1, blockRows));

  Func& out = b.outputs.at(0);
  Var xo("xo"), xi("xi"), yo("yo"), yi("yi"), co("co"), ci("ci"), block("block_row"), inBlock("in_block");
  if (b.kernel.range == Range::channel) out.align_bounds(b.c, vectors);
  bool byRow = b.kernel.range == Range::row;
  if (byRow) out.align_bounds(b.y, outTile); // a chunk starts at a tile; its end is guarded by the picture's
  bool guardY = byRow || outHeight % outTile != 0;
  out.split(b.x, xo, xi, outTile, outWidth % outTile ? TailStrategy::GuardWithIf : TailStrategy::RoundUp)
      .split(b.y, yo, yi, outTile, guardY ? TailStrategy::GuardWithIf : TailStrategy::RoundUp)
      .split(b.c, co, ci, vectors, TailStrategy::RoundUp)
      .split(yo, block, inBlock, blockRows,
             byRow || rows % blockRows ? TailStrategy::GuardWithIf : TailStrategy::RoundUp)
      .reorder({b.lane, xi, yi, xo, inBlock, ci, co, block})
      .vectorize(b.lane)
      .unroll(xi)
      .unroll(yi);

  Var i("i"), j("j"), a("a"), tx("tx"), ty("ty");
  const Tensor& in = b.kernel.inputs.at(op.operands.at(0));
  int inLanes = in.layout == Layout::plain ? b.lanes : in.lanes;
  Func input = b.funcs.at("input"), rowsFunc = b.funcs.at("rows");
  input.compute_at(out, block)
      .bound_extent(b.lane, inLanes)
      .bound_extent(tx, columns)
      .bound_extent(ty, blockRows)
      .bound(i, 0, n)
      .bound(j, 0, n)
      .reorder({b.lane, j, i, tx, ty, b.c})
      .reorder_storage({b.lane, tx, ty, j, i, b.c})
      .vectorize(b.lane)
      .unroll(i)
      .unroll(j);
  rowsFunc.compute_at(input, ty)
      .bound_extent(b.lane, inLanes)
      .reorder({b.lane, i, b.x, ty, b.c})
      .reorder_storage({b.lane, i, b.x, ty, b.c})
      .vectorize(b.lane)
      .unroll(i);
  if (auto padded = b.funcs.find("padded"); padded != b.funcs.end()) {
    // As many rows and columns as one row of tiles reads; the last tiles stop at the padding.
    int left = int(intOf(op, "padding", 1, 0)), read = width % m ? width + 2 : columns * m + 2;
    padded->second.compute_at(input, ty).bound(b.x, -left, read).bound_extent(b.y, n).vectorize(b.lane);
  }

  Func product = b.funcs.at("product"), accumulator = b.funcs.at("accumulator");
  Var xOuter("x_outer"), xInner("x_inner"), yOuter("y_outer"), yInner("y_inner");
  product.compute_at(out, co)
      .bound_extent(b.lane, tensor.lanes)
      .bound_extent(tx, columns)
      .bound_extent(ty, blockRows)
      .bound_extent(b.c, vectors)
      .bound(i, 0, n)
      .bound(j, 0, n)
      .split(tx, xOuter, xInner, tileX, TailStrategy::ShiftInwards)
      .split(ty, yOuter, yInner, tileY, TailStrategy::ShiftInwards)
      .reorder({b.lane, b.c, xInner, yInner, xOuter, yOuter, j, i})
      .reorder_storage({b.lane, tx, ty, b.c, j, i})
      .vectorize(b.lane)
      .unroll(b.c)
      .unroll(xInner)
      .unroll(yInner);
  RDom taps = b.domains.at("taps");
  RVar inOuter("in_outer"), inInner("in_inner");
  int used = int(b.kernel.inputs.at(op.operands.at(1)).shape[3]);
  int unrolled = int(std::clamp<int64_t>(tiles.at("inputs"), 1, used));
  while (used % unrolled != 0) --unrolled;
  accumulator.compute_at(product, xOuter)
      .store_in(MemoryType::Stack)
      .bound_extent(b.lane, tensor.lanes)
      .vectorize(b.lane)
      .unroll(b.c)
      .unroll(tx)
      .unroll(ty);
  accumulator.update()
      .split(taps[0], inOuter, inInner, unrolled)
      .reorder({b.lane, b.c, tx, ty, inInner, inOuter, taps[1]})
      .vectorize(b.lane)
      .unroll(b.c)
      .unroll(tx)
      .unroll(ty)
      .unroll(inInner);
  b.funcs.at("columns")
      .compute_at(out, xo)
      .store_in(MemoryType::Stack)
      .bound_extent(b.lane, tensor.lanes)
      .bound(a, 0, m)
      .bound(j, 0, n)
      .reorder({b.lane, a, j, tx, ty, b.c})
      .vectorize(b.lane)
      .unroll(a)
      .unroll(j);
}

void scheduleChannelWinogradRows(Builder& b) {
  const Op& op = *findAnchor(b.kernel);
  const Tensor& tensor = b.kernel.outputs.at(0);
  if (tensor.layout != Layout::channelLanes)
    fail("channel_winograd_rows: expected an output in channel_lanes");
  const std::vector<int64_t>& weights = b.kernel.inputs.at(op.operands.at(1)).shape;
  int m = int(intOf(op, "outputs", 0, 2)), vectors = int(weights[5]);
  std::array<int64_t, 2> pool = fusedPool(b.kernel);
  if (pool[0] != pool[1] || m % pool[0] != 0)
    fail("channel_winograd_rows: the pooling's windows do not fit in tiles");
  int outTile = m / int(pool[0]), outHeight = int(tensor.shape[1]);
  int tileX = int(std::clamp<int64_t>(b.kernel.schedule.tiles.at("x"), 1, tensor.shape[2]));
  bool byRow = b.kernel.range == Range::row;

  Func& out = b.outputs.at(0);
  Var xo("xo"), xi("xi"), yo("yo"), yi("yi"), co("co"), ci("ci"), i("i"), ty("ty");
  if (b.kernel.range == Range::channel) out.align_bounds(b.c, vectors);
  if (byRow) out.align_bounds(b.y, outTile);
  out.split(b.x, xo, xi, tileX, TailStrategy::ShiftInwards)
      .split(b.y, yo, yi, outTile,
             byRow || outHeight % outTile ? TailStrategy::GuardWithIf : TailStrategy::RoundUp)
      .split(b.c, co, ci, vectors, TailStrategy::RoundUp)
      .reorder({b.lane, xi, ci, yi, xo, co, yo})
      .vectorize(b.lane)
      .unroll(xi)
      .unroll(yi)
      .unroll(ci);

  // The transformed rows serve all output channels; vectors run along a plain row or over the lanes.
  Func rows = b.funcs.at("rows");
  int rowWidth = int(op.shape[2] + weights[2] - 1), n = int(weights[1]);
  rows.compute_at(out, yo).bound(i, 0, n).bound(b.x, 0, rowWidth).bound_extent(ty, 1);
  if (rows.dimensions() == 5) {
    rows.reorder({b.lane, i, b.x}).vectorize(b.lane).unroll(i);
  } else {
    int vector = b.lanes;
    while (vector > rowWidth) vector /= 2;
    rows.reorder({b.x, i}).vectorize(b.x, vector, TailStrategy::ShiftInwards).reorder({i, b.x}).unroll(i);
  }
  if (auto padded = b.funcs.find("padded"); padded != b.funcs.end()) {
    int left = int(intOf(op, "padding", 1, 0));
    padded->second.compute_at(out, yo).bound(b.x, -left, rowWidth).bound_extent(b.y, n);
    if (padded->second.dimensions() == 4) padded->second.vectorize(b.lane);
  }

  // All frequencies of a tile of pixels, each from accumulators in registers.
  Func product = b.funcs.at("product"), accumulator = b.funcs.at("accumulator");
  RDom taps = b.domains.at("taps");
  product.compute_at(out, xo)
      .store_in(MemoryType::Stack)
      .bound_extent(b.lane, tensor.lanes)
      .bound(i, 0, n)
      .bound_extent(ty, 1)
      .bound_extent(b.c, vectors)
      .reorder({b.lane, b.c, b.x, i})
      .vectorize(b.lane)
      .unroll(b.c)
      .unroll(b.x);
  accumulator.compute_at(product, i)
      .store_in(MemoryType::Stack)
      .bound_extent(b.lane, tensor.lanes)
      .vectorize(b.lane)
      .unroll(b.c)
      .unroll(b.x);
  accumulator.update()
      .reorder({b.lane, b.c, b.x, taps[2], taps[0], taps[1]})
      .vectorize(b.lane)
      .unroll(b.c)
      .unroll(b.x)
      .unroll(taps[2]);
}

} // namespace cnn::kernel
