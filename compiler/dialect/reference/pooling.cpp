//===- pooling.cpp - Reference of pooling --------------------------------------------------------===//
#include "dialect/reference/loops.h"

#include <cmath>
#include <limits>

namespace cnn {

using namespace reference;

/// The first maximum under a window, a NaN before any number; null where the window covers only pads.
static const Tap* firstMaximum(const std::vector<Tap>& taps, const double* picture) {
  const Tap* best = nullptr;
  for (const Tap& tap : taps) {
    double value = picture[tap.picture];
    if (!best || value > picture[best->picture] || std::isnan(value)) best = &tap;
  }
  return best;
}

void MaxPoolOp::evaluate(Frame& frame) {
  const Tensor& input = frame.operand(0);
  Tensor& result = frame.result();
  Planes x(input), y(result);
  auto taps = Window(input.shape, result.shape, getKernel(), getStride(), getPadding(), getDilation()).taps();
  for (int64_t n = 0; n < y.images; ++n)
    for (int64_t c = 0; c < y.channels; ++c)
      for (int64_t p = 0; p < y.pixels; ++p) {
        const double* picture = &input.data[x.at(n, c, 0)];
        const Tap* best = firstMaximum(taps[p], picture);
        result.data[y.at(n, c, p)] = best ? picture[best->picture] : -std::numeric_limits<double>::infinity();
      }
}

void MaxPoolIndexOp::evaluate(Frame& frame) {
  const Tensor& input = frame.operand(0);
  Tensor& index = frame.result();
  Planes x(input), y(index);
  auto taps = Window(input.shape, index.shape, getKernel(), getStride(), getPadding(), getDilation()).taps();
  for (int64_t n = 0; n < y.images; ++n)
    for (int64_t c = 0; c < y.channels; ++c)
      for (int64_t p = 0; p < y.pixels; ++p) {
        const Tap* best = firstMaximum(taps[p], &input.data[x.at(n, c, 0)]);
        index.data[y.at(n, c, p)] = best ? best->kernel : 0;
      }
}

void MaxPoolBackwardOp::evaluate(Frame& frame) {
  const Tensor &dy = frame.operand(0), &index = frame.operand(1);
  Tensor& dx = frame.result();
  Planes x(dx), y(dy);
  auto taps = Window(dx.shape, dy.shape, getKernel(), getStride(), getPadding(), getDilation()).taps();
  for (int64_t n = 0; n < y.images; ++n)
    for (int64_t c = 0; c < y.channels; ++c)
      for (int64_t p = 0; p < y.pixels; ++p)
        for (Tap tap : taps[p])
          if (tap.kernel == index.data[y.at(n, c, p)])
            dx.data[x.at(n, c, tap.picture)] += dy.data[y.at(n, c, p)];
}

/// By how much each window's sum is divided: all of the window but what hangs over the last pad, or its
/// pixels only.
static std::vector<int64_t> divisors(const Window& window, bool countIncludePad) {
  if (countIncludePad) return window.sizesWithPads();
  std::vector<int64_t> counts;
  for (const std::vector<Tap>& taps : window.taps()) counts.push_back(taps.size());
  return counts;
}

void AvgPoolOp::evaluate(Frame& frame) {
  const Tensor& input = frame.operand(0);
  Tensor& result = frame.result();
  Planes x(input), y(result);
  Window window(input.shape, result.shape, getKernel(), getStride(), getPadding());
  auto taps = window.taps();
  std::vector<int64_t> divisor = divisors(window, getCountIncludePad());
  for (int64_t n = 0; n < y.images; ++n)
    for (int64_t c = 0; c < y.channels; ++c)
      for (int64_t p = 0; p < y.pixels; ++p) {
        double sum = 0;
        for (Tap tap : taps[p]) sum += input.data[x.at(n, c, tap.picture)];
        result.data[y.at(n, c, p)] = taps[p].empty() ? 0 : sum / divisor[p];
      }
}

void AvgPoolBackwardOp::evaluate(Frame& frame) {
  const Tensor& dy = frame.operand(0);
  Tensor& dx = frame.result();
  Planes x(dx), y(dy);
  Window window(dx.shape, dy.shape, getKernel(), getStride(), getPadding());
  auto taps = window.taps();
  std::vector<int64_t> divisor = divisors(window, getCountIncludePad());
  for (int64_t n = 0; n < y.images; ++n)
    for (int64_t c = 0; c < y.channels; ++c)
      for (int64_t p = 0; p < y.pixels; ++p)
        for (Tap tap : taps[p]) dx.data[x.at(n, c, tap.picture)] += dy.data[y.at(n, c, p)] / divisor[p];
}

void GlobalAvgPoolOp::evaluate(Frame& frame) {
  const Tensor& input = frame.operand(0);
  Planes x(input);
  for (int64_t n = 0; n < x.images; ++n)
    for (int64_t c = 0; c < x.channels; ++c)
      for (int64_t p = 0; p < x.pixels; ++p)
        frame.result().data[n * x.channels + c] += input.data[x.at(n, c, p)] / x.pixels;
}

void GlobalAvgPoolBackwardOp::evaluate(Frame& frame) {
  const Tensor& dy = frame.operand(0);
  Planes x(frame.result());
  for (int64_t n = 0; n < x.images; ++n)
    for (int64_t c = 0; c < x.channels; ++c)
      for (int64_t p = 0; p < x.pixels; ++p)
        frame.result().data[x.at(n, c, p)] = dy.data[n * x.channels + c] / x.pixels;
}

} // namespace cnn
