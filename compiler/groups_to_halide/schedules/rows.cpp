//===- rows.cpp - Elementwise kernels and everything without reuse -----------------------------------===//

#include "schedules.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// The largest of 4, 3, 2 that divides `extent`: independent iterations hide the latency of loads.
int unrollFactor(int64_t extent) {
  for (int factor : {4, 3, 2}) {
    if (extent % factor == 0) return factor;
  }
  return 1;
}

} // namespace

void scheduleRows(Builder& b) {
  size_t index = 0;
  for (Func& out : b.outputs) {
    const Tensor& tensor = b.kernel.outputs[index];
    if (tensor.layout != Layout::plain) {
      out.vectorize(b.lane, tensor.lanes);
      int factor = unrollFactor(tensor.shape[2]);
      if (factor > 1) out.unroll(b.x, factor);
    } else {
      Var first = b.outputVariables(index)[0];
      // A vector is never wider than the row: the default tail would write before the buffer.
      if (tensor.shape.back() >= b.lanes) out.vectorize(first, b.lanes, TailStrategy::ShiftInwards);
    }
    index += out.outputs();
  }
}

} // namespace cnn::kernel
