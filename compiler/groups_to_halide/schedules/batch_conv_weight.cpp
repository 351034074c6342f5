//===- batch_conv_weight.cpp - Weight gradients over 16 images at a time -----------------------------===//
//
// One sum a weight and lane. For a chunk of output channels these lie in memory; a tile of them (taps, input
// and output channels) is in registers while the loop passes over a band of rows that stays in cache. At the
// end the lanes are summed.
//
//===---------------------------------------------------------------------------------------------------===//

#include "schedules.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

void scheduleBatchConvWeight(Builder& b) {
  Func& out = b.outputs.at(0);
  Func part = b.funcs.at("part"), accumulator = b.funcs.at("accumulator"), total = b.funcs.at("total");
  RDom pixels = b.domains.at("pixels"), bands = b.domains.at("bands"), allLanes = b.domains.at("lanes");
  auto& tiles = b.kernel.schedule.tiles;
  const std::vector<int64_t>& shape = b.kernel.outputs[0].shape; // out, in, ky, kx
  auto outVariables = b.outputVariables(0);                      // kx, ky, in, out

  Var chunk("chunk"), inChunk("in_chunk");
  int channels = static_cast<int>(std::min(tiles.at("channels"), shape[0]));
  out.split(outVariables[3], chunk, inChunk, channels, TailStrategy::ShiftInwards);
  accumulator.compute_at(out, chunk);
  auto v = accumulator.args(); // lane, kx, ky, in, out
  accumulator.vectorize(v[0]);

  Var outer[4], inner[4];
  const char* names[] = {"kx", "ky", "in", "out"};
  Stage sum = accumulator.update();
  for (int d = 0; d < 4; ++d) {
    outer[d] = Var(std::string(names[d]) + "_outer"), inner[d] = Var(std::string(names[d]) + "_inner");
    int64_t extent = d == 3 ? channels : shape[3 - d];
    int64_t tile = std::min(tiles.at(names[d]), extent);
    while (extent % tile != 0) --tile; // sums are added to, so no tile may overlap another
    sum.split(v[d + 1], outer[d], inner[d], static_cast<int>(tile));
  }
  sum.reorder({v[0], inner[0], inner[1], inner[2], inner[3], outer[0], outer[1], outer[2], outer[3], bands[0],
               bands[1]})
      .vectorize(v[0]);
  for (const Var& var : inner) sum.unroll(var);

  auto p = part.args(); // lane, kx, ky, in, out, band, block
  part.compute_at(accumulator, outer[0]).store_in(MemoryType::Stack).vectorize(p[0]);
  int unroll = static_cast<int>(tiles.at("unroll"));
  RVar column("column"), columnInner("column_inner");
  part.update()
      .split(pixels[0], column, columnInner, unroll)
      .reorder({p[0], p[1], p[2], p[3], p[4], columnInner, column, pixels[1]})
      .vectorize(p[0])
      .unroll(columnInner);
  for (int d = 1; d < 5; ++d) {
    part.unroll(p[d]);
    part.update().unroll(p[d]);
  }

  total.compute_at(out, outVariables[0]).store_in(MemoryType::Stack);
  total.update().atomic().vectorize(allLanes[0]);
}

void scheduleBatchLinearWeight(Builder& b) {
  Func& out = b.outputs.at(0);
  Func transposed = b.funcs.at("transposed"), product = b.funcs.at("product");
  RDom images = b.domains.at("images"), blocks = b.domains.at("blocks");
  auto& tiles = b.kernel.schedule.tiles;
  int vectors = static_cast<int>(tiles.at("vectors")), rows = static_cast<int>(tiles.at("channels"));
  int width = vectors * b.lanes, chunkSize = static_cast<int>(tiles.at("features"));
  auto variables = b.outputVariables(0);
  Var feature = variables[0], row = variables[1];
  Var chunk("chunk"), inChunk("in_chunk"), tile("tile"), inTile("in_tile"), vector("vector"),
      element("element");
  Var rowTile("row_tile"), inRow("in_row");

  out.vectorize(feature, std::min<int>(b.lanes, static_cast<int>(b.kernel.outputs[0].shape[1])));
  out.update()
      .split(feature, chunk, inChunk, chunkSize, TailStrategy::GuardWithIf)
      .split(inChunk, tile, inTile, width, TailStrategy::GuardWithIf)
      .split(inTile, vector, element, b.lanes, TailStrategy::GuardWithIf)
      .split(row, rowTile, inRow, rows, TailStrategy::GuardWithIf)
      .reorder({element, vector, inRow, tile, rowTile, blocks[0], chunk})
      .vectorize(element)
      .unroll(vector)
      .unroll(inRow);
  auto p = product.args();
  Var pVector("p_vector"), pElement("p_element");
  product.compute_at(LoopLevel(out, tile)).store_in(MemoryType::Stack);
  product.bound_extent(p[0], width).bound_extent(p[1], rows);
  product.split(p[0], pVector, pElement, b.lanes).vectorize(pElement).unroll(pVector).unroll(p[1]);
  product.update()
      .split(p[0], pVector, pElement, b.lanes)
      .reorder({pElement, pVector, p[1], images[0]})
      .vectorize(pElement)
      .unroll(pVector)
      .unroll(p[1])
      .unroll(images[0], 2);
  auto t = transposed.args();
  transposed.compute_at(LoopLevel(out, blocks[0])).store_in(MemoryType::Stack);
  transposed.bound_extent(t[0], chunkSize).bound_extent(t[1], b.lanes);
  transposed.reorder(t[1], t[0]).vectorize(t[1]);
}

} // namespace cnn::kernel
