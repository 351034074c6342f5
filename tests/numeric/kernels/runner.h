//===- runner.h - Compiles, loads and calls one kernel -----------------------------------------------===//
//
// The object that cnnc would ship is linked into a shared object with a small caller in C, and loaded.
// Tensors are given and returned in logical order, [N, C, H, W] of doubles; the runner brings them into the
// layouts. Outputs hold NaN before the call, and are surrounded by guard bands that must survive it.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_TESTS_NUMERIC_KERNELS_RUNNER_H
#define CNN_TESTS_NUMERIC_KERNELS_RUNNER_H

#include "compile.h"

#include <cnn/abi.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace cnn::test {

using kernel::Kernel;
using kernel::Layout;
using kernel::Op;
using kernel::Tensor;

/// A dense row-major array.
struct Array {
  std::vector<int64_t> shape;
  std::vector<double> values;

  Array() = default;
  explicit Array(std::vector<int64_t> shape, double value = 0);
  int64_t size() const { return static_cast<int64_t>(values.size()); }
  double& operator()(int64_t a, int64_t b, int64_t c, int64_t d) {
    return values[((a * shape[1] + b) * shape[2] + c) * shape[3] + d];
  }
  double operator()(int64_t a, int64_t b, int64_t c, int64_t d) const {
    return values[((a * shape[1] + b) * shape[2] + c) * shape[3] + d];
  }
};

/// Normally distributed, rounded to f32.
Array randomArray(std::vector<int64_t> shape, unsigned seed);

/// Memory with guard bands, 64-byte aligned. `bytes` of NaN patterns at first.
class Buffer {
public:
  explicit Buffer(size_t bytes = 0);
  void* data() { return memory.data() + start; }
  const void* data() const { return memory.data() + start; }
  float* floats() { return static_cast<float*>(data()); }
  size_t size() const { return bytes; }
  bool guardsIntact() const;

private:
  static constexpr size_t guard = 4096;
  std::vector<unsigned char> memory;
  size_t bytes = 0, start = 0;
};

size_t bytesOf(kernel::Element element);

/// [N, C, H, W] (or, plain, any array of N parts) into `blocks` consecutive blocks of the tensor's form.
/// Lanes past the last image and pad channels hold `pad`; the halo holds zeros.
Buffer pack(const Tensor& tensor, const Array& array, double pad = 0);
/// Back: `images` is N. Halo and pads are not looked at.
Array unpack(const Tensor& tensor, const Buffer& buffer, int64_t images);
/// Blocks of `lanes` images that hold `images`; for channel lanes and plain tensors one image each.
int64_t blocksOf(const Tensor& tensor, int64_t images);

/// A kernel that has been compiled and loaded. Throws std::runtime_error with the compiler's message.
class Loaded {
public:
  explicit Loaded(const Kernel& kernel);
  ~Loaded();
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  struct Range {
    int32_t min, extent;
  };
  /// One call on raw memory. Scalars by name. `parts`: the extent of the last dimension of parted tensors
  /// (images or blocks), for Halide's own checks in checked kernels.
  void call(const std::vector<const void*>& inputs, const std::map<std::string, double>& scalars,
            const std::vector<void*>& outputs, Range range = {0, 0});

  /// The same call, prepared, for timing: `repeat` times. Only without scalars.
  void repeat(int times, const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
              Range range = {0, 0});

  const Kernel& kernel() const { return description; }
  uint64_t scratchBytes() const { return compiled.scratchBytes; }

private:
  Kernel description;
  kernel::CompiledKernel compiled;
  void* library = nullptr;
  int (*entry)(void**) = nullptr;
  std::vector<unsigned char> scratch;
  int times = 1;
};

/// Runs a kernel that works on one block at a time over all blocks of `images` images, in chunks of the
/// range, and returns the outputs. Inputs in lane layouts have `images` parts; plain ones are shared by all
/// blocks. Checks guards, and that no output value that unpack() looks at is NaN.
std::vector<Array> run(const Kernel& kernel, const std::vector<Array>& inputs, int64_t images,
                       std::map<std::string, double> scalars = {});

/// Fails the test when the relative root mean square error exceeds `bound`, or any single value is off by
/// more than `bound` times 100 of the largest.
void requireClose(const Array& actual, const Array& expected, double bound = 1e-6);

/// Builders of kernels for the tests.
Tensor plain(std::vector<int64_t> shape, kernel::Element element = kernel::Element::f32);
Tensor batchLanes(int64_t channels, int64_t height, int64_t width, int halo = 0,
                  kernel::Element element = kernel::Element::f32);
Tensor channelLanes(int64_t channels, int64_t height, int64_t width, int halo = 0);

/// The targets that this machine can run and that the tests go through.
std::vector<std::string> testTargets();
/// The target that batchLanes() and channelLanes() take their lanes from.
void useTarget(const std::string& target);
const std::string& currentTarget();

} // namespace cnn::test

#endif
