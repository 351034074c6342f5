//===- convolution.cpp - Convolution and linear layers, forward --------------------------------------===//

#include "convolution.h"

#include <algorithm>
#include <numeric>

using namespace Halide;

namespace cnn::kernel {

Geometry geometryOf(const Op& op, const std::vector<int64_t>& weights) {
  Geometry g;
  g.strideY = intOf(op, "stride", 0, 1), g.strideX = intOf(op, "stride", 1, 1);
  g.top = intOf(op, "padding", 0, 0), g.left = intOf(op, "padding", 1, 0);
  g.bottom = intOf(op, "padding", 2, 0), g.right = intOf(op, "padding", 3, 0);
  g.dilationY = intOf(op, "dilation", 0, 1), g.dilationX = intOf(op, "dilation", 1, 1);
  g.groups = intOf(op, "groups", 0, 1);
  g.kernelY = weights[2], g.kernelX = weights[3];
  return g;
}

PhaseTaps tapsOfPhase(int64_t p, int64_t stride, int64_t pad, int64_t kernel, int64_t dilation) {
  PhaseTaps taps;
  int64_t common = std::gcd(stride, dilation);
  taps.step = stride / common, taps.back = dilation / common;
  for (int64_t k = 0; k < kernel; ++k) {
    int64_t distance = p + pad - k * dilation;
    if (distance % stride != 0) continue;
    if (taps.count++ == 0) taps.first = k, taps.offset = distance / stride;
  }
  return taps;
}

namespace {

constexpr int64_t widestRow = 16;

} // namespace

bool tilesAreRows(const Kernel& kernel, int64_t width) {
  auto tile = kernel.schedule.tiles.find("x");
  return tile != kernel.schedule.tiles.end() && tile->second >= width && width <= widestRow;
}

Tile chooseRowTile(int64_t width, int64_t channels, int registers, int64_t mostChannels, int64_t inputWidth,
                   int64_t first, int64_t taps, int64_t step) {
  Tile tile = chooseTile(width, channels, registers, mostChannels);
  int64_t inside = 0;
  for (int64_t p = 0; p < width; ++p) {
    for (int64_t k = 0; k < taps; ++k) {
      int64_t at = p + first + k * step;
      inside += at >= 0 && at < inputWidth;
    }
  }
  int64_t rowChannels = std::min({registers / width, channels, mostChannels});
  if (width > widestRow || rowChannels < 1 || rowChannels * width < 8 || inside == 0) return tile;
  // As in chooseTile: what the tiles cover in vain, and what loads cost.
  auto efficiency = [&](const Tile& t) {
    double covered =
        double((width + t.x - 1) / t.x * t.x) * double((channels + t.channels - 1) / t.channels * t.channels);
    return double(width * channels) / covered *
           (1 - 0.15 * double(t.channels + t.x) / double(t.channels * t.x));
  };
  Tile row{width, rowChannels};
  return efficiency(row) * double(width * taps) / double(inside) > efficiency(tile) ? row : tile;
}

namespace {

/// out(c) = bias(c) + sum over taps and the group's channels of x * w.
Value conv(Builder& b, const Op& op) {
  const Value& w = b.operand(op, 1);
  if (w.shape.size() != 4 || op.shape.size() != 3) fail("conv: expected weights [O, I/groups, kh, kw]");
  Geometry g = geometryOf(op, w.shape);
  bool select = (g.left > 0 || g.right > 0) && tilesAreRows(b.kernel, op.shape[2]);
  Value x = b.padded(b.operand(op, 0), g.top, 0, g.bottom, 0, 0.0f);
  x = b.padded(x, 0, g.left, 0, g.right, 0.0f, select);
  int outPerGroup = static_cast<int>(w.shape[0] / g.groups), inPerGroup = static_cast<int>(w.shape[1]);

  RDom taps = b.rdom({Expr(int(g.kernelX)), Expr(int(g.kernelY)), Expr(inPerGroup)}, "taps");
  Func accumulator = b.func("accumulator");
  accumulator(b.lane, b.x, b.y, b.c) =
      b.hasOperand(op, 2) ? b.widened(b.operand(op, 2).at({b.c})) : b.zeroSum();
  Expr channel = taps[2];
  if (g.groups > 1) channel += b.c / outPerGroup * inPerGroup;
  Expr column = b.x * int(g.strideX) + taps[0] * int(g.dilationX) - int(g.left);
  Expr row = b.y * int(g.strideY) + taps[1] * int(g.dilationY) - int(g.top);
  // Rows of taps that fall outside the picture add nothing (one channel is too little work for a loop of its
  // own).
  if (inPerGroup > 1 && (g.top > 0 || g.bottom > 0)) taps.where(row >= 0 && row < int(x.height()));
  accumulator(b.lane, b.x, b.y, b.c) +=
      b.widened(x.at({b.lane, column, row, channel})) * b.widened(w.at({taps[0], taps[1], taps[2], b.c}));

  b.funcs["accumulator"] = accumulator;
  b.domains["taps"] = taps;
  return b.result(op, x, [accumulator](const Coordinates& at) { return cast<float>(accumulator(at)); });
}

/// out(o) = bias(o) + sum over the features, in the order C, H, W, of x * w.
Value linear(Builder& b, const Op& op) {
  const Value& x = b.operand(op, 0);
  const Value& w = b.operand(op, 1);
  int width = static_cast<int>(x.width()), height = static_cast<int>(x.height());
  RDom taps = b.rdom({Expr(width), Expr(height), Expr(int(x.channels()))}, "taps");
  Func accumulator = b.func("accumulator");
  accumulator(b.lane, b.x, b.y, b.c) =
      b.hasOperand(op, 2) ? b.widened(b.operand(op, 2).at({b.c})) : b.zeroSum();
  Expr feature = (taps[2] * height + taps[1]) * width + taps[0];
  accumulator(b.lane, b.x, b.y, b.c) +=
      b.widened(x.at({b.lane, taps[0], taps[1], taps[2]})) * b.widened(w.at({feature, b.c}));
  b.funcs["accumulator"] = accumulator;
  b.domains["taps"] = taps;
  return b.result(op, x, [accumulator](const Coordinates& at) { return cast<float>(accumulator(at)); });
}

Schedule chooseConv(const Kernel& kernel, const Op& op) {
  const Tensor& out = kernel.outputs.at(0);
  const std::vector<int64_t>& weights = kernel.inputs.at(op.operands.at(1)).shape;
  Geometry g = geometryOf(op, weights);
  bool depthwise = g.groups > 1;
  int64_t mostChannels = depthwise ? 1 : 16, inputWidth = kernel.inputs.at(op.operands.at(0)).shape[2];
  Tile tile = g.strideX == 1
                  ? chooseRowTile(out.shape[2], out.shape[0], accumulatorRegisters(kernel), mostChannels,
                                  inputWidth, -g.left, g.kernelX, g.dilationX)
                  : chooseTile(out.shape[2], out.shape[0], accumulatorRegisters(kernel), mostChannels);
  // The rows that a row of output reads, over all channels, should stay in L2 while every channel tile passes
  // over them; where they do not, a column of tiles does and the weights stream instead.
  int64_t rowBytes = (g.kernelY - 1) * g.dilationY + 1;
  rowBytes *= weights[1] * (out.shape[2] * g.strideX + g.kernelX) * out.lanes * 4;
  constexpr int64_t halfL2 = 512 * 1024;
  return {"batch_conv", {{"channels", tile.channels}, {"x", tile.x}, {"order", rowBytes > halfL2 ? 1 : 0}}};
}

Schedule chooseLinear(const Kernel& kernel, const Op& op) {
  Tile tile = chooseTile(1, op.shape[0], accumulatorRegisters(kernel));
  return {"batch_conv", {{"channels", tile.channels}, {"x", 1}, {"order", 0}}};
}

constexpr Operation operations[] = {
    {"conv", conv, chooseConv},
    {"linear", linear, chooseLinear},
};

} // namespace

std::span<const Operation> convolutionOperations() {
  return operations;
}

} // namespace cnn::kernel
