//===- fused_function.h - A function of one number, compiled the way networks fuse it ----------------===//
//
// The same activation becomes different code alone, in the store of a convolution, in training, on another
// machine. Each Fusion is one of these places; a FusedFunction computes many values there at once. What
// stands in front of the function hands its input on unchanged, or nearly so.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_TESTS_NUMERIC_KERNELS_FUSED_FUNCTION_H
#define CNN_TESTS_NUMERIC_KERNELS_FUSED_FUNCTION_H

#include "runner.h"

#include <functional>

namespace cnn::test {

/// What is computed of a value of the kernel: appends ops, returns the result's value number. `ones` is a
/// tensor of ones, the gradient of a backward op.
using Append = std::function<int(Kernel&, int value, int ones)>;

/// Appends one op of the shape of the kernel's output.
int appendOp(Kernel& kernel, Op op);

enum class Place : uint8_t {
  image,     ///< inference, alone
  scaled,    ///< inference, behind a factor of 2 that undoes one of 1/2 in the input
  direct,    ///< behind a direct convolution
  residual,  ///< behind a direct convolution and an addition
  winograd,  ///< behind a convolution by Winograd
  depthwise, ///< behind a depthwise convolution
  linear,    ///< behind a linear layer, which is behind a flatten
  batchNorm, ///< inference, behind a batch norm that is in no convolution's weights
  batch,     ///< training, alone
  batchConv, ///< training, behind a convolution
};

struct Fusion {
  Place place = Place::image;
  bool exact = false;
};

/// All places, and those of inference and of training once more in exact.
std::vector<Fusion> fusions();
std::string nameOf(const Fusion& fusion);
bool isTraining(Place place);

class FusedFunction {
public:
  /// For useTarget()'s target. Throws std::runtime_error with the compiler's message.
  FusedFunction(const Fusion& fusion, const Append& function);

  /// How many values a call computes; 2^16 where the place allows.
  int64_t size() const { return count; }
  void operator()(const float* x, float* y);
  /// Whether what stands in front of the function is no more than near x; argument() is what it gives.
  bool changesArgument() const { return plainLoaded != nullptr; }
  void argument(const float* x, float* z);
  /// Whether values beside each other enter one sum, so that NaN and infinities among them spread.
  bool mixes() const { return sums; }

private:
  void call(Loaded& kernel, const float* x, float* y);

  int64_t count = 0;
  bool sums = false;
  float inputFactor = 1;
  std::vector<Buffer> others; ///< inputs after the first
  std::unique_ptr<Loaded> loaded, plainLoaded;
  Buffer input, output;
};

} // namespace cnn::test

#endif
