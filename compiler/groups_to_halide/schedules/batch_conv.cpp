//===- batch_conv.cpp - Convolutions over 16 images at a time ----------------------------------------===//
//
// The vector is over images, so a weight is one scalar, broadcast by the FMA itself, and no weight is packed.
// Each loaded vector of pixels serves `channels` accumulators, each broadcast serves `x`.
//
//===---------------------------------------------------------------------------------------------------===//

#include "schedules.h"

#include "compile.h"
#include "registry.h"

#include <algorithm>
#include <cmath>

using namespace Halide;

namespace cnn::kernel {

bool channelsInside(const Schedule& schedule) {
  auto order = schedule.tiles.find("order");
  return order != schedule.tiles.end() && order->second == 1;
}

int accumulatorRegisters(const std::string& target) {
  // 32 vector registers with AVX-512 and on arm-64, else 16; some are needed for pixels and one for a weight.
  bool many = vectorLanes(target) == 16 || Target(target).arch == Target::ARM;
  return many ? 20 : 12;
}

int accumulatorRegisters(const Kernel& kernel) {
  int registers = accumulatorRegisters(kernel.target);
  return hasWideSums(kernel) ? registers / 2 : registers; // a sum in f64 takes two
}

Tile chooseTile(int64_t width, int64_t channels, int registers, int64_t mostChannels) {
  Tile best{1, 1};
  double bestScore = 0;
  for (int64_t x = 1; x <= std::min<int64_t>(width, 12); ++x) {
    for (int64_t c = 1; c <= std::min(channels, mostChannels) && c * x <= registers; ++c) {
      double covered = double((width + x - 1) / x * x) * double((channels + c - 1) / c * c);
      double useful = double(width * channels) / covered;
      // FMA latency 4 at two a cycle: fewer than 8 accumulators leave the unit idle in part. Each load of a
      // pixel vector or a weight takes some of the FMA's time; measured on Zen 4, 4 x 4 (88 % of peak) is
      // before 8 x 2.
      double latency = std::min(1.0, double(c * x) / 8), loads = double(c + x) / double(c * x);
      double score = useful * latency * (1 - 0.15 * loads);
      if (score > bestScore) bestScore = score, best = {x, c};
    }
  }
  return best;
}

namespace {

/// A row of taps unrolled lets neighbouring taps share their pixels in registers; not where code would
/// explode.
void scheduleAccumulator(Func accumulator, const RDom& taps, const LoopLevel& tile) {
  auto v = accumulator.args();
  accumulator.compute_at(tile).store_in(MemoryType::Stack).vectorize(v[0]).unroll(v[1]).unroll(v[3]);
  accumulator.update()
      .reorder({v[0], v[1], v[3], taps[0], taps[1], taps[2]})
      .vectorize(v[0])
      .unroll(v[1])
      .unroll(v[3]);
  auto width = Internal::as_const_int(taps[0].extent());
  if (width && *width <= 7) accumulator.update().unroll(taps[0]);
}

/// The loops of a region are in the schedule's order already, see Builder::buildRegions.
void scheduleRegions(Builder& b) {
  Func& out = b.outputs.at(0);
  for (int i = 0; i < out.num_update_definitions(); ++i) {
    RDom loops = b.domains.at("region" + std::to_string(i));
    out.update(i)
        .reorder({b.lane, loops[0], loops[1], loops[2], loops[3], loops[4]})
        .vectorize(b.lane)
        .unroll(loops[0])
        .unroll(loops[1]);
    auto accumulator = b.funcs.find("regionAccumulator" + std::to_string(i));
    if (accumulator == b.funcs.end()) continue;
    scheduleAccumulator(accumulator->second, b.domains.at("regionTaps" + std::to_string(i)),
                        LoopLevel(out, loops[2]));
  }
}

} // namespace

void scheduleBatchConv(Builder& b) {
  auto& tiles = b.kernel.schedule.tiles;
  if (!b.regions.empty()) return scheduleRegions(b);
  Func& out = b.outputs.at(0);
  const Tensor& tensor = b.kernel.outputs.at(0);
  int channelTile = static_cast<int>(std::min(tiles.at("channels"), tensor.shape[0]));
  int xTile = static_cast<int>(std::min(tiles.at("x"), tensor.shape[2]));

  Var xOuter("x_outer"), xInner("x_inner"), cOuter("c_outer"), cInner("c_inner");
  out.split(b.c, cOuter, cInner, channelTile, TailStrategy::ShiftInwards)
      .split(b.x, xOuter, xInner, xTile, TailStrategy::ShiftInwards);
  bool channelsFirst = channelsInside(b.kernel.schedule);
  Var inside = channelsFirst ? cOuter : xOuter, outside = channelsFirst ? xOuter : cOuter;
  out.reorder(b.lane, xInner, cInner, inside, outside, b.y).vectorize(b.lane).unroll(xInner).unroll(cInner);
  scheduleAccumulator(b.funcs.at("accumulator"), b.domains.at("taps"), LoopLevel(out, inside));
}

} // namespace cnn::kernel
