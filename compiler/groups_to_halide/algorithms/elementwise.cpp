//===- elementwise.cpp - Arithmetic on values that are computed where they are used
//-----------------------===//

#include "registry.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

namespace {

/// Reads `value` at the coordinates of a value of layout `like`, NumPy-style: extents of 1 are repeated, and
/// a plain vector [C] is one number a channel.
Expr broadcastAt(const Value& value, const Value& like, const Coordinates& at) {
  if (value.layout == Layout::plain && like.layout != Layout::plain) {
    if (value.shape.size() == 1 && value.shape[0] == 1) return value.at({0});
    Expr channel = like.layout == Layout::channelLanes ? at[3] * like.lanes + at[0] : at[3];
    // Pad channels have no parameter: they repeat the last one, and hold finite values.
    if (like.layout == Layout::channelLanes) channel = min(channel, static_cast<int>(value.shape[0]) - 1);
    if (value.shape.size() == 1) return value.at({channel});
    fail("an elementwise operand is plain, and not one value a channel");
  }
  Coordinates read = at;
  size_t x = value.layout == Layout::plain ? 0 : 1;
  for (size_t i = 0; i < value.shape.size() && i < like.shape.size(); ++i) {
    size_t d = value.shape.size() - 1 - i;
    if (value.shape[d] != 1 || like.shape[d] == 1) continue;
    if (value.layout == Layout::channelLanes && d == 0) fail("channel_lanes cannot repeat one channel");
    read[x + i] = 0;
  }
  return value.at(read);
}

/// The operand that has the shape of the result.
const Value& fullOperand(Builder& b, const Op& op) {
  for (size_t i = 0; i < op.operands.size(); ++i) {
    if (b.operand(op, i).shape == op.shape) return b.operand(op, i);
  }
  fail(op.name + ": no operand has the shape of the result");
}

template <typename Combine> Value binary(Builder& b, const Op& op, Combine combine) {
  Value like = fullOperand(b, op), left = b.operand(op, 0), right = b.operand(op, 1);
  return b.result(op, like, [=](const Coordinates& at) {
    return combine(broadcastAt(left, like, at), broadcastAt(right, like, at));
  });
}

template <typename Apply> Value unary(Builder& b, const Op& op, Apply apply) {
  Value x = b.operand(op, 0);
  return b.result(op, x, [=](const Coordinates& at) { return apply(x.at(at)); });
}

Value add(Builder& b, const Op& op) {
  return binary(b, op, [](Expr l, Expr r) { return l + r; });
}
Value sub(Builder& b, const Op& op) {
  return binary(b, op, [](Expr l, Expr r) { return l - r; });
}
Value mul(Builder& b, const Op& op) {
  return binary(b, op, [](Expr l, Expr r) { return l * r; });
}
Value scale(Builder& b, const Op& op) {
  float factor = static_cast<float>(floatOf(op, "factor", 1));
  return unary(b, op, [=](Expr x) { return x * factor; });
}
Value relu(Builder& b, const Op& op) {
  return unary(b, op, [](Expr x) { return max(x, 0.0f); });
}
Value relu6(Builder& b, const Op& op) {
  return unary(b, op, [](Expr x) { return clamp(x, 0.0f, 6.0f); });
}
Value leakyRelu(Builder& b, const Op& op) {
  float slope = static_cast<float>(floatOf(op, "negative_slope", 0.01));
  return unary(b, op, [=](Expr x) { return select(x > 0.0f, x, x * slope); });
}

constexpr Operation operations[] = {
    {"add", add},
    {"sub", sub},
    {"mul", mul},
    {"scale", scale},
    {"relu", relu},
    {"relu6", relu6},
    {"leaky_relu", leakyRelu},
};

} // namespace

std::span<const Operation> elementwiseOperations() {
  return operations;
}

} // namespace cnn::kernel
