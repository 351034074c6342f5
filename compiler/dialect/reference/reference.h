//===- reference.h - The reference interpreter ---------------------------------------------------===//
//
// Runs a function of the dialect with plain loops over doubles, one op at a time, in NCHW order with the
// batch's real size. Slow and simple on purpose: it is what compiled kernels and gradients are compared with.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_REFERENCE_REFERENCE_H
#define CNN_COMPILER_DIALECT_REFERENCE_REFERENCE_H

#include "dialect/dialect.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cnn::reference {

/// A dense row-major tensor. Integers (labels, indices) are doubles with integer values.
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<double> data;

  Tensor() = default;
  explicit Tensor(std::vector<int64_t> shape, double value = 0);
  int64_t size() const { return static_cast<int64_t>(data.size()); }
};

/// Parameters and statistics by name, and what keys random numbers.
struct State {
  std::map<std::string, Tensor> parameters;
  std::map<std::string, Tensor> gradients; ///< filled by cnn.gradient
  uint64_t seed = 0, step = 0;
  int64_t batch = 1; ///< the value of a free dimension that no argument of the function fixes
  std::map<unsigned, int64_t>
      dimensions; ///< free dimensions by symbol number; run() reads them off the arguments
  /// Called with each op and its results before anything reads them; tests watch and spoil values here.
  std::function<void(mlir::Operation*, std::vector<Tensor>&)> afterEach;
};

/// What one op sees: its operands' values, a place for its results, the state.
class Frame {
public:
  Frame(mlir::Operation* op, std::vector<const Tensor*> operands, State& state);
  const Tensor& operand(unsigned i) const { return *operands[i]; }
  bool hasOperand(unsigned i) const { return i < operands.size(); }
  /// Result i, of the type's shape with the batch put in, zeros at first.
  Tensor& result(unsigned i = 0) { return results[i]; }
  State& state() { return runState; }
  std::vector<Tensor> results;

private:
  std::vector<const Tensor*> operands;
  State& runState;
};

/// Interprets `function` and returns its results. Errors, reported at the op: an op without a reference, an
/// unknown parameter, a number or a shape of arguments that does not fit the function.
mlir::FailureOr<std::vector<Tensor>> run(FunctionOp function, const std::vector<Tensor>& arguments,
                                         State& state);

/// The shape of a type with `batch` for every free dimension.
std::vector<int64_t> concreteShape(TensorType type, int64_t batch);
/// The shape of a type with the state's free dimensions put in.
std::vector<int64_t> concreteShape(TensorType type, const State& state);

} // namespace cnn::reference

#endif
