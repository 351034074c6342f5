//===- channel_transpose_test.cpp - Transposed convolutions of one image: planned, packed, computed --===//

#include "runner.h"

#include "schedules/inference_plan.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn;
using namespace cnn::test;
using kernel::ConvShape;
using kernel::InferencePlan;

namespace {

struct Layer {
  ConvShape shape;
  int64_t outputPadding = 0;
  bool plainInput = false, batchNorm = false;
  int halo = 0;

  int64_t extent(int64_t in, int64_t kernel, int axis) const {
    return (in - 1) * shape.stride[axis] - shape.padding[axis] - shape.padding[axis + 2] +
           shape.dilation[axis] * (kernel - 1) + outputPadding + 1;
  }
  int64_t height() const { return extent(shape.height, shape.kernelY, 0); }
  int64_t width() const { return extent(shape.width, shape.kernelX, 1); }
};

ConvShape transposed(int64_t channels, int64_t size, int64_t out, int64_t kernel, int64_t stride,
                     int64_t padding = 0, int64_t groups = 1, int64_t dilation = 1) {
  return {channels,
          size,
          size + 1,
          out,
          kernel,
          kernel,
          {stride, stride},
          {padding, padding, padding, padding},
          {dilation, dilation},
          groups};
}

/// w [I, O / groups, kh, kw], then b, or gamma, beta, mean, variance.
std::vector<Array> rawParameters(const Layer& layer) {
  const ConvShape& s = layer.shape;
  std::vector<Array> raw{randomArray({s.channels, s.outChannels / s.groups, s.kernelY, s.kernelX}, 7)};
  for (unsigned i = 0; i < (layer.batchNorm ? 4 : 1); ++i) raw.push_back(randomArray({s.outChannels}, 8 + i));
  if (layer.batchNorm)
    for (double& variance : raw.back().values) variance = std::abs(variance) + 0.5;
  return raw;
}

Array reference(const Layer& layer, const Array& x, const std::vector<Array>& raw) {
  const ConvShape& s = layer.shape;
  Array y({1, s.outChannels, layer.height(), layer.width()});
  int64_t outGroup = s.outChannels / s.groups, inGroup = s.channels / s.groups;
  for (int64_t i = 0; i < s.channels; ++i)
    for (int64_t iy = 0; iy < s.height; ++iy)
      for (int64_t ix = 0; ix < s.width; ++ix)
        for (int64_t o = 0; o < outGroup; ++o)
          for (int64_t ky = 0; ky < s.kernelY; ++ky)
            for (int64_t kx = 0; kx < s.kernelX; ++kx) {
              int64_t oy = iy * s.stride[0] + ky * s.dilation[0] - s.padding[0];
              int64_t ox = ix * s.stride[1] + kx * s.dilation[1] - s.padding[1];
              if (oy < 0 || oy >= layer.height() || ox < 0 || ox >= layer.width()) continue;
              y(0, i / inGroup * outGroup + o, oy, ox) += x(0, i, iy, ix) * raw[0](i, o, ky, kx);
            }
  for (int64_t at = 0; at < y.size(); ++at) {
    int64_t o = at / (layer.height() * layer.width());
    double& value = y.values[at];
    value = layer.batchNorm
                ? (value - raw[3].values[o]) / std::sqrt(raw[4].values[o] + 1e-5) * raw[1].values[o] +
                      raw[2].values[o]
                : value + raw[1].values[o];
    value = std::max(value, 0.0);
  }
  return y;
}

/// Plans, packs, computes and compares; returns the plan.
InferencePlan check(const Layer& layer, double bound = 1e-6) {
  const ConvShape& s = layer.shape;
  InferencePlan plan = planConvTranspose(s, layer.height(), layer.width(), {currentTarget()});
  std::vector<Array> raw = rawParameters(layer);
  kernel::RawParameters parameters{raw[0].shape, !layer.batchNorm, layer.batchNorm, 1e-5, true};
  std::vector<Array> packed = run(packKernel(plan, parameters, currentTarget()), raw, 1);
  Array x = randomArray({1, s.channels, s.height, s.width}, 3);
  std::vector<int64_t> outShape{s.outChannels, layer.height(), layer.width()};
  Kernel k;
  k.target = currentTarget();
  k.inputs = {layer.plainInput ? plain({s.channels, s.height, s.width})
                               : channelLanes(s.channels, s.height, s.width, layer.halo),
              plain(plan.packedWeights), plain(plan.packedBias)};
  int value = appendCompute(k, plan, 0, 1, 2, outShape);
  k.ops.push_back({"relu", {value}, outShape});
  k.results = {value + 1};
  k.outputs = {plan.outputLayout == Layout::plain ? plain(outShape)
                                                  : channelLanes(outShape[0], outShape[1], outShape[2], 1)};
  k.range = plan.range;
  k.rangeGranule = plan.rangeGranule;
  INFO(print(k));
  Array expected = reference(layer, x, raw);
  requireClose(run(k, {x, packed[0], packed[1]}, 1)[0], expected, bound);
  k.range = kernel::Range::none;
  k.checked = true;
  requireClose(run(k, {x, packed[0], packed[1]}, 1)[0], expected, bound);
  return plan;
}

} // namespace

TEST_CASE("A transposed convolution with a stride is a convolution in each phase") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (int halo : {0, 2}) {
      for (bool plainInput : {false, true}) {
        if (halo && plainInput) continue;
        check({transposed(16, 4, 32, 2, 2), 0, plainInput, true, halo});    // U-Net
        check({transposed(20, 5, 7, 4, 2, 1), 0, plainInput, false, halo}); // DCGAN
        check({transposed(3, 6, 17, 3, 2, 1), 1, plainInput, false, halo}); // one tap or two
        check({transposed(5, 3, 16, 2, 3), 0, plainInput, true, halo});     // places that nothing reaches
        check({transposed(5, 4, 6, 3, 2, 0, 1, 2), 0, plainInput, false, halo}); // dilation
        check({transposed(6, 4, 9, 3, 2, 1, 3), 0, plainInput, false, halo});    // groups with zeros between
        check({transposed(40, 9, 33, 5, 3, 4), 2, plainInput, false, halo});     // more cut off than one tap
      }
    }
    int64_t lanes = kernel::vectorLanes(target);
    check({transposed(2 * lanes, 3, 4 * lanes, 2, 2, 0, 2), 0, false, true, 1}); // groups of whole blocks
  }
}

TEST_CASE("Threads share the rows of large pictures and the channels of small ones") {
  useTarget(testTargets().front());
  CHECK(check({transposed(16, 20, 16, 2, 2), 0, false, false, 0}).range == kernel::Range::row);
  CHECK(check({transposed(64, 3, 128, 4, 2, 1), 0, false, false, 1}).range == kernel::Range::channel);
  CHECK(check({transposed(96, 5, 128, 4, 2, 1), 0, false, false, 1}).range == kernel::Range::channel);
}

TEST_CASE("Without a stride it is a convolution whose taps are turned") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (bool plainInput : {false, true}) {
      check({transposed(5, 1, 16, 4, 1), 0, plainInput, true}); // one pixel becomes 4 x 4
      check({transposed(33, 6, 20, 3, 1, 2), 0, plainInput, false}, 1e-5);
      check({transposed(16, 8, 16, 3, 1, 1, 16), 0, plainInput, true});  // depthwise
      check({transposed(6, 5, 4, 3, 1, 1, 2, 2), 0, plainInput, false}); // groups, dilation
      check({transposed(6, 5, 4, 2, 1, 2), 0, plainInput, false});       // cuts off more than its reach
      check({transposed(4, 24, 3, 3, 1, 1), 0, plainInput, false});      // a plain result
    }
    InferencePlan winograd = check({transposed(64, 12, 64, 3, 1, 1)}, 1e-5);
    CHECK(winograd.compute == "conv_winograd");
  }
}
