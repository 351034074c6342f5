//===- windows.cpp - Pooling, moves of channels, halos and flat arrays -------------------------------===//

#include "schedules.h"

using namespace Halide;

namespace cnn::kernel {

void scheduleWindows(Builder& b) {
  if (b.regions.empty()) {
    scheduleRows(b);
    for (auto& [role, f] : b.funcs) {
      f.compute_at(b.outputs[0], b.x).store_in(MemoryType::Stack).vectorize(f.args()[0]);
      f.update().vectorize(f.args()[0]);
    }
    return;
  }
  Func& out = b.outputs.at(0);
  for (int i = 0; i < out.num_update_definitions(); ++i) {
    RDom loops = b.domains.at("region" + std::to_string(i));
    out.update(i)
        .reorder({b.lane, loops[0], loops[1], loops[2], loops[4], loops[3]})
        .vectorize(b.lane)
        .unroll(loops[0])
        .unroll(loops[1]);
  }
}

void scheduleHalo(Builder& b) {
  Func& out = b.outputs.at(0);
  for (int i = 0; i < out.num_update_definitions(); ++i) {
    RDom r = b.domains.at("halo" + std::to_string(i));
    out.update(i).reorder({b.lane, r[0], r[1], b.c}).vectorize(b.lane);
  }
}

void scheduleFlatUpdate(Builder& b) {
  // The count is a multiple of 16 (cnn/abi.h), so every vector width divides it; two vectors hide latency.
  Func& out = b.outputs.at(0);
  Var i = b.outputVariables(0)[0];
  out.update().vectorize(i, b.lanes, TailStrategy::RoundUp);
}

void scheduleSerial(Builder&) {}

} // namespace cnn::kernel
