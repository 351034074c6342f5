//===- layer_norm_test.cpp - Normalisation of each pixel over its channels ---------------------------===//

#include "runner.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn;
using namespace cnn::test;

namespace {

constexpr double eps = 1e-3;

Kernel kernelOf(std::vector<Tensor> inputs, Op op, Tensor output) {
  Kernel k;
  k.target = currentTarget();
  k.inputs = std::move(inputs);
  k.results = {static_cast<int>(k.inputs.size())};
  op.floats["eps"] = eps;
  k.ops = {std::move(op)};
  k.outputs = {std::move(output)};
  return k;
}

/// What the kernels compute, in double.
struct Expected {
  Array x, dy, weight, bias, y, stat, dx, dweight;

  Expected(int64_t images, int64_t channels, int64_t height, int64_t width)
      : x(randomArray({images, channels, height, width}, 1)), dy(randomArray(x.shape, 2)),
        weight(randomArray({channels}, 3)), bias(randomArray({channels}, 4)), y(x), dx(x),
        dweight({channels}) {
    for (double& value : x.values)
      value = static_cast<float>(value * 2 + 30); // far from zero: two passes matter
    stat = Array({images, 2, height, width});
    for (int64_t n = 0; n < images; ++n)
      for (int64_t row = 0; row < height; ++row)
        for (int64_t column = 0; column < width; ++column) pixel(n, channels, row, column);
  }

private:
  void pixel(int64_t n, int64_t channels, int64_t row, int64_t column) {
    double mean = 0, squares = 0, g = 0, product = 0;
    for (int64_t c = 0; c < channels; ++c) mean += x(n, c, row, column) / double(channels);
    for (int64_t c = 0; c < channels; ++c) squares += std::pow(x(n, c, row, column) - mean, 2);
    double invstd = 1 / std::sqrt(squares / double(channels) + eps);
    stat(n, 0, row, column) = mean, stat(n, 1, row, column) = invstd;
    auto xhat = [&](int64_t c) { return (x(n, c, row, column) - mean) * invstd; };
    auto slope = [&](int64_t c) { return dy(n, c, row, column) * weight.values[c]; };
    for (int64_t c = 0; c < channels; ++c) {
      g += slope(c) / double(channels), product += slope(c) * xhat(c) / double(channels);
      dweight.values[c] += dy(n, c, row, column) * xhat(c);
    }
    for (int64_t c = 0; c < channels; ++c) {
      y(n, c, row, column) = xhat(c) * weight.values[c] + bias.values[c];
      dx(n, c, row, column) = invstd * (slope(c) - g - xhat(c) * product);
    }
  }
};

struct Case {
  int64_t channels, height, width;
};
const Case cases[] = {{96, 4, 8}, {5, 3, 7}, {17, 2, 13}, {40, 1, 1}, {3, 5, 1}, {21, 1, 11}};

} // namespace

TEST_CASE("Layer norm of one image, channels side by side, leaves the pads out") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [channels, height, width] : cases) {
      Expected e(1, channels, height, width);
      std::vector<int64_t> shape{channels, height, width};
      Tensor vector = plain({channels}), in = channelLanes(channels, height, width, 1);
      Kernel k = kernelOf({in, vector, vector}, {"layer_norm", {0, 1, 2}, shape},
                          channelLanes(channels, height, width, 2));
      for (bool exact : {false, true}) {
        k.exact = exact;
        requireClose(run(k, {e.x, e.weight, e.bias}, 1)[0], e.y, 3e-6);
      }
      k.range = kernel::Range::row; // a part of the rows a call
      requireClose(run(k, {e.x, e.weight, e.bias}, 1)[0], e.y, 3e-6);
    }
  }
}

TEST_CASE("Layer norm of a batch and its gradients, images side by side") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [channels, height, width] : cases) {
      int64_t images = kernel::vectorLanes(target) + 3;
      Expected e(images, channels, height, width);
      std::vector<int64_t> shape{channels, height, width};
      Tensor vector = plain({channels}), t = batchLanes(channels, height, width, 1),
             pair = batchLanes(2, height, width);
      for (bool exact : {false, true}) {
        auto result = [&](std::vector<Tensor> inputs, const Op& op, const Tensor& output,
                          const std::vector<Array>& arrays) {
          Kernel k = kernelOf(std::move(inputs), op, output);
          k.exact = exact;
          return run(k, arrays, images)[0];
        };
        requireClose(
            result({t, vector, vector}, {"layer_norm", {0, 1, 2}, shape}, t, {e.x, e.weight, e.bias}), e.y,
            3e-6);
        requireClose(result({t}, {"layer_norm_statistics", {0}, {2, height, width}}, pair, {e.x}), e.stat,
                     3e-6);
        requireClose(result({t, t, pair, vector}, {"layer_norm_backward_input", {0, 1, 2, 3}, shape}, t,
                            {e.x, e.dy, e.stat, e.weight}),
                     e.dx, 1e-5);
      }
    }
  }
}

TEST_CASE("The gradient of layer norm's weight is summed over the batch, in parts of the channels") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [channels, height, width] : cases) {
      int lanes = kernel::vectorLanes(target);
      int64_t images = 2 * lanes + 3, blocks = 3;
      Expected e(images, channels, height, width);
      Tensor t = batchLanes(channels, height, width, 1), pair = batchLanes(2, height, width);
      Kernel k =
          kernelOf({t, t, pair}, {"layer_norm_backward_weight", {0, 1, 2}, {channels}}, plain({channels}));
      k.scalars = {{"blocks"}};
      k.range = kernel::Range::channel;
      Loaded loaded(k);
      Buffer x = pack(t, e.x), dy = pack(t, e.dy), stat = pack(pair, e.stat), result(4 * channels);
      int32_t half = int32_t(channels) / 2;
      for (auto [first, extent] : {std::pair<int32_t, int32_t>{0, half}, {half, int32_t(channels) - half}})
        loaded.call({x.data(), dy.data(), stat.data()}, {{"blocks", double(blocks)}}, {result.data()},
                    {first, extent});
      Array actual({channels});
      for (int64_t c = 0; c < channels; ++c) actual.values[c] = result.floats()[c];
      requireClose(actual, e.dweight, 1e-5);
    }
  }
}
