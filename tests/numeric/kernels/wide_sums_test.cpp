//===- wide_sums_test.cpp - Sums in f64 are rounded once -----------------------------------------------===//

#include "conv_reference.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn;
using namespace cnn::test;

namespace {

/// Values of one sign: what is rounded off a growing sum in f32 then shows.
Array positiveArray(std::vector<int64_t> shape, unsigned seed) {
  Array array = randomArray(std::move(shape), seed);
  for (double& value : array.values) value = std::abs(value);
  return array;
}

double relativeError(const Array& actual, const Array& expected) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(actual.values[i] - expected.values[i], 2);
    size += std::pow(expected.values[i], 2);
  }
  return std::sqrt(difference / size);
}

/// Rounding to f32 once is off by 2^-24 at most, by a third of that or so in the mean.
constexpr double once = 4e-8;

void requireRounded(Kernel k, const std::vector<Array>& inputs, int64_t images, const Array& expected,
                    double bound) {
  k.exact = true;
  REQUIRE(relativeError(run(k, inputs, images)[0], expected) < bound);
  k.exact = false;
  REQUIRE(relativeError(run(k, inputs, images)[0], expected) > bound);
}

} // namespace

TEST_CASE("A convolution in an exact kernel is rounded once, as is its gradient by the input") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    ConvShape s{64, 9, 9, 64, 3, 3};
    Kernel k;
    k.target = target;
    k.inputs = {batchLanes(64, 9, 9), plain({64, 64, 3, 3})};
    k.ops = {{"conv", {0, 1}, {64, s.outHeight(), s.outWidth()}, s.ints()}};
    k.results = {2};
    k.outputs = {batchLanes(64, s.outHeight(), s.outWidth())};
    Array x = positiveArray({3, 64, 9, 9}, 1), w = positiveArray({64, 64, 3, 3}, 2);
    requireRounded(k, {x, w}, 3, referenceConv(s, x, w, Array({64})), once);

    Kernel gradient = k;
    gradient.inputs[0] = k.outputs[0], gradient.outputs[0] = k.inputs[0];
    gradient.ops = {{"conv_backward_input", {0, 1}, {64, 9, 9}, s.ints()}};
    Array dy = positiveArray({3, 64, s.outHeight(), s.outWidth()}, 3), dx({3, 64, 9, 9});
    for (int64_t n = 0; n < 3; ++n)
      for (int64_t o = 0; o < 64; ++o)
        for (int64_t y = 0; y < s.outHeight(); ++y)
          for (int64_t p = 0; p < s.outWidth(); ++p)
            for (int64_t c = 0; c < 64; ++c)
              for (int64_t tap = 0; tap < 9; ++tap)
                dx(n, c, y + tap / 3, p + tap % 3) += dy(n, o, y, p) * w(o, c, tap / 3, tap % 3);
    requireRounded(gradient, {dy, w}, 3, dx, once);
  }
}

TEST_CASE("Pooling over the whole picture in an exact kernel rounds its sum once, and the mean once more") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    Kernel k;
    k.target = target;
    k.inputs = {batchLanes(5, 60, 61)};
    k.ops = {{"global_avg_pool", {0}, {5, 1, 1}}};
    k.results = {1};
    k.outputs = {batchLanes(5, 1, 1)};
    Array x = positiveArray({3, 5, 60, 61}, 1), expected({3, 5, 1, 1});
    for (int64_t i = 0; i < x.size(); ++i) expected.values[i / (60 * 61)] += x.values[i] / (60 * 61);
    requireRounded(k, {x}, 3, expected, 2 * once);
  }
}
