/// Executes bodies, and keeps count of what a program has them do.
#pragma once

#include "ast_to_dialect/elaborator.h"

namespace cnn {

/// How a body ended.
struct Outcome {
  bool returned = false;
  Value value; ///< returned, or that of the last statement
};

Outcome execute(Elaborator& e, const ast::Body& body, const Frame& frame, bool asValue);
Outcome execute(Elaborator& e, const ast::Statement& statement, const Frame& frame, bool asValue);
Outcome executeIf(Elaborator& e, const ast::IfExpr& expr, const Frame& frame, bool asValue);
Outcome executeFor(Elaborator& e, const ast::ForExpr& expr, const Frame& frame, List* results);
/// What a body would have assigned is unknown after an error.
void poisonAssigned(Elaborator& e, const ast::Body& body, const Frame& frame);

// ---- limits ----
bool countStep(Elaborator& e, Span span, const Frame& frame, uint64_t count = 1);
/// Whether there may be one more layer.
bool countLayer(Elaborator& e, Span span, const Frame& frame);
/// Counts what was made; false, with an error, for what is too large to go on with.
bool affordable(Elaborator& e, const Value& value, const ast::Expr& node, const Frame& frame);
bool affordable(Elaborator& e, mlir::AffineExpr dimension, Span span, const Frame& frame);
bool affordable(Elaborator& e, TensorType result, mlir::ValueRange operands, Span span, std::string_view what,
                const Frame& frame);

} // namespace cnn
