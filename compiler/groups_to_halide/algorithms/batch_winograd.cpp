//===- batch_winograd.cpp - 3x3 convolutions over batch lanes by Winograd's minimal filtering --------===//
//
// The training form of channel_winograd.cpp: a vector holds one pixel of each image, so that every stage
// works on whole vectors, and a transformed weight is one scalar. Stages, over tiles of m x m outputs that
// each read n x n inputs (n = m + 2):
//   rows      {lane, x, i, tile y, ic}          B^T along y
//   input     {lane, tile x, tile y, i, j, ic}  B^T along x: V = B^T d B
//   product   {lane, tile x, tile y, i, j, oc}  sum over input channels of U * V
//   columns   {lane, tile x, tile y, a, j, oc}  A^T along y
// and the result A^T along x, plus bias. U comes from winograd_weights, once a step for all blocks of images;
// the gradient by the input is the same convolution of dy with the weights turned around.
//
//===---------------------------------------------------------------------------------------------------===//

#include "convolution.h"
#include "winograd_transform.h"

#include "schedules/batch_winograd_plan.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// U [n, n, channels in, channels out] = G g G^T of g = w[out, in], or, `transposed`, of w[in, out] rotated
/// by half a turn.
Value winogradWeights(Builder& b, const Op& op) {
  const Value& w = b.operand(op, 0);
  bool transposed = intOf(op, "transposed", 0, 0) != 0;
  Winograd matrices = makeWinograd(int(intOf(op, "outputs", 0, 4)), 3);
  Var out("out"), in("in"), i("i"), kx("kx"), ky("ky");
  Func taps = b.func("taps"), rows = b.func("rows");
  taps(out, in, kx, ky) = transposed ? w.at({2 - kx, 2 - ky, out, in}) : w.at({kx, ky, in, out});
  rows(out, in, kx, i) =
      times(matrices.weightTransform, i, collect(3, [&](int k) { return taps(out, in, kx, k); }));
  b.funcs.insert({{"taps", taps}, {"rows", rows}});
  Value like;
  like.layout = Layout::plain;
  Matrix transform = matrices.weightTransform;
  return b.result(op, like, [=](const Coordinates& at) {
    return times(transform, at[2], collect(3, [&](int k) { return rows(at[0], at[1], k, at[3]); }));
  });
}

Value winogradConv(Builder& b, const Op& op) {
  const Value& u = b.operand(op, 1);
  Geometry g = geometryOf(op, {op.shape[0], u.shape.at(2), 3, 3});
  int m = int(intOf(op, "outputs", 0, 4)), n = m + 2;
  if (u.shape.size() != 4 || u.shape[0] != n) fail("winograd_conv: expected weights from winograd_weights");
  Winograd matrices = makeWinograd(m, 3);
  Value x = b.padded(b.operand(op, 0), g.top, g.left, g.bottom, g.right, 0.0f);
  // The last tiles and the last block of tiles reach past the last output; what they read there enters
  // nothing that is kept, so that any finite value will do: the nearest one.
  int lastX = int(op.shape[2] + 1 - g.left), lastY = int(op.shape[1] + 1 - g.top);
  bool overX = op.shape[2] % (m * b.kernel.schedule.tiles.at("block")) != 0, overY = op.shape[1] % m != 0;

  Var i("i"), j("j"), a("a"), tx("tx"), ty("ty");
  Func rows = b.func("rows"), input = b.func("input"), accumulator = b.func("accumulator");
  Func product = b.func("product"), columns = b.func("columns");
  rows(b.lane, b.x, i, ty, b.c) = times(matrices.inputTransform, i, collect(n, [&](int k) {
                                          Expr column = b.x - int(g.left), row = ty * m + k - int(g.top);
                                          if (overX) column = min(column, lastX);
                                          if (overY) row = min(row, lastY);
                                          return x.at({b.lane, column, row, b.c});
                                        }));
  input(b.lane, tx, ty, i, j, b.c) = times(
      matrices.inputTransform, j, collect(n, [&](int k) { return rows(b.lane, tx * m + k, i, ty, b.c); }));
  RDom taps = b.rdom({Expr(int(u.shape[2]))}, "taps");
  accumulator(b.lane, tx, ty, i, j, b.c) = 0.0f;
  accumulator(b.lane, tx, ty, i, j, b.c) += u.at({b.c, taps.x, j, i}) * input(b.lane, tx, ty, i, j, taps.x);
  product(b.lane, tx, ty, i, j, b.c) = accumulator(b.lane, tx, ty, i, j, b.c);
  columns(b.lane, tx, ty, a, j, b.c) = times(
      matrices.outputTransform, a, collect(n, [&](int k) { return product(b.lane, tx, ty, k, j, b.c); }));

  b.funcs.insert({{"rows", rows},
                  {"input", input},
                  {"accumulator", accumulator},
                  {"product", product},
                  {"columns", columns}});
  b.domains["taps"] = taps;
  bool hasBias = b.hasOperand(op, 2);
  Value bias = hasBias ? b.operand(op, 2) : Value();
  Value like = b.operand(op, 0);
  Matrix outputTransform = matrices.outputTransform;
  return b.result(op, like, [=](const Coordinates& at) {
    Expr tileX = at[1] / m, tileY = at[2] / m;
    Expr sum = times(outputTransform, at[1] % m,
                     collect(n, [&](int k) { return columns(at[0], tileX, tileY, at[2] % m, k, at[3]); }));
    return hasBias ? sum + bias.at({at[3]}) : sum;
  });
}

Schedule chooseConv(const Kernel& kernel, const Op& op) {
  int64_t channels = kernel.inputs.at(op.operands.at(1)).shape.at(2);
  BatchWinogradTiles tiles = batchWinogradTiles({channels, op.shape[0], op.shape[1], op.shape[2]},
                                                intOf(op, "outputs", 0, 4), kernel.target);
  return {"batch_winograd", {{"block", tiles.block}, {"x", tiles.x}, {"channels", tiles.channels}}};
}

Schedule chooseWeights(const Kernel&, const Op&) {
  return {"winograd_weights", {}};
}

constexpr Operation operations[] = {
    {"winograd_weights", winogradWeights, chooseWeights},
    {"winograd_conv", winogradConv, chooseConv},
};

} // namespace

std::span<const Operation> batchWinogradOperations() {
  return operations;
}

} // namespace cnn::kernel
