//===- reductions.cpp - Kernels made of sums over pictures, lanes or channels ------------------------===//

#include "schedules.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// Where a Func is computed: what a sum over a picture reads of each pixel beside the pixels, whose values of
/// all the picture would be far too many.
LoopLevel levelOf(Builder& b, const std::string& role, const LoopLevel& level) {
  auto picture = b.funcs.find("picture");
  bool eachPixel = b.funcs.at(role).args().size() == 3 && b.funcs.at(role).args()[1].name() == b.x.name();
  if (picture == b.funcs.end() || !eachPixel) return level;
  return LoopLevel(picture->second, b.domains.at("picture")[0]);
}

/// Vectors over lanes where a Func has them; a total over lanes is a reduction within a vector.
void scheduleSums(Builder& b, const LoopLevel& level) {
  for (auto& [role, f] : b.funcs) {
    f.compute_at(levelOf(b, role, level)).store_in(MemoryType::Stack);
    auto variables = f.args();
    bool overLanes = !variables.empty() && variables[0].name() == b.lane.name();
    if (overLanes) f.vectorize(variables[0]);
    for (const Var& variable : variables) {
      if (variable.name() == "column") f.unroll(variable);
    }
    if (f.num_update_definitions() == 0) continue;
    RDom r = b.domains.at(role);
    std::vector<VarOrRVar> order;
    if (overLanes) {
      for (const Var& variable : variables) {
        if (variable.name() == b.lane.name() || variable.name() == "column") order.emplace_back(variable);
      }
      for (int i = 0; i < r.dimensions(); ++i) order.emplace_back(r[i]);
      f.update().reorder(order).vectorize(variables[0]);
      if (variables.size() > 1 && variables[1].name() == "column") f.update().unroll(variables[1]);
    } else {
      f.update().atomic().vectorize(r[0]);
    }
  }
}

} // namespace

void scheduleChannelReductions(Builder& b) {
  Func& out = b.outputs.at(0);
  if (b.kernel.outputs[0].layout == Layout::plain) {
    auto variables = b.outputVariables(0);
    // Rows of a plain [2, C] or [C] are the statistics of one channel: C is innermost in memory, outermost
    // here.
    Var channel = variables[0];
    if (variables.size() > 1) out.reorder(variables[1], channel).unroll(variables[1]);
    return scheduleSums(b, LoopLevel(out, channel));
  }
  out.reorder(b.lane, b.x, b.y, b.c).vectorize(b.lane);
  scheduleSums(b, LoopLevel(out, b.c));
}

void schedulePixelReductions(Builder& b) {
  Func& out = b.outputs.at(0);
  out.reorder(b.lane, b.c, b.x, b.y).vectorize(b.lane);
  scheduleSums(b, LoopLevel(out, b.x));
}

} // namespace cnn::kernel
