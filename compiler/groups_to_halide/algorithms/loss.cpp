//===- loss.cpp - Softmax, losses and metrics --------------------------------------------------------===//

#include "reduction.h"
#include "strict_float.h"
#include "vector_math.h"

#include <limits>
#include <optional>

using namespace Halide;

namespace cnn::kernel {

namespace {

/// A reduction over the channels of each pixel: f starts as `first` and becomes next(f, channel).
Func overChannels(Builder& b, const std::string& role, int channels, const Expr& first,
                  const std::function<Expr(const Expr&, const Expr&)>& next) {
  RDom r = b.rdom({channels}, role);
  Func f = b.func(role);
  f(b.lane, b.x, b.y) = first;
  f(b.lane, b.x, b.y) = next(f(b.lane, b.x, b.y), r);
  b.funcs[role] = f;
  b.domains[role] = r;
  return f;
}

/// The largest logit and the sum of exp(logit - largest), of each pixel.
struct Normalizer {
  Func largest, sum;
};

Normalizer normalizerOf(Builder& b, const Value& x) {
  int channels = static_cast<int>(x.channels());
  auto logit = [&](const Expr& c) { return x.at({b.lane, b.x, b.y, c}); };
  Func largest = overChannels(b, "largest", channels, std::numeric_limits<float>::lowest(),
                              [&](const Expr& f, const Expr& c) { return max(f, logit(c)); });
  Func sum = overChannels(b, "sum", channels, 0.0f, [&](const Expr& f, const Expr& c) {
    return f + vectorExp(logit(c) - largest(b.lane, b.x, b.y));
  });
  return {largest, sum};
}

Value softmax(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Normalizer n = normalizerOf(b, x);
  return b.result(op, x, [=](const Coordinates& at) {
    return vectorExp(x.at(at) - n.largest(at[0], at[1], at[2])) / n.sum(at[0], at[1], at[2]);
  });
}

/// log sum exp, as a Func so that it is taken once a pixel.
Func logSum(Builder& b, const Normalizer& n) {
  Func f = b.func("log_sum");
  f(b.lane, b.x, b.y) = n.largest(b.lane, b.x, b.y) + vectorLog(n.sum(b.lane, b.x, b.y));
  b.funcs["log_sum"] = f;
  return f;
}

Value logSoftmax(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Func total = logSum(b, normalizerOf(b, x));
  return b.result(op, x, [=](const Coordinates& at) { return x.at(at) - total(at[0], at[1], at[2]); });
}

/// y * (dy - sum over channels of dy * y)
Value softmaxBackward(Builder& b, const Op& op) {
  Value dy = b.operand(op, 0), y = b.operand(op, 1);
  Func sum = overChannels(b, "sum", int(y.channels()), 0.0f, [&](const Expr& f, const Expr& c) {
    Coordinates at{b.lane, b.x, b.y, c};
    return f + dy.at(at) * y.at(at);
  });
  return b.result(op, y,
                  [=](const Coordinates& at) { return y.at(at) * (dy.at(at) - sum(at[0], at[1], at[2])); });
}

/// dy - exp(y) * sum over channels of dy
Value logSoftmaxBackward(Builder& b, const Op& op) {
  Value dy = b.operand(op, 0), y = b.operand(op, 1);
  Func sum = overChannels(b, "sum", int(y.channels()), 0.0f,
                          [&](const Expr& f, const Expr& c) { return f + dy.at({b.lane, b.x, b.y, c}); });
  return b.result(op, y, [=](const Coordinates& at) {
    return dy.at(at) - vectorExp(y.at(at)) * sum(at[0], at[1], at[2]);
  });
}

/// The labels of the logits' pixels, as whole numbers at {lane, x, y}. A mask [N, H, W] is a signal of H
/// channels to the rest of the compiler, and that of a signal has its pixels as channels.
class Labels {
public:
  Labels(Builder& b, const Op& op) : label(b.operand(op, 1)) {
    const Value& x = b.operand(op, 0);
    rows = label.shape == std::vector<int64_t>{x.height(), 1, x.width()};
    same = label.shape == std::vector<int64_t>{1, x.height(), x.width()};
    if (!rows && !same && label.shape != std::vector<int64_t>{x.width(), 1, 1})
      fail(op.name + ": expected a label for each pixel");
    if (op.ints.count("ignore_index")) ignored = static_cast<int>(intOf(op, "ignore_index", 0, 0));
  }
  Expr at(const Expr& lane, const Expr& x, const Expr& y) const {
    if (same) return cast<int>(label.at({lane, x, y, 0}));
    return cast<int>(rows ? label.at({lane, x, 0, y}) : label.at({lane, 0, 0, x}));
  }
  /// `value` where the pixel counts, else 0.
  Expr counting(const Expr& label, const Expr& value) const {
    return ignored ? select(label == *ignored, 0.0f, value) : value;
  }

private:
  Value label;
  bool rows, same;
  std::optional<int> ignored;
};

/// What a sum over an image's pixels is multiplied with, by its lane: 1 / pixels, over the share of the
/// pixels that count, operand `index` where there is one, of the batch or of each image; 0 where none counts.
std::function<Expr(const Expr&)> pixelWeight(Builder& b, const Op& op, size_t index) {
  const Value& x = b.operand(op, 0);
  float weight = 1.0f / static_cast<float>(x.width() * x.height());
  if (!b.hasOperand(op, index)) return [=](const Expr&) { return Expr(weight); };
  Value shares = b.operand(op, index);
  bool ofBatch = shares.shape.size() == 1;
  return [=](const Expr& lane) {
    Expr share = ofBatch ? shares.at({0}) : shares.at({lane, 0, 0, 0});
    return select(share > 0.0f, weight / share, 0.0f);
  };
}

/// The share of an image's labels that are not ignored.
Value counted(Builder& b, const Op& op) {
  const Value& label = b.operand(op, 0);
  int channels = int(label.channels()), width = int(label.width()), height = int(label.height());
  int ignored = static_cast<int>(intOf(op, "ignore_index", 0, 0));
  RDom r = b.rdom({width, height, channels}, "counted");
  Func sum = b.func("counted");
  sum(b.lane) = 0.0f;
  sum(b.lane) += select(cast<int>(label.at({b.lane, r[0], r[1], r[2]})) == ignored, 0.0f, 1.0f);
  b.funcs["counted"] = sum;
  b.domains["counted"] = r;
  float scale = 1.0f / static_cast<float>(channels * width * height);
  return b.result(op, label, [=](const Coordinates& at) { return sum(at[0]) * scale; });
}

/// The mean over the pixels of -sum of q * log softmax, q one-hot at the label mixed with the uniform
/// distribution (Szegedy et al., "Rethinking the Inception architecture", 2016). A label outside the classes
/// counts as the nearest.
Value crossEntropy(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Labels labels(b, op);
  int channels = int(x.channels()), width = int(x.width()), height = int(x.height());
  float smoothing = static_cast<float>(floatOf(op, "label_smoothing", 0));
  Func total = logSum(b, normalizerOf(b, x));
  Func loss = b.func("loss");
  Expr label = labels.at(b.lane, b.x, b.y), target = clamp(label, 0, channels - 1);
  Expr value = (total(b.lane, b.x, b.y) - x.at({b.lane, b.x, b.y, target})) * (1 - smoothing);
  if (smoothing != 0) {
    Func logits = overChannels(b, "logits", channels, 0.0f,
                               [&](const Expr& f, const Expr& c) { return f + x.at({b.lane, b.x, b.y, c}); });
    value += (total(b.lane, b.x, b.y) - logits(b.lane, b.x, b.y) * (1.0f / static_cast<float>(channels))) *
             smoothing;
  }
  loss(b.lane, b.x, b.y) = labels.counting(label, value);
  b.funcs["loss"] = loss;
  auto scale = pixelWeight(b, op, 2);
  if (width * height == 1) {
    return b.result(op, x, [=](const Coordinates& at) { return loss(at[0], 0, 0) * scale(at[0]); });
  }
  auto sum = pictureSum(b, "picture", width, height, Expr(),
                        [=](const Coordinates& at) { return loss(at[0], at[1], at[2]); });
  return b.result(op, x,
                  [=](const Coordinates& at) { return cast<float>(sum(at[0], at[3]) * scale(at[0])); });
}

/// dy * (softmax - q) / pixels, as cross_entropy weighs them
Value crossEntropyBackward(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), dy = b.operand(op, 2);
  Labels labels(b, op);
  int channels = int(x.channels());
  float smoothing = static_cast<float>(floatOf(op, "label_smoothing", 0));
  auto scale = pixelWeight(b, op, 3);
  Normalizer n = normalizerOf(b, x);
  return b.result(op, x, [=](const Coordinates& at) {
    Expr p = vectorExp(x.at(at) - n.largest(at[0], at[1], at[2])) / n.sum(at[0], at[1], at[2]);
    Expr label = labels.at(at[0], at[1], at[2]), target = clamp(label, 0, channels - 1);
    Expr q = select(target == at[3], 1 - smoothing, 0.0f) + smoothing / static_cast<float>(channels);
    return labels.counting(label, (p - q) * (dy.at({at[0], 0, 0, 0}) * scale(at[0])));
  });
}

/// The mean over an image's elements of what `of` gives at each place of operand 0.
Value imageMean(Builder& b, const Op& op, const char* name,
                const std::function<Expr(const Coordinates&)>& of) {
  Value x = b.operand(op, 0);
  int channels = int(x.channels()), width = int(x.width()), height = int(x.height());
  RDom r = b.rdom({width, height, channels}, name);
  Func sum = b.func(name);
  Coordinates at{b.lane, r[0], r[1], r[2]};
  Expr value = of(at);
  sum(b.lane) = b.zeroSum();
  sum(b.lane) += b.widened(value);
  b.funcs[name] = sum;
  b.domains[name] = r;
  float scale = 1.0f / static_cast<float>(channels * width * height);
  return b.result(op, x, [=](const Coordinates& at) { return cast<float>(sum(at[0]) * scale); });
}

Value sampleMean(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  return imageMean(b, op, "total", [=](const Coordinates& at) { return x.at(at); });
}

/// dy / elements
Value sampleMeanBackward(Builder& b, const Op& op) {
  Value dy = b.operand(op, 0);
  int64_t elements = 1;
  for (int64_t extent : op.shape) elements *= extent;
  float scale = 1.0f / static_cast<float>(elements);
  return b.result(op, dy, [=](const Coordinates& at) { return dy.at({at[0], 0, 0, 0}) * scale; });
}

/// The mean of (x - target)^2.
Value mse(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), target = b.operand(op, 1);
  return imageMean(b, op, "squares", [=](const Coordinates& at) {
    Expr difference = x.at(at) - target.at(at);
    return difference * difference;
  });
}

Value mseBackward(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), target = b.operand(op, 1), dy = b.operand(op, 2);
  float scale = 2.0f / static_cast<float>(x.channels() * x.height() * x.width());
  return b.result(op, x, [=](const Coordinates& at) {
    return (x.at(at) - target.at(at)) * (dy.at({at[0], 0, 0, 0}) * scale);
  });
}

/// log(1 + e), e in [0, 1], to the last places also of small results: 2 atanh(s), s = e / (2 + e) at most 1 /
/// 3, by its series, whose first term left out is below 2e-8 of the sum.
Expr logOfOnePlus(const Expr& e) {
  Expr s = e / (2.0f + e), square = s * s;
  Expr sum = 1.0f / 13;
  for (int power = 11; power > 0; power -= 2) sum = sum * square + 1.0f / static_cast<float>(power);
  return 2.0f * s * sum;
}

/// The mean of max(x, 0) - x target + log(1 + exp(-|x|)).
Value bceWithLogits(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), target = b.operand(op, 1);
  return imageMean(b, op, "entropies", [=](const Coordinates& at) {
    Expr logit = x.at(at);
    return strict::larger(0.0f, logit) - logit * target.at(at) + logOfOnePlus(vectorExp(-abs(logit)));
  });
}

/// dy (sigmoid(x) - target) / elements
Value bceWithLogitsBackward(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), target = b.operand(op, 1), dy = b.operand(op, 2);
  float scale = 1.0f / static_cast<float>(x.channels() * x.height() * x.width());
  return b.result(op, x, [=](const Coordinates& at) {
    return (vectorSigmoid(x.at(at)) - target.at(at)) * (dy.at({at[0], 0, 0, 0}) * scale);
  });
}

/// 1 where fewer than k logits come before the label's, else 0; the mean over pixels. The order is PyTorch's:
/// a NaN is the largest, and of equals the first comes first.
Value accuracy(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Labels labels(b, op);
  int channels = int(x.channels()), width = int(x.width()), height = int(x.height());
  int k = static_cast<int>(intOf(op, "k", 0, 1));
  Expr label = labels.at(b.lane, b.x, b.y), target = clamp(label, 0, channels - 1);
  Func own = b.func("own");
  own(b.lane, b.x, b.y) = x.at({b.lane, b.x, b.y, target});
  b.funcs["own"] = own;
  Func before = overChannels(b, "before", channels, 0, [&](const Expr& f, const Expr& c) {
    Expr mine = own(b.lane, b.x, b.y), other = x.at({b.lane, b.x, b.y, c});
    Expr isNaN = !strict::equal(mine, mine), otherIsNaN = !strict::equal(other, other);
    Expr isLarger = strict::less(mine, other) || (otherIsNaN && !isNaN);
    Expr isEqual = strict::equal(mine, other) || (otherIsNaN && isNaN);
    return f + cast<int>(isLarger || (isEqual && c < target));
  });
  auto isRight = [=](const Coordinates& at) {
    Expr given = labels.at(at[0], at[1], at[2]);
    Expr isFound = given >= 0 && given < channels && before(at[0], at[1], at[2]) < k;
    return labels.counting(given, select(isFound, 1.0f, 0.0f));
  };
  auto scale = pixelWeight(b, op, 2);
  if (width * height == 1)
    return b.result(op, x, [=](const Coordinates& at) { return isRight(at) * scale(at[0]); });
  auto sum = pictureSum(b, "picture", width, height, Expr(), isRight);
  return b.result(op, x,
                  [=](const Coordinates& at) { return cast<float>(sum(at[0], at[3]) * scale(at[0])); });
}

constexpr Operation operations[] = {
    {"softmax", softmax, pixelReductions},
    {"log_softmax", logSoftmax, pixelReductions},
    {"softmax_backward", softmaxBackward, pixelReductions},
    {"log_softmax_backward", logSoftmaxBackward, pixelReductions},
    {"counted", counted, pixelReductions},
    {"cross_entropy", crossEntropy, pixelReductions},
    {"cross_entropy_backward", crossEntropyBackward, pixelReductions},
    {"sample_mean", sampleMean, pixelReductions},
    {"sample_mean_backward", sampleMeanBackward},
    {"mse", mse, pixelReductions},
    {"mse_backward", mseBackward},
    {"bce_with_logits", bceWithLogits, pixelReductions},
    {"bce_with_logits_backward", bceWithLogitsBackward},
    {"accuracy", accuracy, pixelReductions},
};

} // namespace

std::span<const Operation> lossOperations() {
  return operations;
}

} // namespace cnn::kernel
