//===- layer_norm.cpp - Normalisation of each pixel over its channels --------------------------------===//
//
// Mean first, then the sum of squared differences from it (two passes over values that are in L1 by then), so
// that a mean far from zero costs no digits.
//
//===---------------------------------------------------------------------------------------------------===//

#include "broadcast.h"
#include "reduction.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

namespace {

using Term = std::function<Expr(const Coordinates&)>;

/// The sum over all channels of term({lane, x, y, channel}), as a function of (lane, x, y), lanes being
/// images.
Func overChannels(Builder& b, const std::string& role, int64_t channels, const Term& term) {
  RDom r = b.rdom({int(channels)}, role);
  Func f = b.func(role);
  f(b.lane, b.x, b.y) = b.zeroSum();
  f(b.lane, b.x, b.y) += b.widened(term({b.lane, b.x, b.y, r}));
  b.funcs[role] = f;
  b.domains[role] = r;
  return f;
}

/// Each pixel's mean and 1 / sqrt(variance + eps), as functions of (lane, x, y).
struct Statistics {
  Func mean, invstd;
};

Statistics statisticsOf(Builder& b, const Op& op, const Value& x) {
  float share = 1.0f / static_cast<float>(x.channels());
  float eps = static_cast<float>(floatOf(op, "eps", 1e-5));
  Func sum = overChannels(b, "sum", x.channels(), x.at);
  Statistics s{b.func("mean"), b.func("invstd")};
  s.mean(b.lane, b.x, b.y) = cast<float>(sum(b.lane, b.x, b.y) * share);
  Func squares = overChannels(b, "squares", x.channels(), [&](const Coordinates& at) {
    Expr difference = x.at(at) - s.mean(at[0], at[1], at[2]);
    return difference * difference;
  });
  s.invstd(b.lane, b.x, b.y) = cast<float>(1.0f / sqrt(squares(b.lane, b.x, b.y) * share + eps));
  b.funcs["mean"] = s.mean;
  b.funcs["invstd"] = s.invstd;
  return s;
}

Value layerNorm(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), weight = b.operand(op, 1), bias = b.operand(op, 2);
  Statistics s = statisticsOf(b, op, x);
  return b.result(op, x, [=](const Coordinates& at) {
    Expr normalised = (x.at(at) - s.mean(at[0], at[1], at[2])) * s.invstd(at[0], at[1], at[2]);
    return normalised * perChannelAt(weight, x, at) + perChannelAt(bias, x, at);
  });
}

/// x -> [2, H, W]
Value statistics(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Statistics s = statisticsOf(b, op, x);
  return b.result(op, x, [=](const Coordinates& at) {
    return select(at[3] == 0, s.mean(at[0], at[1], at[2]), s.invstd(at[0], at[1], at[2]));
  });
}

Expr meanAt(const Value& stat, Coordinates at) {
  at[3] = 0;
  return stat.at(at);
}
Expr invstdAt(const Value& stat, Coordinates at) {
  at[3] = 1;
  return stat.at(at);
}

/// x, dy, stat, weight -> invstd (g - mean_c g - xhat mean_c (g xhat)), g = dy weight. dy is zero in lanes
/// past the last image.
Value backwardInput(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), dy = b.operand(op, 1), stat = b.operand(op, 2), weight = b.operand(op, 3);
  auto g = [=](const Coordinates& at) { return dy.at(at) * perChannelAt(weight, x, at); };
  auto difference = [=](const Coordinates& at) { return x.at(at) - meanAt(stat, at); };
  Func sum = overChannels(b, "sum", x.channels(), g);
  Func product =
      overChannels(b, "product", x.channels(), [=](const Coordinates& at) { return g(at) * difference(at); });
  float share = 1.0f / static_cast<float>(x.channels());
  Func mean = b.func("mean"), slope = b.func("slope");
  Coordinates pixel{b.lane, b.x, b.y, 0};
  mean(b.lane, b.x, b.y) = cast<float>(sum(b.lane, b.x, b.y) * share);
  Expr invstd = invstdAt(stat, pixel);
  slope(b.lane, b.x, b.y) = cast<float>(product(b.lane, b.x, b.y) * share) * (invstd * invstd);
  b.funcs["mean"] = mean;
  b.funcs["slope"] = slope;
  return b.result(op, x, [=](const Coordinates& at) {
    return invstdAt(stat, at) *
           (g(at) - mean(at[0], at[1], at[2]) - difference(at) * slope(at[0], at[1], at[2]));
  });
}

/// x, dy, stat -> plain [C]: the sum of dy xhat over pictures, lanes and blocks.
Value backwardWeight(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), dy = b.operand(op, 1), stat = b.operand(op, 2);
  auto sums = pictureSum(b, "picture", int(dy.width()), int(dy.height()), b.scalar("blocks"),
                         [=](const Coordinates& at) {
                           return dy.at(at) * ((x.at(at) - meanAt(stat, at)) * invstdAt(stat, at));
                         });
  auto total = laneSum(b, "lanes", Expr(), sums);
  Value value = b.result(op, dy, [=](const Coordinates& at) { return cast<float>(total(at[0])); });
  value.layout = Layout::plain;
  return value;
}

//===-- One image, lanes are channels -----------------------------------------------------------------===//

/// The sum over all channels of term({lane, x, y, block}) as a function of (x, y): first of each lane, then
/// of the lanes. Pad channels do not count.
Func overLanes(Builder& b, const Value& x, const std::string& role, const Term& term) {
  int channels = int(x.channels()), lanes = x.lanes;
  RDom blocks = b.rdom({(channels + lanes - 1) / lanes}, role + "_blocks"), all = b.rdom({lanes}, role);
  Func partial = b.func(role + "_lanes"), total = b.func(role);
  Expr value = term({b.lane, b.x, b.y, blocks});
  if (channels % lanes) value = select(blocks * lanes + b.lane < channels, value, 0.0f);
  partial(b.lane, b.x, b.y) = 0.0f;
  partial(b.lane, b.x, b.y) += value;
  total(b.x, b.y) = 0.0f;
  total(b.x, b.y) += partial(all, b.x, b.y);
  b.funcs[role + "_lanes"] = partial;
  b.domains[role + "_lanes"] = blocks;
  b.funcs[role] = total;
  b.domains[role] = all;
  return total;
}

Value imageLayerNorm(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), weight = b.operand(op, 1), bias = b.operand(op, 2);
  if (x.layout != Layout::channelLanes) fail("layer_norm: expected an input in channel lanes");
  float share = 1.0f / static_cast<float>(x.channels());
  float eps = static_cast<float>(floatOf(op, "eps", 1e-5));
  Func sum = overLanes(b, x, "sum", x.at);
  Func mean = b.func("mean"), invstd = b.func("invstd");
  mean(b.x, b.y) = sum(b.x, b.y) * share;
  Func squares = overLanes(b, x, "squares", [&](const Coordinates& at) {
    Expr difference = x.at(at) - mean(at[1], at[2]);
    return difference * difference;
  });
  invstd(b.x, b.y) = 1.0f / sqrt(squares(b.x, b.y) * share + eps);
  b.funcs["mean"] = mean;
  b.funcs["invstd"] = invstd;
  return b.result(op, x, [=](const Coordinates& at) {
    Expr normalised = (x.at(at) - mean(at[1], at[2])) * invstd(at[1], at[2]);
    return normalised * perChannelAt(weight, x, at) + perChannelAt(bias, x, at);
  });
}

/// Pixels whose sums are in registers at once: enough independent sums to hide the latency of an addition,
/// and whole cache lines of each channel's row, few enough that their channels stay in L1 or L2.
Schedule pixelTiles(const Kernel& kernel, const Op& op) {
  const Tensor& x = kernel.inputs.at(size_t(op.operands.at(0)));
  int64_t most = x.layout == Layout::channelLanes ? 8 : 4, tile = std::min(most, x.shape.at(2));
  for (int64_t candidate = tile; candidate > most / 2; --candidate) {
    if (x.shape[2] % candidate == 0) return {"pixel_tiles", {{"x", candidate}}};
  }
  return {"pixel_tiles", {{"x", tile}}};
}

constexpr Operation operations[] = {
    {"layer_norm", layerNorm, pixelTiles},
    {"layer_norm_statistics", statistics, pixelTiles},
    {"layer_norm_backward_input", backwardInput, pixelTiles},
    {"layer_norm_backward_weight", backwardWeight, channelReductions},
    {"image_layer_norm", imageLayerNorm, pixelTiles},
};

} // namespace

std::span<const Operation> layerNormOperations() {
  return operations;
}

} // namespace cnn::kernel
