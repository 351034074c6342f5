/// Builds ops, and says of a tensor where it was made.
#pragma once

#include "ast_to_dialect/evaluate/statements.h"

namespace cnn {

mlir::Location locationOf(Elaborator& e, Span span, llvm::StringRef path);
Diagnostic& shapeError(Elaborator& e, const std::string& message, mlir::ValueRange operands, Span span,
                       std::string_view what, const Frame& frame);
void rememberOrigin(Elaborator& e, mlir::Value tensor, Span span, std::string_view what,
                    std::string_view name = {});
void addOrigin(Elaborator& e, Diagnostic& diagnostic, mlir::Value tensor);

/// Builds an op after inferring its result types; reports a shape error at `span` and returns null.
template <typename Op>
mlir::Value buildOp(Elaborator& e, mlir::ValueRange operands,
                    llvm::function_ref<void(typename Op::Properties&)> fill, Span span, std::string_view what,
                    llvm::StringRef path, const Frame& frame) {
  auto name = mlir::RegisteredOperationName::lookup(mlir::TypeID::get<Op>(), &e.context);
  mlir::OperationState state(locationOf(e, span, path), *name);
  state.addOperands(operands);
  typename Op::Properties& properties = state.getOrAddProperties<typename Op::Properties>();
  fill(properties);
  llvm::SmallVector<mlir::Type, 1> types;
  if (mlir::failed(Op::inferReturnTypes(&e.context, state.location, operands,
                                        mlir::DictionaryAttr::get(&e.context),
                                        mlir::OpaqueProperties(&properties), {}, types))) {
    shapeError(e, e.opError, operands, span, what, frame);
    return {};
  }
  if (!affordable(e, mlir::cast<TensorType>(types.front()), operands, span, what, frame)) return {};
  state.addTypes(types);
  mlir::Value result = e.builder.create(state)->getResult(0);
  rememberOrigin(e, result, span, what);
  return result;
}
template <typename Op>
mlir::Value buildOp(Elaborator& e, mlir::ValueRange operands, Span span, std::string_view what,
                    llvm::StringRef path, const Frame& frame) {
  return buildOp<Op>(e, operands, [](auto&) {}, span, what, path, frame);
}

} // namespace cnn
