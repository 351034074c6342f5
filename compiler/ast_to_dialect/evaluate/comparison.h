/// ==, !=, <, <=, > and >= of whatever has them.
#pragma once

#include "dsl/ast/ast.h"

namespace cnn {

inline bool isComparison(ast::BinaryOperator op) {
  return op >= ast::BinaryOperator::Equal && op <= ast::BinaryOperator::GreaterEqual;
}

/// `op` is a comparison. The result is what T gives: a truth, or a tensor of 1 and 0.
template <typename T> auto compare(ast::BinaryOperator op, const T& a, const T& b) {
  switch (op) {
  case ast::BinaryOperator::Equal:
    return a == b;
  case ast::BinaryOperator::NotEqual:
    return a != b;
  case ast::BinaryOperator::Less:
    return a < b;
  case ast::BinaryOperator::LessEqual:
    return a <= b;
  case ast::BinaryOperator::Greater:
    return a > b;
  default:
    return a >= b;
  }
}

} // namespace cnn
