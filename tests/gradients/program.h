//===- program.h - A network around the op under test -----------------------------------------------===//
#ifndef CNN_TESTS_GRADIENTS_PROGRAM_H
#define CNN_TESTS_GRADIENTS_PROGRAM_H

#include "dialect/dialect.h"
#include "dialect/reference/reference.h"

#include <random>

namespace cnn::test {

using Random = std::mt19937_64;

/// A whole number in [low, high].
int64_t pick(Random& random, int64_t low, int64_t high);

/// How a parameter's values are drawn.
enum class Values {
  smooth,     ///< in [-2, 2], with no value near the kinks 0 and 6 of any activation
  wide,       ///< in [-3, 9], likewise
  wellSpaced, ///< pairwise different by 0.05 or more, so that a maximum stays where it is
  positive,   ///< in [0.5, 1.5]
};

/// A network of a loss around some ops. Everything the ops read is a parameter, so that it gets a gradient.
class Program {
public:
  /// `shape` of parameters and targets without the batch; the batch is `images`.
  Program(mlir::MLIRContext& context, Random& random, int64_t images);

  /// A parameter [N, shape...].
  mlir::Value batched(llvm::ArrayRef<int64_t> shape, Values values = Values::smooth);
  /// A parameter of exactly this shape.
  mlir::Value fixed(llvm::ArrayRef<int64_t> shape, Values values = Values::smooth);
  /// Like fixed, without a gradient; a frozen one keeps its values in training.
  mlir::Value statistic(llvm::ArrayRef<int64_t> shape, Values values, bool frozen = false);
  /// Classes in [0, count), i32 [N].
  mlir::Value labels(int64_t count);

  /// Whole numbers in [0, 3], u8 [N, shape...].
  mlir::Value bytes(llvm::ArrayRef<int64_t> shape);

  /// Appends an op whose result types are inferred, or ends the test where the op does not verify.
  template <typename Op, typename... Arguments> Op add(Arguments&&... arguments) {
    return Op::create(builder, builder.getUnknownLoc(), std::forward<Arguments>(arguments)...);
  }

  /// Ends @loss with the mean of `perImage` [N].
  void finish(mlir::Value perImage);
  /// Ends @loss with the mean squared difference between `value` and random values of its shape.
  void finishWithMse(mlir::Value value);

  /// Runs autodiff, then, if asked to, cnn-decompose-training.
  void differentiate(bool decomposed);

  FunctionOp function(llvm::StringRef name);
  mlir::FloatAttr number(double value) { return builder.getF64FloatAttr(value); }
  mlir::IntegerAttr whole(int64_t value) { return builder.getI64IntegerAttr(value); }

  mlir::OpBuilder builder;
  reference::State state;
  std::vector<reference::Tensor> arguments;

private:
  reference::Tensor draw(std::vector<int64_t> shape, Values values);
  mlir::Value parameter(TensorType type, Values values, bool statistic, bool frozen = false);

  Random& random;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  NetworkOp network;
  FunctionOp loss;
};

} // namespace cnn::test

#endif
