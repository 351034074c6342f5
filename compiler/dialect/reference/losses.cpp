//===- losses.cpp - Reference of losses, metrics and means ---------------------------------------===//
//
// The blocks of lane_sum and block_mean are single images here.
//
//===---------------------------------------------------------------------------------------------------===//
#include "dialect/reference/loops.h"

#include <algorithm>
#include <cmath>

namespace cnn {

using namespace reference;

/// log softmax of one pixel's logits.
static std::vector<double> logSoftmax(const Tensor& logits, int64_t n, int64_t p) {
  Planes planes(logits);
  std::vector<double> result;
  for (int64_t c = 0; c < planes.channels; ++c) result.push_back(logits.data[planes.at(n, c, p)]);
  double largest = *std::max_element(result.begin(), result.end()), sum = 0;
  for (double x : result) sum += std::exp(x - largest);
  for (double& x : result) x -= largest + std::log(sum);
  return result;
}

/// The smoothed distribution that the logits should give: q of class c.
static double targetProbability(int64_t c, double target, int64_t classes, double smoothing) {
  return smoothing / classes + (c == target ? 1 - smoothing : 0);
}

/// What each pixel's value is multiplied with for the mean over image n: 1 / pixels, over the share of pixels
/// that count, the batch's or the image's own. Nothing counts where that share is 0.
static double weightOfPixel(const Planes& planes, const Tensor* counted, int64_t n) {
  double share = counted ? counted->data[counted->shape.empty() ? 0 : n] : 1;
  return share == 0 ? 0 : 1 / (share * planes.pixels);
}

void CountedOp::evaluate(Frame& frame) {
  const Tensor& target = frame.operand(0);
  int64_t images = target.shape[0], pixels = target.size() / images;
  for (int64_t i = 0; i < target.size(); ++i)
    if (target.data[i] != getIgnoreIndex()) frame.result().data[i / pixels] += 1.0 / pixels;
}

void CrossEntropyOp::evaluate(Frame& frame) {
  const Tensor &logits = frame.operand(0), &target = frame.operand(1);
  Planes planes(logits);
  double smoothing = getLabelSmoothing().convertToDouble();
  for (int64_t n = 0; n < planes.images; ++n) {
    double weight = weightOfPixel(planes, frame.hasOperand(2) ? &frame.operand(2) : nullptr, n);
    for (int64_t p = 0; p < planes.pixels; ++p) {
      double label = target.data[n * planes.pixels + p];
      if (getIgnoreIndex() && label == *getIgnoreIndex()) continue;
      std::vector<double> logProbability = logSoftmax(logits, n, p);
      for (int64_t c = 0; c < planes.channels; ++c)
        frame.result().data[n] -=
            weight * targetProbability(c, label, planes.channels, smoothing) * logProbability[c];
    }
  }
}

void CrossEntropyBackwardOp::evaluate(Frame& frame) {
  const Tensor &logits = frame.operand(0), &target = frame.operand(1), &dy = frame.operand(2);
  Planes planes(logits);
  double smoothing = getLabelSmoothing().convertToDouble();
  for (int64_t n = 0; n < planes.images; ++n) {
    double weight = weightOfPixel(planes, frame.hasOperand(3) ? &frame.operand(3) : nullptr, n);
    for (int64_t p = 0; p < planes.pixels; ++p) {
      double label = target.data[n * planes.pixels + p];
      if (getIgnoreIndex() && label == *getIgnoreIndex()) continue;
      std::vector<double> logProbability = logSoftmax(logits, n, p);
      for (int64_t c = 0; c < planes.channels; ++c) {
        double q = targetProbability(c, label, planes.channels, smoothing);
        frame.result().data[planes.at(n, c, p)] = dy.data[n] * weight * (std::exp(logProbability[c]) - q);
      }
    }
  }
}

void MseOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &target = frame.operand(1);
  int64_t images = input.shape[0], elements = input.size() / images;
  for (int64_t i = 0; i < input.size(); ++i) {
    double difference = input.data[i] - target.data[i];
    frame.result().data[i / elements] += difference * difference / elements;
  }
}

void MseBackwardOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &target = frame.operand(1), &dy = frame.operand(2);
  int64_t images = input.shape[0], elements = input.size() / images;
  for (int64_t i = 0; i < input.size(); ++i)
    frame.result().data[i] = 2 * dy.data[i / elements] * (input.data[i] - target.data[i]) / elements;
}

void BceWithLogitsOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &target = frame.operand(1);
  int64_t images = input.shape[0], elements = input.size() / images;
  for (int64_t i = 0; i < input.size(); ++i) {
    double x = input.data[i], t = target.data[i];
    // -log sigmoid(x) = log(1 + exp(-x)), without an overflow
    double loss = (x < 0 ? 0 : x) - x * t + std::log1p(std::exp(-std::abs(x)));
    frame.result().data[i / elements] += loss / elements;
  }
}

void BceWithLogitsBackwardOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &target = frame.operand(1), &dy = frame.operand(2);
  int64_t images = input.shape[0], elements = input.size() / images;
  for (int64_t i = 0; i < input.size(); ++i)
    frame.result().data[i] =
        dy.data[i / elements] * (1 / (1 + std::exp(-input.data[i])) - target.data[i]) / elements;
}

void AccuracyOp::evaluate(Frame& frame) {
  const Tensor &logits = frame.operand(0), &target = frame.operand(1);
  Planes planes(logits);
  for (int64_t n = 0; n < planes.images; ++n) {
    double weight = weightOfPixel(planes, frame.hasOperand(2) ? &frame.operand(2) : nullptr, n);
    for (int64_t p = 0; p < planes.pixels; ++p) {
      double label = target.data[n * planes.pixels + p];
      if (getIgnoreIndex() && label == *getIgnoreIndex()) continue;
      if (label < 0 || label >= planes.channels) continue;
      double own = logits.data[planes.at(n, int64_t(label), p)];
      int64_t before = 0; // in PyTorch's order: a NaN is the largest, and of equals the first comes first
      for (int64_t c = 0; c < planes.channels; ++c) {
        double logit = logits.data[planes.at(n, c, p)];
        bool equal = logit == own || (std::isnan(logit) && std::isnan(own));
        bool larger = logit > own || (std::isnan(logit) && !std::isnan(own));
        before += larger || (equal && c < label);
      }
      if (before < getK().value_or(1)) frame.result().data[n] += weight;
    }
  }
}

void SampleMeanOp::evaluate(Frame& frame) {
  const Tensor& input = frame.operand(0);
  int64_t elements = input.size() / input.shape[0];
  for (int64_t i = 0; i < input.size(); ++i) frame.result().data[i / elements] += input.data[i] / elements;
}

void SampleMeanBackwardOp::evaluate(Frame& frame) {
  Tensor& dx = frame.result();
  int64_t elements = dx.size() / dx.shape[0];
  for (int64_t i = 0; i < dx.size(); ++i) dx.data[i] = frame.operand(0).data[i / elements] / elements;
}

void BatchMeanOp::evaluate(Frame& frame) {
  const Tensor& input = frame.operand(0);
  for (double value : input.data) frame.result().data[0] += value / input.size();
}

void BatchMeanBackwardOp::evaluate(Frame& frame) {
  for (double& value : frame.result().data) value = frame.operand(0).data[0] / frame.result().size();
}

void LaneSumOp::evaluate(Frame& frame) {
  frame.result().data = frame.operand(0).data;
}

void BlockMeanOp::evaluate(Frame& frame) {
  const Tensor& sums = frame.operand(0);
  for (double value : sums.data) frame.result().data[0] += value / sums.shape[0];
}

} // namespace cnn
