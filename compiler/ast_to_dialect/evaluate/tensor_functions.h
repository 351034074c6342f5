/// Operations and functions of the language where an operand is a tensor, element by element.
#pragma once

#include "ast_to_dialect/elaborator.h"

namespace cnn {

/// Comparisons, division and powers, of tensors and numbers. Nothing where the operands cannot be.
std::optional<Value> tensorOperation(Elaborator& elaborator, ast::BinaryOperator op, const Value& left,
                                     const Value& right, Span span, const Frame& frame);

/// `min`, `max` of two operands or more, and `select(condition, yes, no)`.
Value tensorFunction(Elaborator& elaborator, std::string_view name, const std::vector<Given>& arguments,
                     Span span, const Frame& frame);

} // namespace cnn
