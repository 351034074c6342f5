/// Evaluates expressions: names, literals, operators on values, selections, the sizes of tensors.
#pragma once

#include "ast_to_dialect/elaborator.h"

namespace cnn {

Value evaluate(Elaborator& e, const ast::Expr* expr, const Frame& frame, const PathHint& hint = {});
Value evaluateNode(Elaborator& e, const ast::Expr* expr, const Frame& frame, const PathHint& hint);
std::optional<int64_t> evaluateInt(Elaborator& e, const ast::Expr* expr, const Frame& frame,
                                   std::string_view what);
std::optional<bool> evaluateCondition(Elaborator& e, const ast::Expr* expr, const Frame& frame);
std::string evaluateString(Elaborator& e, const ast::StringExpr& expr, const Frame& frame);
Selection evaluateSelection(Elaborator& e, const ast::Expr* expr, const Frame& frame);
bool bindPattern(Elaborator& e, const ast::Pattern& pattern, const Value& value, const Frame& frame);

// ---- names of modules ----
Value valueOfGlobal(Elaborator& e, const Module& module, std::string_view name, Span span,
                    const Frame& frame);
void evaluateGlobal(Elaborator& e, const Module& module, const ast::Pattern& pattern, const Frame& frame);

// ---- arithmetic ----
Value evaluateBinary(Elaborator& e, const ast::BinaryExpr& expr, const Frame& frame);
/// Of values other than truths.
Value evaluateBinary(Elaborator& e, const ast::BinaryExpr& expr, const Value& left, const Value& right,
                     const Frame& frame);
Value roundedQuotient(Elaborator& e, std::string_view function, const ast::BinaryExpr& division,
                      const ast::CallExpr& call, const Frame& frame);
Value evaluateUnary(Elaborator& e, const ast::UnaryExpr& expr, const Frame& frame);
Value tensorArithmetic(Elaborator& e, ast::BinaryOperator op, const Value& left, const Value& right,
                       Span span, const Frame& frame);

// ---- types of tensors ----
std::optional<std::vector<mlir::AffineExpr>> evaluateShape(Elaborator& e, const ast::TensorType& type,
                                                           const Frame& frame, bool declares);
mlir::Type elementTypeNamed(Elaborator& e, std::string_view name);
/// A size that is known when the network runs.
Value freeSize(Elaborator& e, std::string_view name, const Frame& frame);

} // namespace cnn
