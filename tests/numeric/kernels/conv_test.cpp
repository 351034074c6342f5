//===- conv_test.cpp - Convolution and linear layers over batch lanes
//-------------------------------------===//

#include "runner.h"

#include <catch2/catch.hpp>

using namespace cnn;
using namespace cnn::test;

namespace {

struct Shape {
  int64_t channels, height, width, out, kernelY, kernelX;
  int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
  int halo = 0;

  int64_t outHeight() const { return (height + 2 * padding - dilation * (kernelY - 1) - 1) / stride + 1; }
  int64_t outWidth() const { return (width + 2 * padding - dilation * (kernelX - 1) - 1) / stride + 1; }
  std::map<std::string, std::vector<int64_t>> ints() const {
    return {{"stride", {stride, stride}},
            {"padding", {padding, padding, padding, padding}},
            {"dilation", {dilation, dilation}},
            {"groups", {groups}}};
  }
};

Array referenceConv(const Shape& s, const Array& x, const Array& w, const Array& bias) {
  Array y({x.shape[0], s.out, s.outHeight(), s.outWidth()});
  int64_t outPerGroup = s.out / s.groups, inPerGroup = s.channels / s.groups;
  for (int64_t n = 0; n < x.shape[0]; ++n) {
    for (int64_t o = 0; o < s.out; ++o) {
      for (int64_t oy = 0; oy < s.outHeight(); ++oy) {
        for (int64_t ox = 0; ox < s.outWidth(); ++ox) {
          double sum = bias.values[o];
          for (int64_t i = 0; i < inPerGroup; ++i) {
            for (int64_t ky = 0; ky < s.kernelY; ++ky) {
              for (int64_t kx = 0; kx < s.kernelX; ++kx) {
                int64_t iy = oy * s.stride + ky * s.dilation - s.padding;
                int64_t ix = ox * s.stride + kx * s.dilation - s.padding;
                if (iy < 0 || iy >= s.height || ix < 0 || ix >= s.width) continue;
                sum += x(n, o / outPerGroup * inPerGroup + i, iy, ix) * w(o, i, ky, kx);
              }
            }
          }
          y(n, o, oy, ox) = sum;
        }
      }
    }
  }
  return y;
}

const Shape shapes[] = {
    {3, 8, 8, 8, 3, 3, 1, 1, 1, 1, 1},
    {1, 28, 28, 6, 5, 5, 1, 2, 1, 1, 2},
    {6, 14, 14, 16, 5, 5},
    {5, 7, 9, 7, 3, 3, 2, 1},
    {4, 1, 1, 3, 1, 1},
    {2, 5, 5, 3, 3, 3, 1, 4, 2},
    {6, 9, 9, 6, 3, 3, 1, 1, 1, 6, 1},
    {6, 8, 8, 9, 3, 3, 2, 1, 1, 3},
    {2, 10, 10, 4, 1, 1, 3},
    {3, 6, 1, 5, 5, 1, 1, 2},
    {17, 4, 4, 13, 1, 1},
};

} // namespace

TEST_CASE("A convolution over batch lanes is the sum over taps and channels") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Shape& s : shapes) {
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
      k.rangeGranule = chooseSchedule(k).tiles.at("channels");
      int64_t images = 1 + 2 * k.inputs[0].lanes;
      Array x = randomArray({images, s.channels, s.height, s.width}, 1);
      Array w = randomArray(k.inputs[1].shape, 2), bias = randomArray({s.out}, 3);
      Array expected = referenceConv(s, x, w, bias);
      for (double& value : expected.values) value = std::max(value, 0.0);
      requireClose(run(k, {x, w, bias}, images)[0], expected);
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
      Shape s{channels * size * size, 1, 1, out, 1, 1};
      Array flatX = x, flatW = w;
      flatX.shape = {19, s.channels, 1, 1}, flatW.shape = {out, s.channels, 1, 1};
      requireClose(run(k, {x, w, bias}, 19)[0], referenceConv(s, flatX, flatW, bias));
    }
  }
}
