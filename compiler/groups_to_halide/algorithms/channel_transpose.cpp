//===- channel_transpose.cpp - Transposed convolutions of one image, on packed weights ---------------===//
//
// Operands as in channel_conv.cpp: x, weights from pack_direct in their own order of taps, bias.
//
//===---------------------------------------------------------------------------------------------------===//

#include "channel_transpose.h"

#include "channel_conv.h"
#include "schedules/channel_tiles.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

/// Each of the stride^2 phases of the result is a region with a sum of its own, over the taps that it meets.
Value convTransposePhases(Builder& b, const Op& op) {
  const Value& input = b.operand(op, 0);
  const Value& w = b.operand(op, 1);
  Value bias = b.operand(op, 2); // a copy: what follows adds to the values
  if (w.shape.size() != 7 || op.shape.size() != 3)
    fail("conv_transpose_phases: expected weights from pack_direct");
  Geometry g = packedGeometry(op);
  int inBlocks = int(w.shape[1]), inLanes = int(w.shape[4]), vectors = int(w.shape[5]),
      lanes = int(w.shape[6]);
  bool plain = input.layout == Layout::plain;
  if (!plain && inBlocks > 1 && input.lanes != inLanes)
    fail("conv_transpose_phases: weights and input differ in lanes");
  // Groups that are not dense: their blocks follow each other.
  bool dense = g.groups == 1 || inBlocks * inLanes >= input.channels();
  int groupBlocks = int(op.shape[0] / g.groups / lanes), channels = int(input.channels());

  struct Phase {
    Func sum;
    bool reached;
  };
  auto phases = std::make_shared<std::vector<Phase>>();
  auto start = [bias, lanes](const Expr& lane, const Expr& block) { return bias.at({block * lanes + lane}); };
  for (int64_t py = 0; py < std::min(g.strideY, op.shape[1]); ++py) {
    for (int64_t px = 0; px < std::min(g.strideX, op.shape[2]); ++px) {
      std::string role = std::to_string(phases->size());
      b.regions.push_back({g.strideY, g.strideX, py, px});
      PhaseTaps row = tapsOfPhase(py, g.strideY, g.top, g.kernelY, g.dilationY);
      PhaseTaps column = tapsOfPhase(px, g.strideX, g.left, g.kernelX, g.dilationX);
      bool reached = row.count > 0 && column.count > 0;
      phases->push_back({reached ? b.func("accumulator" + role) : Func(), reached});
      if (!reached) continue;
      int64_t lastY = (op.shape[1] - 1 - py) / g.strideY, lastX = (op.shape[2] - 1 - px) / g.strideX;
      Value x = b.padded(
          input, (row.count - 1) * row.back - row.offset, (column.count - 1) * column.back - column.offset,
          lastY + row.offset - (input.height() - 1), lastX + column.offset - (input.width() - 1), 0.0f);
      RDom taps = b.rdom({Expr(inLanes), int(column.count), int(row.count), Expr(inBlocks)}, "taps" + role);
      Expr atX = b.x + int(column.offset) - taps[1] * int(column.back);
      Expr atY = b.y + int(row.offset) - taps[2] * int(row.back);
      Expr block = taps[3];
      if (!dense) block += b.c / groupBlocks * inBlocks;
      // The last block of a plain input may have fewer channels; the weights are zero there.
      Expr pixel = plain ? x.at({atX, atY, min(block * inLanes + taps[0], channels - 1)})
                         : x.at({taps[0], atX, atY, block});
      Expr kx = taps[1] * int(column.step) + int(column.first), ky = taps[2] * int(row.step) + int(row.first);
      Func& sum = phases->back().sum;
      sum(b.lane, b.x, b.y, b.c) = start(b.lane, b.c);
      sum(b.lane, b.x, b.y, b.c) +=
          w.at({b.lane, b.c % vectors, taps[0], kx, ky, taps[3], b.c / vectors}) * pixel;
      b.funcs["regionAccumulator" + role] = sum;
      b.domains["regionTaps" + role] = taps;
    }
  }
  Value like = input;
  like.layout = Layout::channelLanes, like.lanes = lanes, like.haloX = like.haloY = 0;
  Builder* builder = &b;
  return b.result(op, like, [=](const Coordinates& at) {
    const Phase& phase = (*phases)[builder->region->index];
    return phase.reached ? phase.sum(at[0], builder->region->x, builder->region->y, at[3])
                         : start(at[0], at[3]);
  });
}

Schedule chooseTransposePhases(const Kernel& kernel, const Op& op) {
  const std::vector<int64_t>& weights = kernel.inputs.at(op.operands.at(1)).shape;
  Geometry g = packedGeometry(op);
  int64_t width = (op.shape.at(2) + g.strideX - 1) / g.strideX;
  int64_t tapsY = (g.kernelY + g.strideY - 1) / g.strideY, tapsX = (g.kernelX + g.strideX - 1) / g.strideX;
  ChannelTile tile = chooseChannelTile({weights.at(0) * weights.at(5),
                                        width,
                                        1,
                                        weights[1] * weights[4] * tapsY * tapsX,
                                        kernel.target,
                                        {1, 1},
                                        weights[5]});
  return {"channel_phases", {{"x", tile.x}, {"channels", weights[5]}}};
}

} // namespace cnn::kernel
