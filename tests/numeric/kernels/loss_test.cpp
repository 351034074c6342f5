//===- loss_test.cpp - Softmax, losses, metrics and means over the batch -----------------------------===//

#include "runner.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn;
using namespace cnn::test;
using kernel::Element;
using kernel::ScalarType;

namespace {

Kernel kernelOf(std::vector<Tensor> inputs, Op op, Tensor output, std::vector<kernel::Scalar> scalars = {}) {
  Kernel k;
  k.target = currentTarget();
  k.inputs = std::move(inputs);
  k.scalars = std::move(scalars);
  k.results = {static_cast<int>(k.inputs.size())};
  k.ops = {std::move(op)};
  k.outputs = {std::move(output)};
  return k;
}

struct Case {
  int64_t channels, height, width;
};
const Case cases[] = {{10, 1, 1}, {3, 2, 5}, {1, 1, 1}, {1000, 1, 1}};

} // namespace

TEST_CASE("Softmax and log softmax over channels, and their gradients") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [channels, height, width] : cases) {
      int64_t images = 18, pixels = height * width;
      std::vector<int64_t> shape{channels, height, width};
      Array x = randomArray({images, channels, height, width}, 1), dy = randomArray(x.shape, 2);
      for (double& value : x.values) value = static_cast<float>(value * 5);
      Array y = x, logY = x, dx = x, logDx = x;
      for (int64_t n = 0; n < images; ++n) {
        for (int64_t p = 0; p < pixels; ++p) {
          auto at = [&, channels = channels](int64_t c) { return (n * channels + c) * pixels + p; };
          double sum = 0, dot = 0, total = 0;
          for (int64_t c = 0; c < channels; ++c) sum += std::exp(x.values[at(c)]);
          for (int64_t c = 0; c < channels; ++c) {
            y.values[at(c)] = std::exp(x.values[at(c)]) / sum;
            logY.values[at(c)] = x.values[at(c)] - std::log(sum);
            dot += dy.values[at(c)] * y.values[at(c)], total += dy.values[at(c)];
          }
          for (int64_t c = 0; c < channels; ++c) {
            dx.values[at(c)] = y.values[at(c)] * (dy.values[at(c)] - dot);
            logDx.values[at(c)] = dy.values[at(c)] - y.values[at(c)] * total;
          }
        }
      }
      Tensor t = batchLanes(channels, height, width);
      double bound = 5e-6; // up to a thousand terms are added in single precision
      requireClose(run(kernelOf({t}, {"softmax", {0}, shape}, t), {x}, images)[0], y, bound);
      if (channels == 1) continue; // the others are zero but for rounding
      requireClose(run(kernelOf({t}, {"log_softmax", {0}, shape}, t), {x}, images)[0], logY, bound);
      requireClose(run(kernelOf({t, t}, {"softmax_backward", {0, 1}, shape}, t), {dy, y}, images)[0], dx,
                   5e-6);
      requireClose(run(kernelOf({t, t}, {"log_softmax_backward", {0, 1}, shape}, t), {dy, logY}, images)[0],
                   logDx, 5e-6);
    }
  }
}

TEST_CASE("Cross entropy with and without label smoothing, its gradient, and accuracy") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [channels, height, width] : cases) {
      for (double smoothing : {0.0, 0.1}) {
        int64_t images = 18, pixels = height * width;
        Array x = randomArray({images, channels, height, width}, 1), labels({images, 1, height, width});
        for (double& value : x.values) value = std::round(value * 8) / 4; // ties
        for (int64_t i = 0; i < labels.size(); ++i) labels.values[i] = double((i * 7 + 3) % channels);
        Array dy = randomArray({images, 1, 1, 1}, 2), loss({images, 1, 1, 1}), right = loss, dx(x.shape);
        for (int64_t n = 0; n < images; ++n) {
          for (int64_t p = 0; p < pixels; ++p) {
            auto at = [&, channels = channels](int64_t c) { return (n * channels + c) * pixels + p; };
            int64_t label = int64_t(labels.values[n * pixels + p]), best = 0;
            double sum = 0;
            for (int64_t c = 0; c < channels; ++c) {
              sum += std::exp(x.values[at(c)]);
              if (x.values[at(c)] > x.values[at(best)]) best = c;
            }
            right.values[n] += double(best == label) / double(pixels);
            for (int64_t c = 0; c < channels; ++c) {
              double q = (c == label) * (1 - smoothing) + smoothing / double(channels);
              loss.values[n] -= q * (x.values[at(c)] - std::log(sum)) / double(pixels);
              dx.values[at(c)] = dy.values[n] * (std::exp(x.values[at(c)]) / sum - q) / double(pixels);
            }
          }
        }
        Tensor t = batchLanes(channels, height, width), one = batchLanes(1, 1, 1);
        Tensor label = batchLanes(1, height, width, 0, Element::i32);
        Op forward{"cross_entropy", {0, 1}, {1, 1, 1}},
            backward{"cross_entropy_backward", {0, 1, 2}, {channels, height, width}};
        forward.floats["label_smoothing"] = backward.floats["label_smoothing"] = smoothing;
        if (channels > 1) {
          requireClose(run(kernelOf({t, label}, forward, one), {x, labels}, images)[0], loss);
          requireClose(run(kernelOf({t, label, one}, backward, t), {x, labels, dy}, images)[0], dx, 5e-6);
        }
        requireClose(run(kernelOf({t, label}, {"accuracy", {0, 1}, {1, 1, 1}}, one), {x, labels}, images)[0],
                     right);
      }
    }
  }
}

TEST_CASE("A label outside the classes reads nothing outside the logits") {
  Tensor t = batchLanes(3, 1, 1), one = batchLanes(1, 1, 1), label = batchLanes(1, 1, 1, 0, Element::i32);
  Op op{"cross_entropy", {0, 1}, {1, 1, 1}};
  Array labels({2, 1, 1, 1});
  labels.values = {2147483647, -2147483648.0};
  REQUIRE_NOTHROW(run(kernelOf({t, label}, op, one), {randomArray({2, 3, 1, 1}, 1), labels}, 2));
}

TEST_CASE("Mean squared error and its gradient") {
  Array x = randomArray({21, 4, 3, 2}, 1), target = randomArray(x.shape, 2),
        dy = randomArray({21, 1, 1, 1}, 3);
  Array loss({21, 1, 1, 1}), dx(x.shape);
  for (int64_t i = 0; i < x.size(); ++i) {
    loss.values[i / 24] += std::pow(x.values[i] - target.values[i], 2) / 24;
    dx.values[i] = 2 * dy.values[i / 24] * (x.values[i] - target.values[i]) / 24;
  }
  Tensor t = batchLanes(4, 3, 2), one = batchLanes(1, 1, 1);
  requireClose(run(kernelOf({t, t}, {"mse", {0, 1}, {1, 1, 1}}, one), {x, target}, 21)[0], loss);
  requireClose(run(kernelOf({t, t, one}, {"mse_backward", {0, 1, 2}, {4, 3, 2}}, t), {x, target, dy}, 21)[0],
               dx);
}

TEST_CASE("Binary cross entropy of logits and its gradient, also where sigmoid is 0 or 1") {
  Array x = randomArray({21, 4, 3, 2}, 1), target = randomArray(x.shape, 2),
        dy = randomArray({21, 1, 1, 1}, 3);
  for (int64_t i = 0; i < x.size(); ++i) {
    x.values[i] = static_cast<float>(x.values[i] * (i % 3 == 0 ? 60 : 3));
    target.values[i] = i % 2; // else losses are differences, and near 0 without an error of their own size
  }
  x.values[0] = -100, x.values[1] = 1000, x.values[2] = -30;
  Array loss({21, 1, 1, 1}), dx(x.shape);
  for (int64_t i = 0; i < x.size(); ++i) {
    double logit = x.values[i], t = target.values[i];
    loss.values[i / 24] += (std::max(logit, 0.0) - logit * t + std::log1p(std::exp(-std::abs(logit)))) / 24;
    dx.values[i] = dy.values[i / 24] * (1 / (1 + std::exp(-logit)) - t) / 24;
  }
  Tensor t = batchLanes(4, 3, 2), one = batchLanes(1, 1, 1);
  requireClose(run(kernelOf({t, t}, {"bce_with_logits", {0, 1}, {1, 1, 1}}, one), {x, target}, 21)[0], loss);
  Op backward{"bce_with_logits_backward", {0, 1, 2}, {4, 3, 2}};
  requireClose(run(kernelOf({t, t, one}, backward, t), {x, target, dy}, 21)[0], dx);
}

TEST_CASE("A certain answer has a loss of its own small size") {
  Array x({1, 1, 1, 1}), target({1, 1, 1, 1});
  x.values = {-30};
  Tensor one = batchLanes(1, 1, 1);
  Array loss = run(kernelOf({one, one}, {"bce_with_logits", {0, 1}, {1, 1, 1}}, one), {x, target}, 1)[0];
  REQUIRE(loss.values[0] == Approx(std::exp(-30.0)).epsilon(1e-5));
}

TEST_CASE("A mean over the batch is a sum in lanes, then over blocks") {
  int lanes = batchLanes(1, 1, 1).lanes;
  int64_t images = 2 * lanes + 3;
  Array x = randomArray({images, 1, 1, 1}, 1), mean({1, 1});
  for (double value : x.values) mean.values[0] += value / double(images);
  Array sums =
      run(kernelOf({batchLanes(1, 1, 1)}, {"lane_sum", {0}, {1}}, plain({1}), {{"images"}}), {x}, images)[0];
  REQUIRE(sums.size() == 3);
  Loaded loaded(kernelOf({plain({1})}, {"block_mean", {0}, {1}}, plain({1}),
                         {{"blocks"}, {"inverse_batch", ScalarType::f32}}));
  Buffer in = pack(plain({1}), sums), out(4);
  loaded.call({in.data()}, {{"blocks", 3}, {"inverse_batch", 1 / double(images)}}, {out.data()});
  REQUIRE(out.floats()[0] == Approx(mean.values[0]).epsilon(1e-5));

  // Backward, in front of a loss's gradient: a constant over the number of images, zero past the last.
  Kernel k;
  k.target = currentTarget();
  k.scalars = {{"images"}, {"inverse_batch", ScalarType::f32}};
  Op splat{"splat", {}, {1}};
  splat.floats["value"] = 1;
  k.ops = {splat, {"batch_mean_backward", {0}, {1, 1, 1}}};
  k.results = {1};
  k.outputs = {batchLanes(1, 1, 1)};
  Loaded backward(k);
  Buffer lanesOut(4 * lanes);
  backward.call({}, {{"images", 3}, {"inverse_batch", 0.25}}, {lanesOut.data()});
  for (int i = 0; i < lanes; ++i) REQUIRE(lanesOut.floats()[i] == (i < 3 ? 0.25f : 0.0f));
}

TEST_CASE("channel_sum adds blocks, images and pixels") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [channels, height, width] : {Case{5, 7, 7}, {16, 1, 1}, {3, 4, 6}}) {
      int64_t images = 2 * kernel::vectorLanes(target) + 1;
      Array dy = randomArray({images, channels, height, width}, 1), sum({1, channels});
      for (int64_t i = 0; i < dy.size(); ++i) sum.values[i / (height * width) % channels] += dy.values[i];
      Kernel k = kernelOf({batchLanes(channels, height, width, 1)}, {"channel_sum", {0}, {channels}},
                          plain({channels}), {{"blocks"}});
      k.range = kernel::Range::channel;
      requireClose(run(k, {dy}, images)[0], sum);
    }
  }
}
