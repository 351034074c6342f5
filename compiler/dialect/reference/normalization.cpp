//===- normalization.cpp - Reference of batch and layer norm, and of their parts -----------------===//
//
// The parts' blocks are single images here: partials [N, 2, C] hold one pair a channel and image.
//
//===---------------------------------------------------------------------------------------------------===//
#include "dialect/reference/loops.h"

#include <cmath>
#include <tuple>

namespace cnn {

using namespace reference;

/// Calls body(element, image, channel) for every element of [N, C, ...].
template <typename Body> static void forEachElement(const Planes& planes, Body body) {
  for (int64_t n = 0; n < planes.images; ++n)
    for (int64_t c = 0; c < planes.channels; ++c)
      for (int64_t p = 0; p < planes.pixels; ++p) body(planes.at(n, c, p), n, c);
}

void BatchNormOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &weight = frame.operand(1), &bias = frame.operand(2);
  const Tensor &mean = frame.operand(3), &var = frame.operand(4);
  double eps = getEps().convertToDouble();
  forEachElement(Planes(input), [&](int64_t i, int64_t, int64_t c) {
    double xhat = (input.data[i] - mean.data[c]) / std::sqrt(var.data[c] + eps);
    frame.result().data[i] = xhat * weight.data[c] + bias.data[c];
  });
}

/// A batch's moments of one channel.
struct Moments {
  double count, mean, squares; ///< squares: the sum of squared differences from the mean
};

/// Fills stat and moves the running statistics.
template <typename Op>
static void finishStatistics(Op op, int64_t c, Moments moments, Tensor& stat, State& state) {
  int64_t channels = stat.shape[1];
  stat.data[c] = moments.mean;
  stat.data[channels + c] = 1 / std::sqrt(moments.squares / moments.count + op.getEps().convertToDouble());
  if (!op.getRunningMean()) return;
  double momentum = op.getMomentum().convertToDouble();
  double unbiased = moments.squares / std::max(moments.count - 1, 1.0);
  double& runningMean = state.parameters[op.getRunningMean()->str()].data[c];
  double& runningVar = state.parameters[op.getRunningVar()->str()].data[c];
  runningMean = (1 - momentum) * runningMean + momentum * moments.mean;
  runningVar = (1 - momentum) * runningVar + momentum * unbiased;
}

static void normalize(const Tensor& input, const Tensor& stat, const Tensor& weight, const Tensor& bias,
                      Tensor& result) {
  Planes planes(input);
  forEachElement(planes, [&](int64_t i, int64_t, int64_t c) {
    double xhat = (input.data[i] - stat.data[c]) * stat.data[planes.channels + c];
    result.data[i] = xhat * weight.data[c] + bias.data[c];
  });
}

void BatchNormTrainOp::evaluate(Frame& frame) {
  const Tensor& input = frame.operand(0);
  Planes planes(input);
  double count = planes.images * planes.pixels;
  std::vector<Moments> moments(planes.channels, {count, 0, 0});
  forEachElement(planes, [&](int64_t i, int64_t, int64_t c) { moments[c].mean += input.data[i] / count; });
  forEachElement(planes, [&](int64_t i, int64_t, int64_t c) {
    double difference = input.data[i] - moments[c].mean;
    moments[c].squares += difference * difference;
  });
  for (int64_t c = 0; c < planes.channels; ++c)
    finishStatistics(*this, c, moments[c], frame.result(1), frame.state());
  normalize(input, frame.result(1), frame.operand(1), frame.operand(2), frame.result(0));
}

/// weight invstd (dy - (dbias + xhat dweight) / (N H W))
static void backwardInput(const Tensor& input, const Tensor& dy, const Tensor& stat, const Tensor& weight,
                          const Tensor& dweight, const Tensor& dbias, Tensor& dx) {
  Planes planes(input);
  double count = planes.images * planes.pixels;
  forEachElement(planes, [&](int64_t i, int64_t, int64_t c) {
    double mean = stat.data[c], invstd = stat.data[planes.channels + c];
    double xhat = (input.data[i] - mean) * invstd;
    dx.data[i] = weight.data[c] * invstd * (dy.data[i] - (dbias.data[c] + xhat * dweight.data[c]) / count);
  });
}

void BatchNormBackwardOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &dy = frame.operand(1), &stat = frame.operand(2),
               &weight = frame.operand(3);
  Tensor &dx = frame.result(0), &dweight = frame.result(1), &dbias = frame.result(2);
  Planes planes(input);
  forEachElement(planes, [&](int64_t i, int64_t, int64_t c) {
    double xhat = (input.data[i] - stat.data[c]) * stat.data[planes.channels + c];
    dweight.data[c] += dy.data[i] * xhat;
    dbias.data[c] += dy.data[i];
  });
  backwardInput(input, dy, stat, weight, dweight, dbias, dx);
}

//===-- The parts --------------------------------------------------------------------------------===//

void BatchNormStatisticsOp::evaluate(Frame& frame) {
  const Tensor& input = frame.operand(0);
  Planes planes(input), partials(frame.result()); // [N, 2, C]
  std::vector<double>& data = frame.result().data;
  forEachElement(planes, [&](int64_t i, int64_t n, int64_t c) {
    data[partials.at(n, 0, c)] += input.data[i] / planes.pixels;
  });
  forEachElement(planes, [&](int64_t i, int64_t n, int64_t c) {
    double difference = input.data[i] - data[partials.at(n, 0, c)];
    data[partials.at(n, 1, c)] += difference * difference;
  });
}

void BatchNormCombineOp::evaluate(Frame& frame) {
  const Tensor& partials = frame.operand(0);
  Planes planes(partials); // [N, 2, C]
  double pixels = getCountPerImage();
  for (int64_t c = 0; c < planes.pixels; ++c) {
    Moments sum = {0, 0, 0};
    for (int64_t n = 0; n < planes.images; ++n) {
      double mean = partials.data[planes.at(n, 0, c)], squares = partials.data[planes.at(n, 1, c)];
      double count = sum.count + pixels, difference = mean - sum.mean;
      sum.mean += difference * pixels / count;
      sum.squares += squares + difference * difference * sum.count * pixels / count;
      sum.count = count;
    }
    finishStatistics(*this, c, sum, frame.result(), frame.state());
  }
}

void BatchNormNormalizeOp::evaluate(Frame& frame) {
  normalize(frame.operand(0), frame.operand(1), frame.operand(2), frame.operand(3), frame.result());
}

void BatchNormBackwardStatisticsOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &dy = frame.operand(1), &stat = frame.operand(2);
  Planes planes(input), partials(frame.result()); // [N, 2, C]
  forEachElement(planes, [&](int64_t i, int64_t n, int64_t c) {
    double xhat = (input.data[i] - stat.data[c]) * stat.data[planes.channels + c];
    frame.result().data[partials.at(n, 0, c)] += dy.data[i];
    frame.result().data[partials.at(n, 1, c)] += dy.data[i] * xhat;
  });
}

void BatchNormBackwardCombineOp::evaluate(Frame& frame) {
  const Tensor& partials = frame.operand(0);
  Planes planes(partials); // [N, 2, C]
  for (int64_t n = 0; n < planes.images; ++n)
    for (int64_t c = 0; c < planes.pixels; ++c) {
      frame.result(0).data[c] += partials.data[planes.at(n, 1, c)];
      frame.result(1).data[c] += partials.data[planes.at(n, 0, c)];
    }
}

void BatchNormBackwardInputOp::evaluate(Frame& frame) {
  backwardInput(frame.operand(0), frame.operand(1), frame.operand(2), frame.operand(3), frame.operand(4),
                frame.operand(5), frame.result());
}

//===-- Layer norm -------------------------------------------------------------------------------===//

/// The mean over the channels of a pixel.
template <typename Term> static double channelMean(const Planes& planes, int64_t n, int64_t p, Term term) {
  double sum = 0;
  for (int64_t c = 0; c < planes.channels; ++c) sum += term(planes.at(n, c, p), c);
  return sum / planes.channels;
}

/// A pixel's mean and 1 / sqrt(biased variance + eps).
static std::pair<double, double> pixelStatistics(const Tensor& input, const Planes& planes, int64_t n,
                                                 int64_t p, double eps) {
  double mean = channelMean(planes, n, p, [&](int64_t i, int64_t) { return input.data[i]; });
  double variance = channelMean(
      planes, n, p, [&](int64_t i, int64_t) { return (input.data[i] - mean) * (input.data[i] - mean); });
  return {mean, 1 / std::sqrt(variance + eps)};
}

void LayerNormOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &weight = frame.operand(1), &bias = frame.operand(2);
  Planes planes(input);
  for (int64_t n = 0; n < planes.images; ++n)
    for (int64_t p = 0; p < planes.pixels; ++p) {
      auto [mean, invstd] = pixelStatistics(input, planes, n, p, getEps().convertToDouble());
      for (int64_t c = 0; c < planes.channels; ++c) {
        int64_t i = planes.at(n, c, p);
        frame.result().data[i] = (input.data[i] - mean) * invstd * weight.data[c] + bias.data[c];
      }
    }
}

void LayerNormStatisticsOp::evaluate(Frame& frame) {
  const Tensor& input = frame.operand(0);
  Planes planes(input), stat(frame.result()); // [N, 2, H, W]
  for (int64_t n = 0; n < planes.images; ++n)
    for (int64_t p = 0; p < planes.pixels; ++p)
      std::tie(frame.result().data[stat.at(n, 0, p)], frame.result().data[stat.at(n, 1, p)]) =
          pixelStatistics(input, planes, n, p, getEps().convertToDouble());
}

void LayerNormBackwardInputOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &dy = frame.operand(1), &stat = frame.operand(2),
               &weight = frame.operand(3);
  Planes planes(input), pairs(stat); // [N, 2, H, W]
  for (int64_t n = 0; n < planes.images; ++n)
    for (int64_t p = 0; p < planes.pixels; ++p) {
      double mean = stat.data[pairs.at(n, 0, p)], invstd = stat.data[pairs.at(n, 1, p)];
      auto g = [&](int64_t i, int64_t c) { return dy.data[i] * weight.data[c]; };
      auto xhat = [&](int64_t i) { return (input.data[i] - mean) * invstd; };
      double meanOfG = channelMean(planes, n, p, g);
      double slope = channelMean(planes, n, p, [&](int64_t i, int64_t c) { return g(i, c) * xhat(i); });
      for (int64_t c = 0; c < planes.channels; ++c) {
        int64_t i = planes.at(n, c, p);
        frame.result().data[i] = invstd * (g(i, c) - meanOfG - xhat(i) * slope);
      }
    }
}

void LayerNormBackwardWeightOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &dy = frame.operand(1), &stat = frame.operand(2);
  Planes planes(input), pairs(stat); // [N, 2, H, W]
  for (int64_t n = 0; n < planes.images; ++n)
    for (int64_t c = 0; c < planes.channels; ++c)
      for (int64_t p = 0; p < planes.pixels; ++p) {
        int64_t i = planes.at(n, c, p);
        double xhat = (input.data[i] - stat.data[pairs.at(n, 0, p)]) * stat.data[pairs.at(n, 1, p)];
        frame.result().data[c] += dy.data[i] * xhat;
      }
}

} // namespace cnn
