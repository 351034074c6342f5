//===- conv_backward_test.cpp - Gradients of convolution and linear layers over batch lanes ----------===//

#include "conv_reference.h"

#include <catch2/catch.hpp>

using namespace cnn;
using namespace cnn::test;

namespace {

/// Calls visit(n, o, oy, ox, channel of x, i, ky, kx, iy, ix) for every product of the convolution.
template <typename Visit> void forEachProduct(const ConvShape& s, int64_t images, Visit visit) {
  int64_t outPerGroup = s.out / s.groups, inPerGroup = s.channels / s.groups;
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t o = 0; o < s.out; ++o) {
      for (int64_t oy = 0; oy < s.outHeight(); ++oy) {
        for (int64_t ox = 0; ox < s.outWidth(); ++ox) {
          for (int64_t i = 0; i < inPerGroup; ++i) {
            for (int64_t ky = 0; ky < s.kernelY; ++ky) {
              for (int64_t kx = 0; kx < s.kernelX; ++kx) {
                int64_t iy = oy * s.stride + ky * s.dilation - s.padding;
                int64_t ix = ox * s.stride + kx * s.dilation - s.padding;
                if (iy < 0 || iy >= s.height || ix < 0 || ix >= s.width) continue;
                visit(n, o, oy, ox, o / outPerGroup * inPerGroup + i, i, ky, kx, iy, ix);
              }
            }
          }
        }
      }
    }
  }
}

} // namespace

TEST_CASE("conv_backward_input spreads dy over the pixels that each output read") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const ConvShape& s : convShapes) {
      for (int halo : {0, 2}) {
        Kernel k;
        k.target = target;
        k.inputs = {batchLanes(s.out, s.outHeight(), s.outWidth(), halo),
                    plain({s.out, s.channels / s.groups, s.kernelY, s.kernelX}),
                    batchLanes(s.channels, s.height, s.width)};
        k.ops = {{"conv_backward_input", {0, 1}, {s.channels, s.height, s.width}, s.ints()},
                 {"relu_backward", {3, 2}, {s.channels, s.height, s.width}}};
        k.results = {4};
        k.outputs = {batchLanes(s.channels, s.height, s.width, s.halo)};
        k.range = kernel::Range::channel;
        k.schedule = chooseSchedule(k);
        k.rangeGranule = k.schedule.tiles.at("channels");
        int64_t images = k.inputs[0].lanes + 3;
        Array dy = randomArray({images, s.out, s.outHeight(), s.outWidth()}, 1);
        Array w = randomArray(k.inputs[1].shape, 2);
        Array y = randomArray({images, s.channels, s.height, s.width}, 3);
        Array expected(y.shape);
        forEachProduct(s, images,
                       [&](auto n, auto o, auto oy, auto ox, auto c, auto i, auto ky, auto kx, auto iy,
                           auto ix) { expected(n, c, iy, ix) += dy(n, o, oy, ox) * w(o, i, ky, kx); });
        for (int64_t i = 0; i < expected.size(); ++i) {
          if (y.values[i] <= 0) expected.values[i] = 0;
        }
        for (int64_t order : {0, 1}) { // the second is for rows that exceed the cache
          k.schedule.tiles["order"] = order;
          requireClose(run(k, {dy, w, y}, images)[0], expected);
        }
      }
    }
  }
}

TEST_CASE("conv_transpose is the same map, from a bias on") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const ConvShape& s : convShapes) {
      Kernel k;
      k.target = target;
      k.inputs = {batchLanes(s.out, s.outHeight(), s.outWidth(), 2),
                  plain({s.out, s.channels / s.groups, s.kernelY, s.kernelX}), plain({s.channels})};
      k.ops = {{"conv_transpose", {0, 1, 2}, {s.channels, s.height, s.width}, s.ints()},
               {"relu", {3}, {s.channels, s.height, s.width}}};
      k.results = {4};
      k.outputs = {batchLanes(s.channels, s.height, s.width, s.halo)};
      int64_t images = k.inputs[0].lanes + 3;
      Array x = randomArray({images, s.out, s.outHeight(), s.outWidth()}, 1);
      Array w = randomArray(k.inputs[1].shape, 2), bias = randomArray({s.channels}, 3);
      Array expected({images, s.channels, s.height, s.width});
      for (int64_t i = 0; i < expected.size(); ++i)
        expected.values[i] = bias.values[i / (s.height * s.width) % s.channels];
      forEachProduct(s, images,
                     [&](auto n, auto o, auto oy, auto ox, auto c, auto i, auto ky, auto kx, auto iy,
                         auto ix) { expected(n, c, iy, ix) += x(n, o, oy, ox) * w(o, i, ky, kx); });
      for (double& value : expected.values) value = std::max(value, 0.0);
      requireClose(run(k, {x, w, bias}, images)[0], expected);
    }
  }
}

TEST_CASE("conv_backward_weight sums over blocks, images and pixels") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const ConvShape& s : convShapes) {
      Kernel k;
      k.target = target;
      std::vector<int64_t> weights{s.out, s.channels / s.groups, s.kernelY, s.kernelX};
      k.inputs = {batchLanes(s.channels, s.height, s.width, s.halo),
                  batchLanes(s.out, s.outHeight(), s.outWidth(), 1)};
      k.scalars = {{"blocks"}};
      k.ops = {{"conv_backward_weight", {0, 1}, weights, s.ints()}};
      k.results = {2};
      k.outputs = {plain(weights)};
      k.range = kernel::Range::channel;
      k.rangeGranule = chooseSchedule(k).tiles.at("channels");
      int64_t images = 2 * k.inputs[0].lanes + 3; // the last block is not full: dy is zero there
      Array x = randomArray({images, s.channels, s.height, s.width}, 1);
      Array dy = randomArray({images, s.out, s.outHeight(), s.outWidth()}, 2);
      std::vector<int64_t> one = weights;
      one.insert(one.begin(), 1);
      Array expected(one), flat(weights);
      forEachProduct(s, images,
                     [&](auto n, auto o, auto oy, auto ox, auto c, auto i, auto ky, auto kx, auto iy,
                         auto ix) { flat(o, i, ky, kx) += dy(n, o, oy, ox) * x(n, c, iy, ix); });
      expected.values = flat.values;
      requireClose(run(k, {x, dy}, images)[0], expected);
    }
  }
}

TEST_CASE("Gradients of a linear layer") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [channels, size, out] :
         {std::array<int64_t, 3>{16, 5, 120}, {84, 1, 10}, {3, 2, 1}, {300, 1, 37}}) {
      int64_t features = channels * size * size, images = 35;
      Array x = randomArray({images, channels, size, size}, 1), w = randomArray({out, features}, 2);
      Array dy = randomArray({images, out, 1, 1}, 3);
      Array dx(x.shape), dw({1, out, features});
      for (int64_t n = 0; n < images; ++n) {
        for (int64_t o = 0; o < out; ++o) {
          for (int64_t f = 0; f < features; ++f) {
            dx.values[n * features + f] += dy.values[n * out + o] * w.values[o * features + f];
            dw.values[o * features + f] += dy.values[n * out + o] * x.values[n * features + f];
          }
        }
      }
      Kernel k;
      k.target = target;
      k.inputs = {batchLanes(out, 1, 1), plain({out, features})};
      k.ops = {{"linear_backward_input", {0, 1}, {channels, size, size}}};
      k.results = {2};
      k.outputs = {batchLanes(channels, size, size)};
      k.range = kernel::Range::channel;
      k.rangeGranule = chooseSchedule(k).tiles.at("channels");
      requireClose(run(k, {dy, w}, images)[0], dx);

      k = {};
      k.target = target;
      k.inputs = {batchLanes(channels, size, size), batchLanes(out, 1, 1)};
      k.scalars = {{"blocks"}};
      k.ops = {{"linear_backward_weight", {0, 1}, {out, features}}};
      k.results = {2};
      k.outputs = {plain({out, features})};
      k.range = kernel::Range::channel;
      k.rangeGranule = chooseSchedule(k).tiles.at("channels");
      requireClose(run(k, {x, dy}, images)[0], dw);
    }
  }
}
