//===- activations.cpp - Reference of activations and softmax ------------------------------------===//
#include "dialect/reference/loops.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cnn {

using namespace reference;

/// result = f(operand 0), element by element.
template <typename Function> static void map(Frame& frame, Function f) {
  for (int64_t i = 0; i < frame.result().size(); ++i) frame.result().data[i] = f(frame.operand(0).data[i]);
}

/// result = f(operand 0, operand 1), element by element: dy, and y or x.
template <typename Function> static void map2(Frame& frame, Function f) {
  for (int64_t i = 0; i < frame.result().size(); ++i)
    frame.result().data[i] = f(frame.operand(0).data[i], frame.operand(1).data[i]);
}

static double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

// A NaN stays a NaN: it is neither below nor above a bound.
void ReluOp::evaluate(Frame& frame) {
  map(frame, [](double x) { return x < 0 ? 0 : x; });
}
void ReluBackwardOp::evaluate(Frame& frame) {
  map2(frame, [](double dy, double y) { return y <= 0 ? 0 : dy; });
}

void Relu6Op::evaluate(Frame& frame) {
  map(frame, [](double x) { return x < 0 ? 0 : x > 6 ? 6 : x; });
}
void Relu6BackwardOp::evaluate(Frame& frame) {
  map2(frame, [](double dy, double y) { return y > 0 && y < 6 ? dy : 0; });
}

void LeakyReluOp::evaluate(Frame& frame) {
  double slope = getNegativeSlope().convertToDouble();
  map(frame, [&](double x) { return x > 0 ? x : slope * x; });
}
void LeakyReluBackwardOp::evaluate(Frame& frame) {
  double slope = getNegativeSlope().convertToDouble();
  map2(frame, [&](double dy, double x) { return x > 0 ? dy : slope * dy; });
}

void SigmoidOp::evaluate(Frame& frame) {
  map(frame, sigmoid);
}
void SigmoidBackwardOp::evaluate(Frame& frame) {
  map2(frame, [](double dy, double y) { return dy * y * (1 - y); });
}

void TanhOp::evaluate(Frame& frame) {
  map(frame, [](double x) { return std::tanh(x); });
}
void TanhBackwardOp::evaluate(Frame& frame) {
  map2(frame, [](double dy, double y) { return dy * (1 - y * y); });
}

void SiluOp::evaluate(Frame& frame) {
  map(frame, [](double x) { return x * sigmoid(x); });
}
void SiluBackwardOp::evaluate(Frame& frame) {
  map2(frame, [](double dy, double x) {
    double s = sigmoid(x);
    return dy * s * (1 + x * (1 - s));
  });
}

void ExpOp::evaluate(Frame& frame) {
  map(frame, [](double x) { return std::exp(x); });
}
void Expm1Op::evaluate(Frame& frame) {
  map(frame, [](double x) { return std::expm1(x); });
}
void LogOp::evaluate(Frame& frame) {
  map(frame, [](double x) { return std::log(x); });
}
void Log1pOp::evaluate(Frame& frame) {
  map(frame, [](double x) { return std::log1p(x); });
}
void SqrtOp::evaluate(Frame& frame) {
  map(frame, [](double x) { return std::sqrt(x); });
}
void AbsOp::evaluate(Frame& frame) {
  map(frame, [](double x) { return std::abs(x); });
}
void PowOp::evaluate(Frame& frame) {
  double exponent = getExponent().convertToDouble();
  map(frame, [&](double x) { return std::pow(x, exponent); });
}

//===-- gelu -------------------------------------------------------------------------------------===//

/// The normal distribution's cumulative function and density.
static double cumulative(double x) {
  return 0.5 * (1 + std::erf(x / std::numbers::sqrt2));
}
static double density(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

// The approximation 0.5 (1 + tanh(u)) of the cumulative function, u = sqrt(2 / pi) (x + 0.044715 x^3).
static double approximate(double x) {
  return 0.5 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
}
static double approximateDensity(double x) {
  double t = 2 * approximate(x) - 1;
  return 0.5 * (1 - t * t) * std::sqrt(2 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x);
}

void GeluOp::evaluate(Frame& frame) {
  map(frame, [&](double x) { return x * (getTanh() ? approximate(x) : cumulative(x)); });
}
void GeluBackwardOp::evaluate(Frame& frame) {
  map2(frame, [&](double dy, double x) {
    return getTanh() ? dy * (approximate(x) + x * approximateDensity(x))
                     : dy * (cumulative(x) + x * density(x));
  });
}

//===-- softmax over the channels ----------------------------------------------------------------===//

/// Calls body(elements of all channels) for each pixel of each image of [N, C, ...].
template <typename Body> static void forEachPixel(const Tensor& tensor, Body body) {
  Planes planes(tensor);
  std::vector<int64_t> channels(planes.channels);
  for (int64_t n = 0; n < planes.images; ++n)
    for (int64_t p = 0; p < planes.pixels; ++p) {
      for (int64_t c = 0; c < planes.channels; ++c) channels[c] = planes.at(n, c, p);
      body(channels);
    }
}

/// log sum exp(x) over some elements, without overflow.
static double logSumExp(const std::vector<int64_t>& elements, const Tensor& x) {
  double largest = x.data[elements[0]];
  for (int64_t i : elements) largest = std::max(largest, x.data[i]);
  double sum = 0;
  for (int64_t i : elements) sum += std::exp(x.data[i] - largest);
  return largest + std::log(sum);
}

void SoftmaxOp::evaluate(Frame& frame) {
  const Tensor& x = frame.operand(0);
  forEachPixel(x, [&](const std::vector<int64_t>& channels) {
    double total = logSumExp(channels, x);
    for (int64_t i : channels) frame.result().data[i] = std::exp(x.data[i] - total);
  });
}

void LogSoftmaxOp::evaluate(Frame& frame) {
  const Tensor& x = frame.operand(0);
  forEachPixel(x, [&](const std::vector<int64_t>& channels) {
    double total = logSumExp(channels, x);
    for (int64_t i : channels) frame.result().data[i] = x.data[i] - total;
  });
}

void SoftmaxBackwardOp::evaluate(Frame& frame) {
  const Tensor &dy = frame.operand(0), &y = frame.operand(1);
  forEachPixel(y, [&](const std::vector<int64_t>& channels) {
    double sum = 0;
    for (int64_t i : channels) sum += dy.data[i] * y.data[i];
    for (int64_t i : channels) frame.result().data[i] = y.data[i] * (dy.data[i] - sum);
  });
}

void LogSoftmaxBackwardOp::evaluate(Frame& frame) {
  const Tensor &dy = frame.operand(0), &y = frame.operand(1);
  forEachPixel(y, [&](const std::vector<int64_t>& channels) {
    double sum = 0;
    for (int64_t i : channels) sum += dy.data[i];
    for (int64_t i : channels) frame.result().data[i] = dy.data[i] - std::exp(y.data[i]) * sum;
  });
}

} // namespace cnn
