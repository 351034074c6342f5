//===- channel_winograd.cpp - 3x3 convolutions of one image by Winograd's minimal filtering ----------===//
//
// Stages, over tiles of m x m outputs that each read n x n inputs (n = m + 2):
//   rows      {lane, x, i, tile y, ic block}          B^T along y
//   input     {lane, tile x, tile y, i, j, ic block}  B^T along x: V = B^T d B
//   product   {lane, tile x, tile y, i, j, oc block}  sum over input channels of U * V
//   columns   {lane, tile x, tile y, a, j, oc block}  A^T along y
// and the result A^T along x, plus bias. Relative RMS error against f64 is about 1e-6 for m = 4 (see the
// test).
//
//===---------------------------------------------------------------------------------------------------===//

#include "channel_conv.h"
#include "winograd_transform.h"

#include "schedules/channel_tiles.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

namespace {

Value convWinograd(Builder& b, const Op& op) {
  const Value& u = b.operand(op, 1);
  Value bias = b.operand(op, 2);
  if (u.shape.size() != 6) fail("conv_winograd: expected weights from pack_winograd");
  int m = int(intOf(op, "outputs", 0, 4)), n = m + 2, lanes = int(u.shape[5]), vectors = int(u.shape[4]);
  int inLanes = int(u.shape[3]), inBlocks = int(u.shape[2]);
  Winograd matrices = makeWinograd(m, 3);
  Geometry g = packedGeometry(op);
  Value x = paddedInput(b, op, g, CopyInput::intoLanes);
  // The last tiles reach past what the padding needs; what they read there only enters outputs that are not
  // kept, beyond rounding, so that any finite value will do: the nearest one.
  int lastX = int(op.shape[2] + 1 - g.left), lastY = int(op.shape[1] + 1 - g.top);

  Var i("i"), j("j"), a("a"), tx("tx"), ty("ty");
  Func rows = b.func("rows"), input = b.func("input"), accumulator = b.func("accumulator");
  Func product = b.func("product"), columns = b.func("columns");
  bool overX = op.shape[2] % m != 0, overY = op.shape[1] % m != 0;
  rows(b.lane, b.x, i, ty, b.c) = times(matrices.inputTransform, i, collect(n, [&](int k) {
                                          Expr column = b.x - int(g.left), row = ty * m + k - int(g.top);
                                          if (overX) column = min(column, lastX);
                                          if (overY) row = min(row, lastY);
                                          return x.at({b.lane, column, row, b.c});
                                        }));
  input(b.lane, tx, ty, i, j, b.c) = times(
      matrices.inputTransform, j, collect(n, [&](int k) { return rows(b.lane, tx * m + k, i, ty, b.c); }));
  RDom taps = b.rdom({Expr(inLanes), Expr(inBlocks)}, "taps");
  accumulator(b.lane, tx, ty, i, j, b.c) = 0.0f;
  accumulator(b.lane, tx, ty, i, j, b.c) +=
      u.at({b.lane, b.c % vectors, taps[0], taps[1], i * n + j, b.c / vectors}) *
      input(taps[0], tx, ty, i, j, taps[1]);
  product(b.lane, tx, ty, i, j, b.c) = accumulator(b.lane, tx, ty, i, j, b.c);
  columns(b.lane, tx, ty, a, j, b.c) = times(
      matrices.outputTransform, a, collect(n, [&](int k) { return product(b.lane, tx, ty, k, j, b.c); }));

  b.funcs.insert({{"rows", rows},
                  {"input", input},
                  {"accumulator", accumulator},
                  {"product", product},
                  {"columns", columns}});
  b.domains["taps"] = taps;
  Value like = x;
  like.lanes = lanes, like.haloX = like.haloY = 0;
  Matrix outputTransform = matrices.outputTransform;
  return b.result(op, like, [=](const Coordinates& at) {
    Expr tileX = at[1] / m, tileY = at[2] / m;
    Expr sum = times(outputTransform, at[1] % m,
                     collect(n, [&](int k) { return columns(at[0], tileX, tileY, at[2] % m, k, at[3]); }));
    return sum + bias.at({at[3] * lanes + at[0]});
  });
}

Schedule chooseWinograd(const Kernel& kernel, const Op& op) {
  int64_t m = intOf(op, "outputs", 0, 4), lanes = intOf(op, "lanes", 0, 1);
  int64_t blockRows = intOf(op, "block_rows", 0, 1);
  ChannelTile tile = chooseChannelTile({(op.shape[0] + lanes - 1) / lanes,
                                        (op.shape[2] + m - 1) / m,
                                        blockRows,
                                        kernel.inputs.at(op.operands.at(0)).shape[0],
                                        kernel.target,
                                        {1, 1},
                                        intOf(op, "vectors", 0, 1)});
  return {"channel_winograd", {{"block_rows", blockRows}, {"x", tile.x}, {"y", tile.y}, {"inputs", 4}}};
}

/// Winograd along y only, for 5 x 5 taps on few channels: 0.6 of the products of the direct convolution, with
/// transforms that run along the rows. Stages, over rows of tiles of m outputs:
///   rows     {[lane,] x, i, tile y, c}        B^T along y, in the input's layout
///   product  {lane, x, i, tile y, oc block}   sum over kx and input channels
Value convWinogradRows(Builder& b, const Op& op) {
  const Value& u = b.operand(op, 1);
  Value bias = b.operand(op, 2);
  if (u.shape.size() != 7) fail("conv_winograd_rows: expected weights from pack_winograd_rows");
  int m = int(intOf(op, "outputs", 0, 2)), kernelY = int(intOf(op, "kernel", 0, 5)), n = m + kernelY - 1;
  int kernelX = int(u.shape[2]), inBlocks = int(u.shape[3]), inLanes = int(u.shape[4]);
  int vectors = int(u.shape[5]), lanes = int(u.shape[6]);
  Winograd matrices = makeWinograd(m, kernelY);
  Geometry g = packedGeometry(op);
  Value x = paddedInput(b, op, g);
  bool plain = x.layout == Layout::plain, overY = op.shape[1] % m != 0;
  int lastY = int(op.shape[1] - 1 + kernelY - 1 - g.top); // as in convWinograd: any finite value does below

  Var i("i"), ty("ty");
  Func rows = b.func("rows"), accumulator = b.func("accumulator"), product = b.func("product");
  std::vector<Var> variables =
      plain ? std::vector<Var>{b.x, i, ty, b.c} : std::vector<Var>{b.lane, b.x, i, ty, b.c};
  rows(variables) =
      times(matrices.inputTransform, i, collect(n, [&](int k) {
              Expr column = b.x - int(g.left), row = ty * m + k - int(g.top);
              if (overY) row = min(row, lastY);
              return x.at(plain ? Coordinates{column, row, b.c} : Coordinates{b.lane, column, row, b.c});
            }));
  RDom taps = b.rdom({Expr(inLanes), Expr(inBlocks), Expr(kernelX)}, "taps");
  Expr channel = taps[1] * inLanes + taps[0], pixel;
  if (plain) {
    pixel = rows(b.x + taps[2], i, ty, min(channel, int(x.channels()) - 1));
  } else {
    pixel = rows(taps[0], b.x + taps[2], i, ty, taps[1]);
  }
  accumulator(b.lane, b.x, i, ty, b.c) = 0.0f;
  accumulator(b.lane, b.x, i, ty, b.c) +=
      u.at({b.lane, b.c % vectors, taps[0], taps[1], taps[2], i, b.c / vectors}) * pixel;
  product(b.lane, b.x, i, ty, b.c) = accumulator(b.lane, b.x, i, ty, b.c);
  b.funcs.insert({{"rows", rows}, {"accumulator", accumulator}, {"product", product}});
  b.domains["taps"] = taps;
  Value like = x;
  like.layout = Layout::channelLanes, like.lanes = lanes, like.haloX = like.haloY = 0;
  Matrix outputTransform = matrices.outputTransform;
  return b.result(op, like, [=](const Coordinates& at) {
    Expr sum = times(outputTransform, at[2] % m,
                     collect(n, [&](int k) { return product(at[0], at[1], k, at[2] / m, at[3]); }));
    return sum + bias.at({at[3] * lanes + at[0]});
  });
}

Schedule chooseWinogradRows(const Kernel& kernel, const Op& op) {
  int64_t lanes = intOf(op, "lanes", 0, 1);
  const std::vector<int64_t>& weights = kernel.inputs.at(op.operands.at(1)).shape;
  ChannelTile tile = chooseChannelTile({(op.shape[0] + lanes - 1) / lanes,
                                        op.shape[2],
                                        1,
                                        weights[2] * weights[3] * weights[4],
                                        kernel.target,
                                        {1, 1},
                                        weights[5]});
  int64_t pool = fusedPool(kernel)[1];
  return {"channel_winograd_rows", {{"x", std::max<int64_t>(1, tile.x / pool)}}};
}

constexpr Operation operations[] = {
    {"conv_winograd_rows", convWinogradRows, chooseWinogradRows},
    {"conv_winograd", convWinograd, chooseWinograd},
};

} // namespace

std::span<const Operation> channelWinogradOperations() {
  return operations;
}

} // namespace cnn::kernel
