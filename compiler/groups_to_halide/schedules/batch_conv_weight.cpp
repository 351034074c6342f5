//===- batch_conv_weight.cpp - Weight gradients over 16 images at a time
//----------------------------------===//
//
// One accumulator a weight and lane: the tile's taps, input and output channels stay in registers while the
// loop passes over pixels, rows and blocks; then the lanes are summed.
//
//===------------------------------------------------------------------------------------------------------===//

#include "schedules.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

void scheduleBatchConvWeight(Builder& b) {
  Func& out = b.outputs.at(0);
  Func accumulator = b.funcs.at("accumulator"), total = b.funcs.at("total");
  RDom pixels = b.domains.at("pixels"), allLanes = b.domains.at("lanes");
  auto& tiles = b.kernel.schedule.tiles;
  auto variables = b.outputVariables(0); // kx, ky, in, out
  Var outer[4], inner[4];
  const char* names[] = {"kx", "ky", "in", "channels"};
  const std::vector<int64_t>& shape = b.kernel.outputs[0].shape;
  for (int d = 0; d < 4; ++d) {
    outer[d] = Var(std::string(names[d]) + "_outer"), inner[d] = Var(std::string(names[d]) + "_inner");
    int tile = static_cast<int>(std::min(tiles.at(names[d]), shape[3 - d]));
    out.split(variables[d], outer[d], inner[d], tile, TailStrategy::ShiftInwards);
  }
  // Input channels inside: the tile's planes of dy are read again from L2 for each of them.
  out.reorder(inner[0], inner[1], inner[2], inner[3], outer[0], outer[1], outer[2], outer[3]);
  for (int d = 0; d < 4; ++d) out.unroll(inner[d]);

  auto v = accumulator.args();
  accumulator.compute_at(out, outer[0]).store_in(MemoryType::Stack).vectorize(v[0]);
  accumulator.update()
      .reorder({v[0], v[1], v[2], v[3], v[4], pixels[0], pixels[1], pixels[2]})
      .vectorize(v[0]);
  for (int d = 1; d < 5; ++d) {
    accumulator.unroll(v[d]);
    accumulator.update().unroll(v[d]);
  }
  total.compute_at(out, outer[0]).store_in(MemoryType::Stack);
  for (const Var& var : total.args()) total.unroll(var);
  auto t = total.args();
  total.update().reorder({allLanes[0], t[0], t[1], t[2], t[3]}).atomic().vectorize(allLanes[0]);
  for (const Var& var : t) total.update().unroll(var);
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
