//===- batch_winograd.cpp - Loops of a Winograd convolution over batch lanes -------------------------===//
//
// A block is some tiles of one row: its transformed input V is made once for all channels, then, frequency by
// frequency, the products with all output channels, so that V and U of one frequency stay in L1, and at last
// the products are transformed back. V and the products of a block stay in L2.
//
//===---------------------------------------------------------------------------------------------------===//

#include "batch_winograd_plan.h"
#include "schedules.h"

#include "compile.h"
#include "registry.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

namespace {

int64_t ceilDivide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// V and products of one tile, in bytes.
int64_t tileBytes(const BatchWinogradShape& s, int64_t outputs, int64_t lanes) {
  return (s.channels + s.outChannels) * (outputs + 2) * (outputs + 2) * lanes * 4;
}

/// Of 1 MB of L2 some is left for U, the picture and the result.
constexpr int64_t blockBytes = 700 * 1024;

/// FMAs on vectors for 16 images; a transform's operation counts half as much again, for its loads and
/// stores.
double winogradCost(const BatchWinogradShape& s, int64_t m, int64_t block) {
  double n = double(m + 2), tiles = double(ceilDivide(s.height, m) * ceilDivide(s.width, m));
  double in = n * (n + double(m) + 2.0 / double(block)) * (n - 1),
         out = double(m) * (n + double(m)) * (n - 1);
  double products = n * n * double(s.channels * s.outChannels);
  return tiles * (products + 1.5 * (in * double(s.channels) + out * double(s.outChannels)));
}

} // namespace

BatchWinogradTiles batchWinogradTiles(const BatchWinogradShape& s, int64_t outputs,
                                      const std::string& target) {
  int64_t columns = ceilDivide(s.width, outputs), lanes = vectorLanes(target);
  int64_t fit = std::clamp<int64_t>(blockBytes / tileBytes(s, outputs, lanes), 1, columns);
  BatchWinogradTiles tiles;
  tiles.block = ceilDivide(columns, ceilDivide(columns, fit)); // blocks of equal size
  Tile tile = chooseTile(tiles.block, s.outChannels, accumulatorRegisters(target));
  tiles.x = tile.x, tiles.channels = tile.channels;
  return tiles;
}

int64_t batchWinogradOutputs(const BatchWinogradShape& s, const std::string& target) {
  int64_t lanes = vectorLanes(target);
  // Transforms are shared by few products where there are few channels.
  if (s.channels < 8 || s.outChannels < 8) return 0;
  double best = 9.0 * double(s.channels * s.outChannels * s.height * s.width);
  int64_t chosen = 0;
  for (int64_t m : {4, 2}) {
    if (tileBytes(s, m, lanes) > blockBytes) continue;
    double cost = winogradCost(s, m, batchWinogradTiles(s, m, target).block);
    if (cost < best) best = cost, chosen = m;
  }
  return chosen;
}

void scheduleBatchWinograd(Builder& b) {
  const Op& op = *findAnchor(b.kernel);
  const Tensor& tensor = b.kernel.outputs.at(0);
  auto& tiles = b.kernel.schedule.tiles;
  int m = int(intOf(op, "outputs", 0, 4)), n = m + 2, width = int(tensor.shape[2]);
  int block = int(tiles.at("block")), tileX = int(tiles.at("x")), tileC = int(tiles.at("channels"));
  int outs = int(op.shape[0]), ins = int(b.kernel.inputs.at(op.operands.at(1)).shape[2]);

  Func& out = b.outputs.at(0);
  Var xo("xo"), xi("xi"), yo("yo"), yi("yi"), xBlock("x_block"), inBlock("in_block");
  bool overX = width % m != 0, overY = tensor.shape[1] % m != 0;
  out.split(b.x, xo, xi, m, overX ? TailStrategy::GuardWithIf : TailStrategy::RoundUp)
      .split(b.y, yo, yi, m, overY ? TailStrategy::GuardWithIf : TailStrategy::RoundUp)
      .split(xo, xBlock, inBlock, block,
             (width + m - 1) / m % block ? TailStrategy::GuardWithIf : TailStrategy::RoundUp)
      .reorder({b.lane, xi, yi, inBlock, b.c, xBlock, yo})
      .vectorize(b.lane)
      .unroll(xi)
      .unroll(yi);

  Var i("i"), j("j"), a("a"), tx("tx"), ty("ty");
  // One channel more than there are: planes of frequencies a power of two apart would share a set of the
  // cache.
  Func input = b.funcs.at("input"), rows = b.funcs.at("rows");
  input.compute_at(out, xBlock)
      .bound_extent(b.lane, tensor.lanes)
      .bound_extent(tx, block)
      .bound_extent(ty, 1)
      .bound(b.c, 0, ins)
      .bound(i, 0, n)
      .bound(j, 0, n)
      .reorder({b.lane, j, i, tx, ty, b.c})
      .reorder_storage({b.lane, tx, ty, b.c, j, i})
      .bound_storage(b.c, ins + 1)
      .vectorize(b.lane)
      .unroll(i)
      .unroll(j);
  rows.compute_at(input, ty)
      .store_in(MemoryType::Stack)
      .bound_extent(ty, 1)
      .bound_extent(b.c, 1)
      .bound_extent(b.lane, tensor.lanes)
      .reorder({b.lane, i, b.x, ty, b.c})
      .reorder_storage({b.lane, i, b.x, ty, b.c})
      .vectorize(b.lane)
      .unroll(i);

  Func product = b.funcs.at("product"), accumulator = b.funcs.at("accumulator");
  Var xOuter("x_outer"), xInner("x_inner"), cOuter("c_outer"), cInner("c_inner");
  product.compute_at(out, xBlock)
      .bound_extent(b.lane, tensor.lanes)
      .bound_extent(tx, block)
      .bound_extent(ty, 1)
      .bound(b.c, 0, outs)
      .bound(i, 0, n)
      .bound(j, 0, n)
      .split(tx, xOuter, xInner, tileX, TailStrategy::ShiftInwards)
      .split(b.c, cOuter, cInner, tileC, TailStrategy::ShiftInwards)
      .reorder({b.lane, xInner, cInner, xOuter, cOuter, ty, j, i})
      .reorder_storage({b.lane, tx, ty, b.c, j, i})
      .bound_storage(b.c, outs + 1)
      .vectorize(b.lane)
      .unroll(xInner)
      .unroll(cInner);
  RDom taps = b.domains.at("taps");
  accumulator.compute_at(product, xOuter)
      .store_in(MemoryType::Stack)
      .bound_extent(b.lane, tensor.lanes)
      .vectorize(b.lane)
      .unroll(tx)
      .unroll(b.c);
  accumulator.update().reorder({b.lane, tx, b.c, taps.x}).vectorize(b.lane).unroll(tx).unroll(b.c);
  b.funcs.at("columns")
      .compute_at(out, inBlock)
      .store_in(MemoryType::Stack)
      .bound_extent(b.lane, tensor.lanes)
      .bound_extent(tx, 1)
      .bound_extent(ty, 1)
      .bound_extent(b.c, 1)
      .bound(a, 0, m)
      .bound(j, 0, n)
      .reorder({b.lane, a, j, tx, ty, b.c})
      .vectorize(b.lane)
      .unroll(a)
      .unroll(j);
}

void scheduleWinogradWeights(Builder& b) {
  const Tensor& tensor = b.kernel.outputs.at(0);
  Func& out = b.outputs.at(0);
  std::vector<Var> variables = b.outputVariables(0);
  Var o = variables[0], in = variables[1], outer("outer"), inner("inner");
  int vector = b.lanes;
  while (vector > tensor.shape[3]) vector /= 2;
  out.split(o, outer, inner, vector, TailStrategy::ShiftInwards)
      .reorder({inner, variables[2], variables[3], outer, in})
      .vectorize(inner)
      .unroll(variables[2])
      .unroll(variables[3]);
  for (const char* stage : {"rows", "taps"}) {
    Func f = b.funcs.at(stage);
    f.compute_at(out, outer).store_in(MemoryType::Stack).vectorize(f.args()[0]);
    for (int d : {1, 2, 3}) f.unroll(f.args()[d]);
  }
}

} // namespace cnn::kernel
