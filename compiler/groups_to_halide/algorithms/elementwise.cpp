//===- elementwise.cpp - Arithmetic on values, computed where they are used --------------------------===//

#include "broadcast.h"
#include "strict_float.h"
#include "vector_math.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

Expr channelOf(const Value& like, const Coordinates& at) {
  if (like.layout == Layout::plain) return at[2];
  return like.layout == Layout::channelLanes ? at[3] * like.lanes + at[0] : at[3];
}

namespace {

/// Pad channels have no parameter: they repeat the last one, and hold finite values. Without pads the
/// parameter is read as a vector.
Expr boundedChannel(const Value& like, const Coordinates& at, int64_t channels) {
  Expr channel = channelOf(like, at);
  bool pads = like.layout == Layout::channelLanes && channels % like.lanes != 0;
  return pads ? min(channel, static_cast<int>(channels) - 1) : channel;
}

/// Where an operand without a batch and without lanes is read. Its shape is aligned with [C, H, W] at the
/// last dimension; only features, [F] in the language, are [F, 1, 1] here, and signals, [C, L], are [C, 1,
/// L]. There a last extent above 1 on a picture of width 1 goes with the features, the one before it on
/// height 1 with the channels.
Coordinates placeOfPlain(const Value& value, const Value& like, const Coordinates& at) {
  std::vector<int64_t> shape = value.shape;
  while (!shape.empty() && shape[0] == 1) shape.erase(shape.begin());
  if (shape.size() > 3) fail("an elementwise operand has more dimensions than the result");
  bool features = shape.size() == 1 && like.width() == 1, signal = shape.size() == 2 && like.height() == 1;
  Coordinates place;
  for (size_t i = 0; i < shape.size(); ++i) { // the last dimension first
    bool channel = i == 2 || features || (i == 1 && signal);
    int64_t extent = shape[shape.size() - 1 - i];
    place.push_back(extent == 1 ? Expr(0) : channel ? boundedChannel(like, at, extent) : at[1 + i]);
  }
  place.resize(value.shape.size(), Expr(0));
  return place;
}

} // namespace

Expr perChannelAt(const Value& value, const Value& like, const Coordinates& at) {
  if (value.shape.size() != 1) fail("a parameter is not one value a channel");
  return value.at({boundedChannel(like, at, value.shape[0])});
}

Expr broadcastAt(const Value& value, const Value& like, const Coordinates& at) {
  bool plain = value.layout == Layout::plain;
  if (plain && like.layout != Layout::plain) return value.at(placeOfPlain(value, like, at));
  Coordinates read = at;
  if (plain && value.shape.size() < like.shape.size())
    read.erase(read.begin() + int64_t(value.shape.size()), read.begin() + int64_t(like.shape.size()));
  size_t x = plain ? 0 : 1;
  for (size_t i = 0; i < value.shape.size(); ++i) {
    size_t d = value.shape.size() - 1 - i;
    if (value.shape[d] != 1) continue;
    bool repeated = i < like.shape.size() && like.shape[like.shape.size() - 1 - i] != 1;
    if (repeated) read[x + i] = 0;
    if (repeated && value.layout == Layout::channelLanes && d == 0)
      read[0] = 0; // the one channel is in lane 0
  }
  return value.at(read);
}

namespace {

/// The form of the result: operands of smaller shape are repeated.
Value formOfResult(Builder& b, const Op& op) {
  Value form = b.operand(op, 0);
  for (size_t i = 1; i < op.operands.size() && form.layout == Layout::plain; ++i) form = b.operand(op, i);
  form.shape = op.shape;
  return form;
}

template <typename Combine> Value binary(Builder& b, const Op& op, Combine combine) {
  Value like = formOfResult(b, op), left = b.operand(op, 0), right = b.operand(op, 1);
  return b.result(op, like, [=](const Coordinates& at) {
    return combine(broadcastAt(left, like, at), broadcastAt(right, like, at));
  });
}

template <typename Apply> Value unary(Builder& b, const Op& op, Apply apply) {
  Value x = b.operand(op, 0);
  return b.result(op, x, [=](const Coordinates& at) { return apply(x.at(at)); });
}

// What the user wrote is computed as written: x - x and 0 x keep a NaN, and (x + 3) - 3 its rounding.
Value add(Builder& b, const Op& op) {
  return binary(b, op, strict::add);
}
Value sub(Builder& b, const Op& op) {
  return binary(b, op, strict::sub);
}
Value mul(Builder& b, const Op& op) {
  return binary(b, op, strict::mul);
}
Value scale(Builder& b, const Op& op) {
  float factor = static_cast<float>(floatOf(op, "factor", 1)),
        offset = static_cast<float>(floatOf(op, "offset", 0));
  return unary(b, op, [=](Expr x) {
    // 0 x is NaN of infinity and NaN. LLVM knows a product with the constant, but no difference.
    Expr scaled = factor == 1 ? x : factor == 0 ? strict::sub(x, x) : strict::mul(x, factor);
    return offset == 0 ? scaled : strict::add(scaled, offset);
  });
}
Value castOf(Builder& b, const Op& op) {
  return unary(b, op, [](Expr x) { return cast<float>(x); });
}

/// Pad channels hold 0: what these operations make of the numbers there need not be finite.
Expr finiteInPads(const Value& like, const Coordinates& at, const Expr& value) {
  bool pads = like.layout == Layout::channelLanes && like.channels() % like.lanes != 0;
  return pads ? select(channelOf(like, at) < static_cast<int>(like.channels()), value, 0.0f) : value;
}

/// A function of one number.
template <Expr (*function)(const Expr&)> Value functionOf(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  return b.result(op, x, [=](const Coordinates& at) { return finiteInPads(x, at, function(x.at(at))); });
}
Expr squareRoot(const Expr& x) {
  return sqrt(x);
}
Expr magnitude(const Expr& x) {
  return abs(x);
}
Value powOf(Builder& b, const Op& op) {
  double exponent = floatOf(op, "exponent", 1);
  Value x = b.operand(op, 0);
  return b.result(op, x,
                  [=](const Coordinates& at) { return finiteInPads(x, at, vectorPow(x.at(at), exponent)); });
}

Value divide(Builder& b, const Op& op) {
  Value like = formOfResult(b, op), left = b.operand(op, 0), right = b.operand(op, 1);
  return b.result(op, like, [=](const Coordinates& at) {
    return finiteInPads(like, at, strict::div(broadcastAt(left, like, at), broadcastAt(right, like, at)));
  });
}
Expr orNaN(const Expr& a, const Expr& otherwise) {
  return select(strict::equal(a, a), otherwise, a);
}
Value maximum(Builder& b, const Op& op) {
  return binary(b, op, [](Expr left, Expr right) { return orNaN(left, strict::larger(left, right)); });
}
Value minimum(Builder& b, const Op& op) {
  return binary(b, op, [](Expr left, Expr right) { return orNaN(left, strict::smaller(left, right)); });
}
Value lessOf(Builder& b, const Op& op) {
  return binary(b, op, [](Expr left, Expr right) { return select(strict::less(left, right), 1.0f, 0.0f); });
}
Value equalOf(Builder& b, const Op& op) {
  return binary(b, op, [](Expr left, Expr right) { return select(strict::equal(left, right), 1.0f, 0.0f); });
}
Value selectOf(Builder& b, const Op& op) {
  Value like = formOfResult(b, op), condition = b.operand(op, 0), yes = b.operand(op, 1),
        no = b.operand(op, 2);
  return b.result(op, like, [=](const Coordinates& at) {
    return select(strict::equal(broadcastAt(condition, like, at), 0.0f), broadcastAt(no, like, at),
                  broadcastAt(yes, like, at));
  });
}

/// One number a channel: name0, name1, …
Expr channelNumber(const Op& op, const std::string& name, const Value& like, const Coordinates& at) {
  std::vector<Expr> numbers;
  for (int64_t c = 0; c < like.channels(); ++c)
    numbers.push_back(static_cast<float>(floatOf(op, name + std::to_string(c), 0)));
  return numbers.size() == 1 ? numbers[0] : mux(channelOf(like, at), numbers);
}

Value normalize(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  return b.result(op, x, [=](const Coordinates& at) {
    return (x.at(at) - channelNumber(op, "mean", x, at)) / channelNumber(op, "deviation", x, at);
  });
}

Value relu(Builder& b, const Op& op) {
  return unary(b, op, [](Expr x) { return strict::larger(0.0f, x); });
}
Value relu6(Builder& b, const Op& op) {
  return unary(b, op, [](Expr x) { return strict::smaller(6.0f, strict::larger(0.0f, x)); });
}
Value leakyRelu(Builder& b, const Op& op) {
  float slope = static_cast<float>(floatOf(op, "negative_slope", 0.01));
  return unary(b, op, [=](Expr x) { return select(strict::less(0.0f, x), x, x * slope); });
}

Value sigmoid(Builder& b, const Op& op) {
  return unary(b, op, vectorSigmoid);
}
Value tanhOf(Builder& b, const Op& op) {
  return unary(b, op, vectorTanh);
}
Value silu(Builder& b, const Op& op) {
  return unary(b, op, [](Expr x) { return x * vectorSigmoid(x); });
}

// gelu(x) = x * Phi(x), with Phi by erf, or by tanh (Hendrycks and Gimpel, arXiv 1606.08415).
constexpr float rootHalf = 0.70710678f, rootTwoByPi = 0.79788456f, cubic = 0.044715f;

Value gelu(Builder& b, const Op& op) {
  bool byTanh = intOf(op, "tanh", 0, 0) != 0;
  return unary(b, op, [=](Expr x) {
    if (byTanh) return 0.5f * x * (1.0f + vectorTanh(rootTwoByPi * (x + cubic * x * x * x)));
    return 0.5f * x * (1.0f + vectorErf(x * rootHalf));
  });
}

// Backward: the first operand is dy, the second y or x. Where y is NaN relu passes dy on and relu6 does not,
// as in PyTorch.
Value reluBackward(Builder& b, const Op& op) {
  return binary(b, op, [](Expr dy, Expr y) { return select(strict::notAtMost(y, 0.0f), dy, 0.0f); });
}
Value relu6Backward(Builder& b, const Op& op) {
  return binary(b, op, [](Expr dy, Expr y) {
    return select(strict::less(0.0f, y) && strict::less(y, 6.0f), dy, 0.0f);
  });
}
Value leakyReluBackward(Builder& b, const Op& op) {
  float slope = static_cast<float>(floatOf(op, "negative_slope", 0.01));
  return binary(b, op, [=](Expr dy, Expr x) { return select(strict::less(0.0f, x), dy, dy * slope); });
}
Value sigmoidBackward(Builder& b, const Op& op) {
  return binary(b, op, [](Expr dy, Expr y) { return dy * y * (1.0f - y); });
}
Value tanhBackward(Builder& b, const Op& op) {
  return binary(b, op, [](Expr dy, Expr y) { return dy * (1.0f - y * y); });
}
Value siluBackward(Builder& b, const Op& op) {
  return binary(b, op, [](Expr dy, Expr x) {
    Expr s = vectorSigmoid(x);
    return dy * (s + x * s * (1.0f - s));
  });
}
Value geluBackward(Builder& b, const Op& op) {
  bool byTanh = intOf(op, "tanh", 0, 0) != 0;
  return binary(b, op, [=](Expr dy, Expr x) {
    if (byTanh) {
      Expr t = vectorTanh(rootTwoByPi * (x + cubic * x * x * x));
      Expr inner = rootTwoByPi * (1.0f + 3.0f * cubic * x * x);
      return dy * (0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * inner);
    }
    constexpr float densityAtZero = 0.39894228f; // 1 / sqrt(2 pi)
    Expr cumulative = 0.5f * (1.0f + vectorErf(x * rootHalf));
    return dy * (cumulative + x * densityAtZero * vectorExp(-0.5f * x * x));
  });
}

constexpr Operation operations[] = {
    {"add", add},
    {"sub", sub},
    {"mul", mul},
    {"scale", scale},
    {"div", divide},
    {"max", maximum},
    {"min", minimum},
    {"less", lessOf},
    {"equal", equalOf},
    {"select", selectOf},
    {"exp", functionOf<vectorExp>},
    {"expm1", functionOf<vectorExpm1>},
    {"log", functionOf<vectorLogOfAny>},
    {"log1p", functionOf<vectorLog1p>},
    {"sqrt", functionOf<squareRoot>},
    {"abs", functionOf<magnitude>},
    {"pow", powOf},
    {"cast", castOf},
    {"normalize", normalize},
    {"relu", relu},
    {"relu6", relu6},
    {"leaky_relu", leakyRelu},
    {"sigmoid", sigmoid},
    {"tanh", tanhOf},
    {"silu", silu},
    {"gelu", gelu},
    {"relu_backward", reluBackward},
    {"relu6_backward", relu6Backward},
    {"leaky_relu_backward", leakyReluBackward},
    {"sigmoid_backward", sigmoidBackward},
    {"tanh_backward", tanhBackward},
    {"silu_backward", siluBackward},
    {"gelu_backward", geluBackward},
};

} // namespace

std::span<const Operation> elementwiseOperations() {
  return operations;
}

} // namespace cnn::kernel
