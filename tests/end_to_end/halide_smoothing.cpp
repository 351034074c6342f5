#include "halide_smoothing.h"

#include <Halide.h>

using namespace Halide;

namespace {

struct Smoothing {
  ImageParam x{Float(32), 1, "x"};
  Var i{"i"}, part{"part"};
  Func doubled{"doubled"}, y{"y"};

  Smoothing() {
    doubled(i) = 2.0f * x(i);
    y(i) = 0.125f * doubled(i) + 0.25f * doubled(i + 1) + 0.125f * doubled(i + 2);
    y.split(i, part, i, 1000, TailStrategy::GuardWithIf)
        .parallel(part)
        .vectorize(i, 8, TailStrategy::GuardWithIf);
    doubled.compute_at(y, part).store_in(MemoryType::Heap);
  }
};

} // namespace

void compileSmoothing(const std::string& folder) {
  Smoothing smoothing;
  smoothing.y.compile_to_static_library(folder + "/smoothing", {smoothing.x}, "smoothing");
}

std::vector<float> smoothingJit(const std::vector<float>& x) {
  Smoothing smoothing;
  Buffer<float> from(const_cast<float*>(x.data()), static_cast<int>(x.size()));
  smoothing.x.set(from);
  std::vector<float> y(x.size() - 2);
  Buffer<float> to(y.data(), static_cast<int>(y.size()));
  smoothing.y.realize(to);
  return y;
}
