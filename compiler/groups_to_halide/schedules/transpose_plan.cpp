//===- transpose_plan.cpp - Transposed convolutions of one image -------------------------------------===//
//
// Without a stride a transposed convolution is a convolution with its taps in the opposite order. With one,
// each phase of the picture (every stride-th row and column) meets its own taps, and is a small dense
// convolution.
//
//===---------------------------------------------------------------------------------------------------===//

#include "channel_tiles.h"
#include "compile.h"
#include "inference_plan.h"

#include <algorithm>

namespace cnn::kernel {

namespace {

int64_t ceilDivide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// The convolution that it is where nothing is skipped; its pads are below zero where more is cut off than
/// the window reaches.
ConvShape asConvolution(const ConvShape& s, int64_t outHeight, int64_t outWidth) {
  ConvShape conv = s;
  int64_t reachY = (s.kernelY - 1) * s.dilation[0], reachX = (s.kernelX - 1) * s.dilation[1];
  conv.padding[0] = reachY - s.padding[0], conv.padding[1] = reachX - s.padding[1];
  conv.padding[2] = outHeight - 1 + reachY - conv.padding[0] - (s.height - 1);
  conv.padding[3] = outWidth - 1 + reachX - conv.padding[1] - (s.width - 1);
  return conv;
}

} // namespace

InferencePlan planConvTranspose(const ConvShape& s, int64_t outHeight, int64_t outWidth,
                                const PlanOptions& options) {
  if (s.stride == std::array<int64_t, 2>{1, 1}) {
    ConvShape conv = asConvolution(s, outHeight, outWidth);
    if (std::all_of(conv.padding.begin(), conv.padding.end(), [](int64_t pad) { return pad >= 0; })) {
      InferencePlan plan = planConv(conv, options);
      plan.ints["transposed"] = plan.ints["turned"] = {1};
      return plan;
    }
  }
  int lanes = vectorLanes(options.target);
  int64_t blocks = ceilDivide(s.outChannels, lanes);
  auto [groupBlocks, inPacked] = packedGroups(s, lanes);
  int64_t taps = ceilDivide(s.kernelY, s.stride[0]) * ceilDivide(s.kernelX, s.stride[1]);
  ChannelTile tile =
      chooseChannelTile({groupBlocks, ceilDivide(outWidth, s.stride[1]), 1, inPacked * taps, options.target});
  InferencePlan plan;
  plan.pack = "pack_direct", plan.compute = "conv_transpose_phases";
  plan.lanes = lanes;
  plan.packedWeights = packedDirectWeights(s, std::min<int64_t>(inPacked, lanes), tile.vectors, lanes);
  plan.packedBias = {blocks * lanes};
  plan.ints = {{"stride", {s.stride[0], s.stride[1]}},
               {"padding", {s.padding.begin(), s.padding.end()}},
               {"dilation", {s.dilation[0], s.dilation[1]}},
               {"groups", {s.groups}},
               {"kernel", {s.kernelY, s.kernelX}},
               {"lanes", {lanes}},
               {"vectors", {tile.vectors}},
               {"transposed", {1}}};
  // Threads share the rows of large pictures, whose weights are small, and the channels of small ones.
  int64_t weightBytes = inPacked * s.outChannels * s.kernelY * s.kernelX * 4;
  bool byChannel = blocks / tile.vectors >= 2 && (weightBytes > 256 * 1024 || outHeight < 8 * s.stride[0]);
  plan.range = byChannel ? Range::channel : Range::row;
  plan.rangeGranule = byChannel ? tile.vectors : s.stride[0]; // all phases of a row
  return plan;
}

} // namespace cnn::kernel
