//===- channel_conv.cpp - Convolutions and linear layers of one image, on packed weights -------------===//
//
// Operands: x, packed weights, packed bias (see pack.cpp for their order in memory). The vector is over
// output channels: each weight is loaded as a vector, each pixel of x is broadcast, so that x may lie in any
// layout.
//
//===---------------------------------------------------------------------------------------------------===//

#include "channel_conv.h"

#include "channel_transpose.h"
#include "schedules/channel_tiles.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

Geometry packedGeometry(const Op& op) {
  return geometryOf(op, {0, 0, intOf(op, "kernel", 0, 1), intOf(op, "kernel", 1, 1)});
}

Value paddedInput(Builder& b, const Op& op, const Geometry& g, CopyInput copyInput) {
  const Value& x = b.operand(op, 0);
  // How far the taps reach below and to the right of the picture.
  int64_t bottom =
      (op.shape.at(1) - 1) * g.strideY + (g.kernelY - 1) * g.dilationY - g.top - (x.height() - 1);
  int64_t right = (op.shape.at(2) - 1) * g.strideX + (g.kernelX - 1) * g.dilationX - g.left - (x.width() - 1);
  bool inMemory = std::max(g.top, bottom) <= x.haloY && std::max(g.left, right) <= x.haloX;
  bool fromPlain = x.layout == Layout::plain, plain = fromPlain && copyInput != CopyInput::intoLanes;
  if (inMemory && copyInput != CopyInput::always && plain == fromPlain) return x;
  int width = int(x.width()), height = int(x.height()), channels = int(x.channels());
  Func copy = b.func("padded");
  std::vector<Var> variables =
      plain ? std::vector<Var>{b.x, b.y, b.c} : std::vector<Var>{b.lane, b.x, b.y, b.c};
  Coordinates inside(variables.begin(), variables.end());
  inside[plain ? 0 : 1] = clamp(likely(b.x), 0, width - 1);
  inside[plain ? 1 : 2] = clamp(likely(b.y), 0, height - 1);
  Expr isInside = b.x >= 0 && b.x < width && b.y >= 0 && b.y < height;
  if (fromPlain && !plain) {
    inside = {inside[1], inside[2], min(b.c * b.lanes + b.lane, channels - 1)};
    isInside = isInside && b.c * b.lanes + b.lane < channels;
  }
  copy(variables) = select(isInside, x.at(inside), 0.0f);
  b.funcs["padded"] = copy;
  Value value = x;
  value.layout = plain ? Layout::plain : Layout::channelLanes;
  value.lanes = fromPlain && !plain ? b.lanes : x.lanes;
  value.at = [copy](const Coordinates& at) { return copy(at); };
  return value;
}

std::array<int64_t, 2> fusedPool(const Kernel& kernel) {
  for (const Op& op : kernel.ops) {
    if (op.name == "max_pool" || op.name == "avg_pool") {
      int64_t size = intOf(op, "kernel", 0, 1);
      return {size, intOf(op, "stride", 0, size)};
    }
  }
  return {1, 1};
}

namespace {

/// The packed tensor's order: see packDirect.
Value convDirect(Builder& b, const Op& op) {
  const Value& w = b.operand(op, 1);
  const Value& bias = b.operand(op, 2);
  if (w.shape.size() != 7 || op.shape.size() != 3) fail("conv_direct: expected weights from pack_direct");
  Geometry g = packedGeometry(op);
  Value x = paddedInput(b, op, g);
  int inBlocks = int(w.shape[1]), inLanes = int(w.shape[4]), vectors = int(w.shape[5]),
      lanes = int(w.shape[6]);
  bool plain = x.layout == Layout::plain;
  if (!plain && inBlocks > 1 && x.lanes % inLanes != 0)
    fail("conv_direct: weights and input differ in lanes");
  // Groups that are not dense: their blocks follow each other.
  bool dense = g.groups == 1 || inBlocks * inLanes >= x.channels();
  int64_t groupBlocks = op.shape[0] / g.groups / lanes;

  RDom taps = b.rdom({Expr(inLanes), Expr(int(g.kernelX)), Expr(int(g.kernelY)), Expr(inBlocks)}, "taps");
  Func accumulator = b.func("accumulator");
  accumulator(b.lane, b.x, b.y, b.c) = bias.at({b.c * lanes + b.lane});
  Expr column = b.x * int(g.strideX) + taps[1] * int(g.dilationX) - int(g.left);
  Expr row = b.y * int(g.strideY) + taps[2] * int(g.dilationY) - int(g.top);
  Expr block = taps[3];
  if (!dense) block += b.c / int(groupBlocks) * inBlocks;
  Expr pixel = plain ? x.at({column, row, block * inLanes + taps[0]}) : Expr();
  if (!plain) {
    int parts = inBlocks > 1 ? x.lanes / inLanes : 1; // of a block of x that one block of weights takes
    pixel = x.at({block % parts * inLanes + taps[0], column, row, block / parts});
  }
  if (inBlocks * inLanes > x.channels() && plain) {
    // The last block of a plain input has fewer channels; the weights are zero there.
    pixel = x.at({column, row, min(block * inLanes + taps[0], int(x.channels()) - 1)});
  }
  accumulator(b.lane, b.x, b.y, b.c) +=
      w.at({b.lane, b.c % vectors, taps[0], taps[1], taps[2], taps[3], b.c / vectors}) * pixel;

  b.funcs["accumulator"] = accumulator;
  b.domains["taps"] = taps;
  Value like = x;
  like.layout = Layout::channelLanes, like.lanes = lanes, like.haloX = like.haloY = 0;
  return b.result(op, like, [accumulator](const Coordinates& at) { return accumulator(at); });
}

/// Vectors along the row, for a few output channels: output and weights are plain.
Value convRows(Builder& b, const Op& op) {
  const Value& w = b.operand(op, 1);
  const Value& bias = b.operand(op, 2);
  Geometry g = packedGeometry(op);
  Value x = paddedInput(b, op, g, CopyInput::always);
  int lanes = x.layout == Layout::plain ? 0 : x.lanes;
  int outGroup = int(op.shape[0] / g.groups), inGroup = int(w.shape[1]);
  RDom taps = b.rdom({Expr(int(g.kernelX)), Expr(int(g.kernelY)), Expr(inGroup)}, "taps");
  Func accumulator = b.func("accumulator");
  accumulator(b.x, b.y, b.c) = bias.at({b.c});
  Expr column = b.x * int(g.strideX) + taps[0] * int(g.dilationX) - int(g.left);
  Expr row = b.y * int(g.strideY) + taps[1] * int(g.dilationY) - int(g.top);
  Expr channel = taps[2];
  if (g.groups > 1) channel += b.c / outGroup * inGroup;
  Expr pixel = lanes ? x.at({channel % lanes, column, row, channel / lanes}) : x.at({column, row, channel});
  accumulator(b.x, b.y, b.c) += w.at({taps[0], taps[1], taps[2], b.c}) * pixel;
  b.funcs["accumulator"] = accumulator;
  b.domains["taps"] = taps;
  Value like;
  like.layout = Layout::plain;
  return b.result(op, like, [accumulator](const Coordinates& at) { return accumulator(at); });
}

/// One filter a channel: all loads are vectors.
Value convDepthwise(Builder& b, const Op& op) {
  const Value& w = b.operand(op, 1);
  const Value& bias = b.operand(op, 2);
  Geometry g = packedGeometry(op);
  Value x = paddedInput(b, op, g, CopyInput::intoLanes);
  int lanes = int(w.shape.at(3));
  RDom taps = b.rdom({Expr(int(g.kernelX)), Expr(int(g.kernelY))}, "taps");
  Func accumulator = b.func("accumulator");
  accumulator(b.lane, b.x, b.y, b.c) = bias.at({b.c * lanes + b.lane});
  Expr column = b.x * int(g.strideX) + taps[0] * int(g.dilationX) - int(g.left);
  Expr row = b.y * int(g.strideY) + taps[1] * int(g.dilationY) - int(g.top);
  accumulator(b.lane, b.x, b.y, b.c) +=
      w.at({b.lane, taps[0], taps[1], b.c}) * x.at({b.lane, column, row, b.c});
  b.funcs["accumulator"] = accumulator;
  b.domains["taps"] = taps;
  Value like = x;
  like.haloX = like.haloY = 0;
  return b.result(op, like, [accumulator](const Coordinates& at) { return accumulator(at); });
}

/// A matrix-vector product. Partial sums over `part` hide the latency of the FMA: with one vector of outputs
/// a single chain would wait for itself.
Value linearPacked(Builder& b, const Op& op) {
  const Value& x = b.operand(op, 0);
  const Value& w = b.operand(op, 1);
  const Value& bias = b.operand(op, 2);
  if (w.shape.size() != 4) fail("linear_packed: expected weights from pack_linear");
  int vectors = int(w.shape[2]), lanes = int(w.shape[3]);
  bool plain = x.layout == Layout::plain;
  int width = int(x.width()), height = int(x.height());
  int inner = plain ? int(x.channels()) : x.lanes; // the dimension that partial sums run over
  int blocks = plain ? 1 : int((x.channels() + x.lanes - 1) / x.lanes);
  int parts = 1;
  for (int candidate : {2, 3, 4, 5, 6, 7, 8}) {
    if (inner % candidate == 0 && candidate * vectors <= 16) parts = candidate;
  }
  RDom features = b.rdom({Expr(inner / parts), Expr(width), Expr(height), Expr(blocks)}, "taps");
  Var part("part");
  Func accumulator = b.func("accumulator"), sum = b.func("sum");
  Expr element = features[0] * parts + part;
  Expr position, value;
  if (plain) {
    position = (element * height + features[2]) * width + features[1];
    value = x.at({features[1], features[2], element});
  } else {
    position = ((features[3] * height + features[2]) * width + features[1]) * inner + element;
    value = x.at({element, features[1], features[2], features[3]});
  }
  accumulator(b.lane, part, b.c) = 0.0f;
  accumulator(b.lane, part, b.c) += w.at({b.lane, b.c % vectors, position, b.c / vectors}) * value;
  std::vector<Expr> terms;
  for (int i = 0; i < parts; ++i) terms.push_back(accumulator(b.lane, i, b.c));
  for (size_t count = terms.size(); count > 1; count = (count + 1) / 2) {
    for (size_t i = 0; i < count / 2; ++i) terms[i] = terms[i] + terms[count - 1 - i];
  }
  sum(b.lane, b.c) = terms[0] + bias.at({b.c * lanes + b.lane});
  b.funcs["accumulator"] = accumulator;
  b.funcs["sum"] = sum;
  b.domains["taps"] = features;
  Value like;
  like.layout = Layout::channelLanes;
  like.lanes = lanes;
  return b.result(op, like, [sum](const Coordinates& at) { return sum(at[0], at[3]); });
}

const Tensor& output(const Kernel& kernel) {
  return kernel.outputs.at(0);
}

Schedule chooseDirect(const Kernel& kernel, const Op& op) {
  int64_t vectors = intOf(op, "vectors", 0, 1), lanes = intOf(op, "lanes", 0, 1);
  const Tensor& out = output(kernel);
  const std::vector<int64_t>& weights = kernel.inputs.at(op.operands.at(1)).shape;
  ChannelTile tile = chooseChannelTile(
      {(op.shape[0] + lanes - 1) / lanes, out.shape[2], kernel.range == Range::row ? 1 : out.shape[1],
       weights[1] * weights[2] * weights[3] * weights[4], kernel.target, fusedPool(kernel), vectors});
  // Rows outside the channels where the rows are padded in a copy: it serves all channels.
  const Tensor& in = kernel.inputs.at(op.operands.at(0));
  bool copies = in.haloY < intOf(op, "padding", 0, 0) || in.haloX < intOf(op, "padding", 1, 0);
  return {"channel_direct", {{"x", tile.x}, {"y", tile.y}, {"inputs", 4}, {"rows_outside", copies}}};
}

Schedule chooseRows(const Kernel& kernel, const Op& op) {
  int64_t lanes = intOf(op, "lanes", 0, 1);
  std::array<int64_t, 2> pool = fusedPool(kernel);
  int64_t perChannel = pool[0] * ((output(kernel).shape[2] * pool[1] + lanes - 1) / lanes);
  int64_t fit = std::max<int64_t>(1, channelAccumulators(kernel.target) / perChannel), channels = 1;
  for (int64_t c = 1; c <= std::min(fit, op.shape[0]); ++c) {
    if (op.shape[0] % c == 0) channels = c;
  }
  return {"plain_rows", {{"channels", channels}}};
}

Schedule chooseDepthwise(const Kernel& kernel, const Op&) {
  // Half of the registers: the taps' pixels and weights take the others.
  const Tensor& out = output(kernel);
  int64_t most = channelAccumulators(kernel.target) * 7 / 12;
  ChannelTile tile;
  for (int64_t x = 1; x <= std::min(out.shape[2], most); ++x) {
    // The fewest tiles a row, then the narrowest.
    if ((out.shape[2] + x - 1) / x < (out.shape[2] + tile.x - 1) / tile.x) tile.x = x;
  }
  if (tile.x * 2 <= most && out.shape[1] > 1 && kernel.range != Range::row) tile.y = 2;
  return {"channel_depthwise", {{"x", tile.x}, {"y", tile.y}}};
}

Schedule chooseLinear(const Kernel&, const Op&) {
  return {"channel_linear", {}};
}

constexpr Operation operations[] = {
    {"conv_direct", convDirect, chooseDirect},
    {"conv_rows", convRows, chooseRows},
    {"conv_depthwise", convDepthwise, chooseDepthwise},
    {"conv_transpose_phases", convTransposePhases, chooseTransposePhases},
    {"linear_packed", linearPacked, chooseLinear},
};

} // namespace

std::span<const Operation> channelConvolutionOperations() {
  return operations;
}

} // namespace cnn::kernel
