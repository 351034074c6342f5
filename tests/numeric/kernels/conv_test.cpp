//===- conv_test.cpp - Convolution and linear layers over batch lanes --------------------------------===//

#include "conv_reference.h"

#include <catch2/catch.hpp>

using namespace cnn;
using namespace cnn::test;

TEST_CASE("A convolution over batch lanes is the sum over taps and channels") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const ConvShape& s : convShapes) {
      Kernel k;
      k.target = target;
      k.inputs = {batchLanes(s.channels, s.height, s.width, s.halo),
                  plain({s.out, s.channels / s.groups, s.kernelY, s.kernelX}), plain({s.out})};
      Op conv{"conv", {0, 1, 2}, {s.out, s.outHeight(), s.outWidth()}, s.ints()};
      Op relu{"relu", {3}, conv.shape};
      k.ops = {conv, relu};
      k.results = {4};
      k.outputs = {batchLanes(s.out, s.outHeight(), s.outWidth(), 1)};
      k.range = kernel::Range::channel;
      k.schedule = chooseSchedule(k);
      k.rangeGranule = k.schedule.tiles.at("channels");
      int64_t images = 1 + 2 * k.inputs[0].lanes;
      Array x = randomArray({images, s.channels, s.height, s.width}, 1);
      Array w = randomArray(k.inputs[1].shape, 2), bias = randomArray({s.out}, 3);
      Array expected = referenceConv(s, x, w, bias);
      for (double& value : expected.values) value = std::max(value, 0.0);
      for (int64_t order : {0, 1}) { // the second is for rows that exceed the cache
        k.schedule.tiles["order"] = order;
        requireClose(run(k, {x, w, bias}, images)[0], expected);
      }
    }
  }
}

TEST_CASE("A linear layer reads features in the order C, H, W") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [channels, size, out] : {std::array<int64_t, 3>{16, 5, 120}, {84, 1, 10}, {3, 2, 1}}) {
      Kernel k;
      k.target = target;
      k.inputs = {batchLanes(channels, size, size), plain({out, channels * size * size}), plain({out})};
      k.ops = {{"linear", {0, 1, 2}, {out, 1, 1}, {}, {}}};
      k.results = {3};
      k.outputs = {batchLanes(out, 1, 1)};
      Array x = randomArray({19, channels, size, size}, 1), w = randomArray(k.inputs[1].shape, 2);
      Array bias = randomArray({out}, 3);
      ConvShape s{channels * size * size, 1, 1, out, 1, 1};
      Array flatX = x, flatW = w;
      flatX.shape = {19, s.channels, 1, 1}, flatW.shape = {out, s.channels, 1, 1};
      requireClose(run(k, {x, w, bias}, 19)[0], referenceConv(s, flatX, flatW, bias));
    }
  }
}
