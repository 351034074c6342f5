//===- channel_conv_test.cpp - Convolutions of one image: planned, packed and computed ---------------===//

#include "runner.h"

#include "schedules/inference_plan.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn;
using namespace cnn::test;
using kernel::ConvShape;
using kernel::InferencePlan;
using kernel::RawParameters;

namespace {

struct Layer {
  ConvShape shape;
  bool plainInput = false;
  int halo = 0;
  bool batchNorm = false;
  bool residual = false;
  std::string activation = "relu";
};

ConvShape conv(int64_t channels, int64_t height, int64_t width, int64_t out, int64_t size, int64_t stride = 1,
               int64_t padding = 0, int64_t groups = 1, int64_t dilation = 1) {
  return {channels,
          height,
          width,
          out,
          size,
          size,
          {stride, stride},
          {padding, padding, padding, padding},
          {dilation, dilation},
          groups};
}

/// The layer's raw parameters as a network has them: w, b or gamma, beta, mean, variance.
std::vector<Array> rawParameters(const Layer& layer, unsigned seed) {
  const ConvShape& s = layer.shape;
  std::vector<Array> raw{randomArray({s.outChannels, s.channels / s.groups, s.kernelY, s.kernelX}, seed)};
  raw.push_back(randomArray({s.outChannels}, seed + 1));
  if (layer.batchNorm) {
    for (unsigned i = 2; i < 5; ++i) raw.push_back(randomArray({s.outChannels}, seed + i));
    for (double& variance : raw.back().values) variance = std::abs(variance) + 0.5;
  }
  return raw;
}

double activated(const std::string& name, double value) {
  if (name == "relu") return std::max(value, 0.0);
  if (name == "relu6") return std::min(std::max(value, 0.0), 6.0);
  return value;
}

Array reference(const Layer& layer, const Array& x, const std::vector<Array>& raw, const Array& residual) {
  const ConvShape& s = layer.shape;
  Array y({1, s.outChannels, s.outHeight(), s.outWidth()});
  int64_t outGroup = s.outChannels / s.groups, inGroup = s.channels / s.groups;
  for (int64_t o = 0; o < s.outChannels; ++o) {
    for (int64_t oy = 0; oy < s.outHeight(); ++oy) {
      for (int64_t ox = 0; ox < s.outWidth(); ++ox) {
        double sum = 0;
        for (int64_t i = 0; i < inGroup; ++i) {
          for (int64_t ky = 0; ky < s.kernelY; ++ky) {
            for (int64_t kx = 0; kx < s.kernelX; ++kx) {
              int64_t iy = oy * s.stride[0] + ky * s.dilation[0] - s.padding[0];
              int64_t ix = ox * s.stride[1] + kx * s.dilation[1] - s.padding[1];
              if (iy < 0 || iy >= s.height || ix < 0 || ix >= s.width) continue;
              sum += x(0, o / outGroup * inGroup + i, iy, ix) * raw[0](o, i, ky, kx);
            }
          }
        }
        if (layer.batchNorm) {
          auto at = [&](int which) { return raw[which].values[o]; };
          sum = (sum - at(3)) / std::sqrt(at(4) + 1e-5) * at(1) + at(2);
        } else {
          sum += raw[1].values[o];
        }
        if (layer.residual) sum += residual(0, o, oy, ox);
        y(0, o, oy, ox) = activated(layer.activation, sum);
      }
    }
  }
  return y;
}

/// Packed weights and bias, as arrays of one part.
std::vector<Array> packed(const InferencePlan& plan, const Layer& layer, const std::vector<Array>& raw) {
  RawParameters parameters{raw[0].shape, !layer.batchNorm, layer.batchNorm, 1e-5};
  std::vector<Array> result = run(packKernel(plan, parameters, currentTarget()), raw, 1);
  REQUIRE(result.size() == 2);
  return result;
}

Kernel computeKernel(const InferencePlan& plan, const Layer& layer) {
  const ConvShape& s = layer.shape;
  std::vector<int64_t> outShape{s.outChannels, s.outHeight(), s.outWidth()};
  bool plainOutput = plan.outputLayout == Layout::plain;
  Kernel k;
  k.target = currentTarget();
  k.inputs = {layer.plainInput ? plain({s.channels, s.height, s.width})
                               : channelLanes(s.channels, s.height, s.width, layer.halo),
              plain(plan.packedWeights), plain(plan.packedBias)};
  if (layer.residual) k.inputs.push_back(channelLanes(outShape[0], outShape[1], outShape[2], 1));
  int value = appendCompute(k, plan, 0, 1, 2, outShape);
  if (layer.residual) k.ops.push_back({"add", {value, 3}, outShape}), ++value;
  if (!layer.activation.empty()) k.ops.push_back({layer.activation, {value}, outShape}), ++value;
  k.results = {value};
  k.outputs = {plainOutput ? plain(outShape) : channelLanes(outShape[0], outShape[1], outShape[2], 1)};
  k.range = plan.range;
  k.rangeGranule = plan.rangeGranule;
  return k;
}

/// Plans, packs, computes and compares; returns the plan.
InferencePlan check(const Layer& layer, double bound = 1e-6, bool exact = false) {
  const ConvShape& s = layer.shape;
  InferencePlan plan = planConv(s, {currentTarget(), exact});
  std::vector<Array> raw = rawParameters(layer, 7);
  std::vector<Array> parameters = packed(plan, layer, raw);
  Array x = randomArray({1, s.channels, s.height, s.width}, 3);
  Array residual = randomArray({1, s.outChannels, s.outHeight(), s.outWidth()}, 4);
  Kernel k = computeKernel(plan, layer);
  INFO(print(k));
  std::vector<Array> inputs{x, parameters[0], parameters[1]};
  if (layer.residual) inputs.push_back(residual);
  Array expected = reference(layer, x, raw, residual);
  requireClose(run(k, inputs, 1)[0], expected, bound);
  k.range = kernel::Range::none;
  k.checked = true;
  requireClose(run(k, inputs, 1)[0], expected, bound);
  return plan;
}

} // namespace

TEST_CASE("A direct convolution of one image is the sum over taps and channels") {
  const Layer layers[] = {
      {conv(3, 12, 12, 16, 3, 1, 1), true},
      {conv(3, 23, 19, 24, 7, 2, 3), true, 0, true},
      {conv(20, 9, 9, 33, 3, 2, 1), false, 1},
      {conv(20, 9, 9, 33, 3, 2, 1), false, 0, true},
      {conv(6, 14, 14, 16, 5), true},
      {conv(32, 7, 7, 64, 1), false, 0, true, true, ""},
      {conv(40, 10, 10, 48, 1, 2), false, 2},
      {conv(5, 1, 1, 70, 1)},
      {conv(4, 3, 3, 20, 3, 1, 2, 1, 2), false, 0},
      {conv(64, 6, 6, 64, 3, 1, 1, 2), false, 1, true, false, "relu6"},
      {conv(12, 6, 6, 24, 3, 1, 1, 3), false, 0},
      {conv(2, 4, 30, 40, 3, 3), true},
      {conv(1, 8, 8, 20, 2), true},
  };
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Layer& layer : layers) CHECK(check(layer, 1e-6, true).compute == "conv_direct");
  }
}

TEST_CASE("A Winograd convolution of one image stays within 1e-5 of the direct one") {
  const Layer layers[] = {
      {conv(16, 32, 32, 16, 3, 1, 1), false, 1, true}, {conv(32, 16, 16, 32, 3, 1, 1), false, 0, true, true},
      {conv(64, 8, 8, 64, 3, 1, 1), false, 1},         {conv(40, 14, 14, 48, 3, 1, 1), false, 0, true, true},
      {conv(64, 7, 7, 64, 3, 1, 1), false, 1},         {conv(24, 9, 21, 17, 3), false, 0},
      {conv(256, 7, 7, 256, 3, 1, 1), false, 0},       {conv(20, 12, 12, 16, 3, 1, 1), true},
  };
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Layer& layer : layers) CHECK(check(layer, 1e-5).compute == "conv_winograd");
  }
}

TEST_CASE("A 5x5 convolution saves products along the columns") {
  const Layer layers[] = {
      {conv(6, 14, 14, 16, 5), true},
      {conv(3, 14, 19, 70, 5, 1, 2), true, 0, true},
      {conv(20, 11, 9, 33, 5, 1, 2), false, 2, true, true},
      {conv(64, 8, 8, 96, 5, 1, 2), false, 0},
      {conv(2, 9, 5, 9, 5, 1, 0), true},
  };
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Layer& layer : layers) CHECK(check(layer, 1e-5).compute == "conv_winograd_rows");
  }
}

TEST_CASE("A depthwise convolution of one image filters every channel by itself") {
  const Layer layers[] = {
      {conv(32, 14, 14, 32, 3, 1, 1, 32), false, 1, true, false, "relu6"},
      {conv(20, 15, 13, 20, 3, 2, 1, 20), false, 0, true},
      {conv(72, 7, 7, 72, 5, 1, 2, 72), false, 2},
      {conv(16, 5, 5, 16, 7, 1, 3, 16), false, 0, false, true},
      {conv(20, 9, 9, 20, 3, 1, 1, 20), true},
  };
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Layer& layer : layers) CHECK(check(layer).compute == "conv_depthwise");
  }
}

TEST_CASE("A convolution with few output channels runs along the rows") {
  const Layer layers[] = {
      {conv(1, 28, 28, 6, 5, 1, 2), true},
      {conv(3, 17, 20, 2, 3, 1, 1), true, 0, true},
      {conv(20, 18, 33, 3, 3, 1, 1), false, 0},
      {conv(20, 18, 18, 1, 1), false, 0, false, false, ""},
  };
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Layer& layer : layers) CHECK(check(layer).compute == "conv_rows");
  }
}

TEST_CASE("A linear layer takes its input in any layout") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    struct Case {
      Tensor input;
      int64_t out;
      bool plainOutput;
    };
    const Case cases[] = {
        {channelLanes(16, 5, 5), 120, false}, {channelLanes(120, 1, 1), 84, false},
        {channelLanes(84, 1, 1), 10, true},   {channelLanes(20, 3, 2, 1), 50, false},
        {plain({7, 3, 2}), 33, false},        {plain({50, 1, 1}), 5, true},
        {plain({1, 1, 1}), 1, true},
    };
    for (const Case& c : cases) {
      InferencePlan plan = planLinear(c.input, c.out, {currentTarget()});
      int64_t features = c.input.shape[0] * c.input.shape[1] * c.input.shape[2];
      std::vector<Array> raw{randomArray({c.out, features}, 1), randomArray({c.out}, 2)};
      std::vector<Array> parameters = run(packKernel(plan, {raw[0].shape, true}, target), raw, 1);
      Array x = randomArray({1, c.input.shape[0], c.input.shape[1], c.input.shape[2]}, 3),
            expected({1, c.out, 1, 1});
      for (int64_t o = 0; o < c.out; ++o) {
        double sum = raw[1].values[o];
        for (int64_t f = 0; f < features; ++f) sum += raw[0].values[o * features + f] * x.values[f];
        expected.values[o] = sum;
      }
      Kernel k;
      k.target = target;
      k.inputs = {c.input, plain(plan.packedWeights), plain(plan.packedBias)};
      int value = appendCompute(k, plan, 0, 1, 2, {c.out, 1, 1});
      if (c.plainOutput) k.ops.push_back({"store", {value}, {c.out, 1, 1}}), ++value;
      k.results = {value};
      k.outputs = {c.plainOutput ? plain({c.out, 1, 1}) : channelLanes(c.out, 1, 1)};
      if (!c.plainOutput) k.range = plan.range, k.rangeGranule = plan.rangeGranule;
      INFO(print(k));
      requireClose(run(k, {x, parameters[0], parameters[1]}, 1)[0], expected);
    }
  }
}

TEST_CASE("Layouts convert without changing a value") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (int64_t channels : {3, 16, 21}) {
      Array x = randomArray({1, channels, 5, 9}, 1);
      Kernel k;
      k.target = target;
      k.inputs = {plain({channels, 5, 9})};
      k.ops = {{"load", {0}, {channels, 5, 9}}};
      k.results = {1};
      k.outputs = {channelLanes(channels, 5, 9, 2)};
      requireClose(run(k, {x}, 1)[0], x, 0);
      std::swap(k.inputs[0], k.outputs[0]);
      k.ops[0].name = "store";
      requireClose(run(k, {x}, 1)[0], x, 0);
      k.ops[0].shape = {channels * 45, 1, 1};
      k.outputs[0] = plain({channels * 45, 1, 1});
      requireClose(run(k, {x}, 1)[0], x, 0);
    }
  }
}
