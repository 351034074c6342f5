//===- channel_phases.cpp - One image, in phases, vectors over output channels -----------------------===//
//
// As channel_conv.cpp, but one loop nest a phase of the picture. Each stores whole vectors, every stride-th.
//
//===---------------------------------------------------------------------------------------------------===//

#include "algorithms/channel_transpose.h"
#include "schedules.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// Weights that stay in L2 are read again for each row; others once, and the picture again for each tile of
/// them.
constexpr int64_t halfL2 = 512 * 1024;

void scheduleSum(Func sum, const RDom& taps, const LoopLevel& tile, int lanes) {
  auto v = sum.args(); // lane, x, y, c
  sum.compute_at(tile).store_in(MemoryType::Stack).bound_extent(v[0], lanes).vectorize(v[0]);
  sum.unroll(v[1]).unroll(v[3]);
  RVar outer("in_outer"), inner("in_inner");
  auto inputs = Internal::as_const_int(taps[0].extent());
  int unrolled = inputs ? int(std::min<int64_t>(*inputs, 4)) : 1;
  while (inputs && *inputs % unrolled != 0) --unrolled;
  sum.update()
      .split(taps[0], outer, inner, unrolled)
      .reorder({v[0], v[3], v[1], inner, outer, taps[1], taps[2], taps[3]})
      .vectorize(v[0])
      .unroll(v[1])
      .unroll(v[3])
      .unroll(inner);
}

} // namespace

void scheduleChannelPhases(Builder& b) {
  Func& out = b.outputs.at(0);
  const Tensor& weights = b.kernel.inputs.at(findAnchor(b.kernel)->operands.at(1));
  bool rowsOutside = blockElements(weights) * 4 <= halfL2;
  for (int i = 0; i < out.num_update_definitions(); ++i) {
    RDom loops =
        b.domains.at("region" + std::to_string(i)); // x in tile, block in tile, x tile, block tile, y
    RVar outside = loops[rowsOutside ? 4 : 3], inside = loops[rowsOutside ? 3 : 4];
    out.update(i)
        .reorder({b.lane, loops[0], loops[1], loops[2], inside, outside})
        .vectorize(b.lane)
        .unroll(loops[0])
        .unroll(loops[1]);
    auto sum = b.funcs.find("regionAccumulator" + std::to_string(i));
    if (sum == b.funcs.end()) continue;
    scheduleSum(sum->second, b.domains.at("regionTaps" + std::to_string(i)), LoopLevel(out, loops[2]),
                b.kernel.outputs[0].lanes);
  }
}

} // namespace cnn::kernel
