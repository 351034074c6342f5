/// One application of a built-in operator.
#pragma once

#include "ast_to_dialect/operators/building.h"

namespace cnn {

struct Formula;

/// One application of a built-in operator: what its `build` function sees.
class Application {
public:
  Application(Elaborator& elaborator, const BlockValue& block, std::vector<mlir::Value> subjects, Span span,
              const Frame& frame, std::string path)
      : elaborator(elaborator), block(block), subjects(std::move(subjects)), span(span), frame(frame),
        path(std::move(path)) {}

  mlir::Value input(size_t i = 0) const { return subjects[i]; }
  mlir::ValueRange inputs() const { return subjects; }
  TensorType type(size_t i = 0) const { return mlir::cast<TensorType>(subjects[i].getType()); }
  /// Spatial dimensions of the input: [N, C, spatial…].
  unsigned spatial() const { return type().getRank() < 2 ? 0 : type().getRank() - 2; }
  mlir::Builder& attributes() { return elaborator.builder; }

  /// Whether `|>` stands before it, and the place between the two.
  bool isPiped() const;
  Span before() const { return {span.file, span.begin, span.begin}; }
  bool has(std::string_view argument) const;
  int64_t integer(std::string_view argument, int64_t least = 1);
  double real(std::string_view argument);
  bool flag(std::string_view argument);
  llvm::SmallVector<double> reals(std::string_view argument);
  std::string_view elementType(std::string_view argument);
  /// One number a spatial dimension.
  llvm::SmallVector<int64_t> ints(std::string_view argument, int64_t least = 1);
  /// [lows…, highs…]; "same" keeps ceil(n / stride), the odd one at the end (ONNX's SAME_UPPER).
  llvm::SmallVector<int64_t> padding(std::string_view argument, llvm::ArrayRef<int64_t> kernel,
                                     llvm::ArrayRef<int64_t> stride, llvm::ArrayRef<int64_t> dilation);
  /// The extent of a dimension that must be fixed.
  std::optional<int64_t> extent(unsigned dimension);

  mlir::Value parameter(std::string_view name, llvm::ArrayRef<int64_t> shape, InitAttr init,
                        bool statistic = false);
  /// The parameter seen with extents of 1 after its own, up to `rank` dimensions.
  mlir::Value withOnes(mlir::Value parameter, unsigned rank);
  InitAttr uniformByFan(double fanIn);
  InitAttr constant(double value);
  int64_t randomStream();
  std::string text(std::string_view argument) const;
  /// Makes the input an output of the network, if it is asked for.
  void probe(std::string_view name);

  std::string_view name() const { return block.op->name; }
  /// Where an argument was given; nowhere where it was not.
  Span written(std::string_view argument) const;
  /// Whether it was given by its place.
  bool byPlace(std::string_view argument) const;
  template <typename... Args> Diagnostic& warn(Diag diag, Args&&... args) {
    return elaborator.error(diag, span, frame, std::forward<Args>(args)...);
  }
  /// An error about an argument, or about the input where the name is empty.
  Diagnostic& fail(std::string_view argument, std::string message);
  bool failed() const { return hasFailed; }

  template <typename Op>
  Value build(mlir::ValueRange operands, llvm::function_ref<void(typename Op::Properties&)> fill) {
    if (hasFailed) return Value();
    mlir::Value result = buildOp<Op>(elaborator, operands, fill, span, block.op->name, path, frame);
    return result ? Value(result) : Value();
  }
  template <typename Op> Value build(mlir::ValueRange operands) {
    return build<Op>(operands, [](auto&) {});
  }
  template <typename Op> Value build() { return build<Op>(subjects); }
  /// Where a formula of the operator's builds its ops.
  Formula formula();
  /// factor * x + offset
  Value scale(const Value& x, double factor, double offset);
  Value reshape(llvm::ArrayRef<mlir::AffineExpr> shape);
  /// A tensor of one number.
  mlir::Value everywhere(TensorType type, double number);

private:
  const Given* given(std::string_view argument) const;
  Value value(std::string_view argument) const;

  Elaborator& elaborator;
  const BlockValue& block;
  std::vector<mlir::Value> subjects;
  Span span;
  const Frame& frame;
  std::string path;
  bool hasFailed = false;
};

} // namespace cnn
