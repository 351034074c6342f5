//===- image_pixels.cpp - Kernels of one image without weights ---------------------------------------===//

#include "registry.h"
#include "schedules.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

namespace {

bool overLanes(const Builder& b, const Func& f) {
  return f.args()[0].name() == b.lane.name();
}

} // namespace

/// The split of a plain output's channels into vectors, for features and other small pictures.
PlainVectors vectorizePlainChannels(Builder& b, Func& out, int lanes) {
  PlainVectors vectors{Var("plain_lane"), Var("plain_block")};
  const Tensor& tensor = b.kernel.outputs.at(0);
  Var channel = b.outputVariables(0)[tensor.shape.size() - 1];
  // The caller's memory has no pads: the last vector is masked.
  out.split(channel, vectors.block, vectors.lane, lanes, TailStrategy::GuardWithIf).vectorize(vectors.lane);
  return vectors;
}

void scheduleImagePixels(Builder& b) {
  Func& out = b.outputs.at(0);
  const Tensor& tensor = b.kernel.outputs.at(0);
  LoopLevel level = LoopLevel::root();
  if (tensor.layout == Layout::channelLanes) {
    // What a pixel needs of all its channels is computed once for it.
    out.reorder(b.lane, b.c, b.x, b.y).vectorize(b.lane);
    if (b.funcs.empty()) out.reorder(b.lane, b.x, b.y, b.c);
    level = LoopLevel(out, b.x);
  } else if (tensor.shape.size() == 3 && tensor.shape[1] * tensor.shape[2] == 1) {
    PlainVectors vectors = vectorizePlainChannels(b, out, b.lanes);
    std::vector<Var> variables = b.outputVariables(0);
    out.reorder(vectors.lane, vectors.block, variables[0], variables[1]);
    level = LoopLevel(out, variables[0]);
  } else {
    std::vector<Var> variables = b.outputVariables(0);
    if (b.funcs.empty() && tensor.shape.back() >= b.lanes) {
      out.vectorize(variables[0], b.lanes, TailStrategy::ShiftInwards);
    } else if (!b.funcs.empty() && variables.size() == 3) {
      out.reorder(variables[2], variables[0], variables[1]);
      level = LoopLevel(out, variables[0]);
    }
  }
  for (auto& [role, f] : b.funcs) {
    f.compute_at(level).store_in(MemoryType::Stack);
    if (!overLanes(b, f)) continue;
    int lanes = b.lanes;
    f.bound(b.lane, 0, lanes).vectorize(b.lane);
    if (f.num_update_definitions() > 0) f.update().vectorize(b.lane);
  }
}

} // namespace cnn::kernel
