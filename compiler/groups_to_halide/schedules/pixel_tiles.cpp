//===- pixel_tiles.cpp - Kernels that need sums over the channels of each pixel ----------------------===//

#include "schedules.h"

using namespace Halide;

namespace cnn::kernel {

void schedulePixelTiles(Builder& b) {
  Func& out = b.outputs.at(0);
  const Tensor& tensor = b.kernel.outputs.at(0);
  if (tensor.layout == Layout::plain) fail("pixel_tiles: expected an output in lanes");
  auto chosen = b.kernel.schedule.tiles.find("x");
  int tile = chosen == b.kernel.schedule.tiles.end() ? 1 : int(std::min(chosen->second, tensor.shape[2]));
  Var outer("x_outer"), inner("x_inner");
  out.split(b.x, outer, inner, tile, TailStrategy::ShiftInwards)
      .reorder({b.lane, inner, b.c, outer, b.y})
      .vectorize(b.lane)
      .unroll(inner);
  for (auto& [role, f] : b.funcs) {
    bool lanes = f.args()[0].name() == b.lane.name();
    f.compute_at(out, outer).store_in(MemoryType::Stack).bound_extent(b.x, tile).unroll(b.x);
    if (lanes) f.bound_extent(b.lane, tensor.lanes).vectorize(b.lane);
    if (f.num_update_definitions() == 0) continue;
    RDom r = b.domains.at(role);
    if (lanes)
      f.update().reorder({b.lane, b.x, r[0]}).vectorize(b.lane).unroll(b.x);
    else if (b.kernel.exact)
      f.update().unroll(b.x); // one lane after the other
    else
      f.update().atomic().vectorize(r[0]).unroll(b.x);
  }
}

} // namespace cnn::kernel
