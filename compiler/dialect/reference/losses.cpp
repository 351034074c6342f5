//===- losses.cpp - Reference of losses, metrics and means
//-----------------------------------------------------===//
//
// The blocks of lane_sum and block_mean are single images here.
//
//===---------------------------------------------------------------------------------------------------===//
#include "dialect/reference/reference.h"

#include <algorithm>
#include <cmath>

namespace cnn {

using namespace reference;

/// log softmax of one image's logits.
static std::vector<double> logSoftmax(const Tensor& logits, int64_t n) {
  int64_t classes = logits.shape[1];
  std::vector<double> result(&logits.data[n * classes], &logits.data[n * classes] + classes);
  double largest = *std::max_element(result.begin(), result.end()), sum = 0;
  for (double x : result) sum += std::exp(x - largest);
  for (double& x : result) x -= largest + std::log(sum);
  return result;
}

/// The smoothed distribution that the logits should give: q of class c.
static double targetProbability(int64_t c, double target, int64_t classes, double smoothing) {
  return smoothing / classes + (c == target ? 1 - smoothing : 0);
}

void CrossEntropyOp::evaluate(Frame& frame) {
  const Tensor &logits = frame.operand(0), &target = frame.operand(1);
  int64_t images = logits.shape[0], classes = logits.shape[1];
  double smoothing = getLabelSmoothing().convertToDouble();
  for (int64_t n = 0; n < images; ++n) {
    std::vector<double> logProbability = logSoftmax(logits, n);
    for (int64_t c = 0; c < classes; ++c)
      frame.result().data[n] -= targetProbability(c, target.data[n], classes, smoothing) * logProbability[c];
  }
}

void CrossEntropyBackwardOp::evaluate(Frame& frame) {
  const Tensor &logits = frame.operand(0), &target = frame.operand(1), &dy = frame.operand(2);
  int64_t images = logits.shape[0], classes = logits.shape[1];
  double smoothing = getLabelSmoothing().convertToDouble();
  for (int64_t n = 0; n < images; ++n) {
    std::vector<double> logProbability = logSoftmax(logits, n);
    for (int64_t c = 0; c < classes; ++c) {
      double q = targetProbability(c, target.data[n], classes, smoothing);
      frame.result().data[n * classes + c] = dy.data[n] * (std::exp(logProbability[c]) - q);
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
    double loss = std::max(x, 0.0) - x * t + std::log1p(std::exp(-std::abs(x)));
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
  int64_t images = logits.shape[0], classes = logits.shape[1];
  for (int64_t n = 0; n < images; ++n) {
    const double* row = &logits.data[n * classes];
    frame.result().data[n] = std::max_element(row, row + classes) - row == target.data[n] ? 1 : 0;
  }
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
