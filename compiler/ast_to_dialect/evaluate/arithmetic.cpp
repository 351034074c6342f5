/// Operators on compile-time values and on tensors.
#include "ast_to_dialect/evaluate/advice.h"
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/comparison.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/evaluate/tensor_functions.h"
#include "ast_to_dialect/networks/parameters.h"
#include "ast_to_dialect/operators/building.h"
#include "dialect/conditions.h"

#include <cmath>

namespace cnn {

using namespace ast;

Value evaluateUnary(Elaborator& e, const UnaryExpr& expr, const Frame& frame) {
  if (expr.op == UnaryOperator::Not) {
    Value operand = evaluate(e, expr.operand, frame);
    if (auto* later = operand.get<RunTimeCondition>())
      return RunTimeCondition{"not (" + later->text + ")", condition::negated(later->test)};
    if (auto* known = operand.get<bool>()) return !*known;
    if (!operand.isPoison())
      e.error(Diag::TypeMismatch, expr.operand->span, frame, "a condition", "true or false",
              operand.describe());
    return Poison{};
  }
  Value value = evaluate(e, expr.operand, frame);
  if (auto* i = value.get<int64_t>()) {
    int64_t result;
    if (!__builtin_sub_overflow(int64_t(0), *i, &result)) return result;
    e.error(Diag::Overflow, expr.span, frame, "-");
    return Poison{};
  }
  if (auto* d = value.get<double>()) return -*d;
  if (auto* dimension = value.get<Dimension>()) return Dimension{dimension->expr * -1};
  if (value.tensor())
    return tensorArithmetic(e, BinaryOperator::Multiply, int64_t(-1), value, expr.span, frame);
  if (!value.isPoison()) e.error(Diag::BadOperands, expr.span, frame, "-", value.describe());
  return Poison{};
}

/// Whole numbers: / must be exact, % has the sign of the divisor (as in Python).
static Value wholeArithmetic(Elaborator& elaborator, const BinaryExpr& expr, int64_t a, int64_t b,
                             const Frame& frame) {
  int64_t result = 0;
  bool overflow = false;
  switch (expr.op) {
  case BinaryOperator::Add:
    overflow = __builtin_add_overflow(a, b, &result);
    break;
  case BinaryOperator::Subtract:
    overflow = __builtin_sub_overflow(a, b, &result);
    break;
  case BinaryOperator::Multiply:
    overflow = __builtin_mul_overflow(a, b, &result);
    break;
  case BinaryOperator::Divide:
  case BinaryOperator::Remainder:
    if (b == 0) {
      elaborator.error(Diag::DivisionByZero, expr.span, frame);
      return Poison{};
    }
    if (b == -1) { // the smallest number has no negative
      overflow = expr.op == BinaryOperator::Divide && __builtin_sub_overflow(int64_t(0), a, &result);
      break;
    }
    if (expr.op == BinaryOperator::Remainder) return (a % b + b) % b;
    if (a % b == 0) return a / b;
    elaborator.error(Diag::InexactDivision, expr.span, frame, a, b)
        .suggest("round down", {{{expr.span.file, expr.span.begin, expr.span.begin}, "floor("},
                                {{expr.span.file, expr.span.end, expr.span.end}, ")"}});
    return Poison{};
  case BinaryOperator::Power:
    if (b < 0) return std::pow(double(a), double(b));
    result = 1;
    if (a == 0 || a == 1) return b == 0 ? int64_t(1) : a;
    if (a == -1) return b % 2 == 0 ? int64_t(1) : int64_t(-1);
    for (int64_t i = 0; i < b && !overflow; ++i) overflow = __builtin_mul_overflow(result, a, &result);
    break;
  default:
    break;
  }
  if (!overflow) return result;
  elaborator.error(Diag::Overflow, expr.span, frame, spelling(expr.op));
  return Poison{};
}

static Value realArithmetic(Elaborator& elaborator, const BinaryExpr& expr, double a, double b,
                            const Frame& frame) {
  if ((expr.op == BinaryOperator::Divide || expr.op == BinaryOperator::Remainder) && b == 0) {
    elaborator.error(Diag::DivisionByZero, expr.span, frame);
    return Poison{};
  }
  switch (expr.op) {
  case BinaryOperator::Add:
    return a + b;
  case BinaryOperator::Subtract:
    return a - b;
  case BinaryOperator::Multiply:
    return a * b;
  case BinaryOperator::Divide:
    return a / b;
  case BinaryOperator::Remainder:
    return a - b * std::floor(a / b);
  default:
    return std::pow(a, b);
  }
}

/// A whole number or a free dimension as an affine expression.
static mlir::AffineExpr affine(const Value& value, mlir::MLIRContext& context) {
  if (auto* i = value.get<int64_t>()) return mlir::getAffineConstantExpr(*i, &context);
  if (auto* d = value.get<Dimension>()) return d->expr;
  return {};
}

static Value simplified(mlir::AffineExpr expr) {
  if (auto constant = mlir::dyn_cast<mlir::AffineConstantExpr>(expr)) return constant.getValue();
  return Dimension{expr};
}

static mlir::Attribute compared(BinaryOperator op, mlir::AffineExpr a, mlir::AffineExpr b) {
  switch (op) {
  case BinaryOperator::Equal:
    return condition::equal(a, b);
  case BinaryOperator::NotEqual:
    return condition::negated(condition::equal(a, b));
  case BinaryOperator::Less:
    return condition::negated(condition::atLeast(a, b));
  case BinaryOperator::LessEqual:
    return condition::atLeast(b, a);
  case BinaryOperator::Greater:
    return condition::negated(condition::atLeast(b, a));
  default:
    return condition::atLeast(a, b);
  }
}

static Value dimensionArithmetic(Elaborator& elaborator, const BinaryExpr& expr, mlir::AffineExpr a,
                                 mlir::AffineExpr b, const Frame& frame) {
  bool fixedRight = mlir::isa<mlir::AffineConstantExpr>(b),
       fixedLeft = mlir::isa<mlir::AffineConstantExpr>(a);
  bool positive = fixedRight && mlir::cast<mlir::AffineConstantExpr>(b).getValue() > 0;
  for (mlir::AffineExpr operand : {a, b}) {
    auto number = mlir::dyn_cast<mlir::AffineConstantExpr>(operand);
    if (!number || (number.getValue() >= INT32_MIN && number.getValue() <= INT32_MAX)) continue;
    elaborator.error(Diag::Overflow, expr.span, frame, spelling(expr.op));
    return Poison{};
  }
  switch (expr.op) {
  case BinaryOperator::Add:
    return simplified(a + b);
  case BinaryOperator::Subtract:
    return simplified(a - b);
  case BinaryOperator::Multiply:
    if (fixedLeft || fixedRight) return simplified(a * b);
    break;
  case BinaryOperator::Divide:
    if (positive) return simplified(a.floorDiv(b));
    break;
  case BinaryOperator::Remainder:
    if (positive) return simplified(a % b);
    break;
  default:
    break;
  }
  if (isComparison(expr.op)) {
    if (a == b) return compare<int>(expr.op, 0, 0);
    return RunTimeCondition{std::string(elaborator.program.sources.text(expr.span)), compared(expr.op, a, b)};
  }
  elaborator.error(Diag::FreeDimension, expr.span, frame,
                   "the result of '" + std::string(spelling(expr.op)) + "'");
  return Poison{};
}

Value tensorArithmetic(Elaborator& e, BinaryOperator op, const Value& left, const Value& right, Span span,
                       const Frame& frame) {
  mlir::Value a = left.tensor(), b = right.tensor();
  std::string name = op == BinaryOperator::Add        ? "add"
                     : op == BinaryOperator::Subtract ? "sub"
                     : op == BinaryOperator::Multiply ? "mul"
                                                      : "div";
  auto what = "'" + std::string(spelling(op)) + "'";
  llvm::SmallVector<mlir::Value, 2> tensors;
  for (mlir::Value tensor : {a, b})
    if (tensor) tensors.push_back(tensor);
  if (wrongElements(e, Elements::Real, tensors, span, what, frame) || !countLayer(e, span, frame))
    return Poison{};
  if (a && b) {
    mlir::Value result;
    std::string path = nextPath(e, name, frame);
    if (op == BinaryOperator::Add)
      result = buildOp<AddOp>(e, {a, b}, span, what, path, frame);
    else if (op == BinaryOperator::Subtract)
      result = buildOp<SubOp>(e, {a, b}, span, what, path, frame);
    else if (op == BinaryOperator::Multiply)
      result = buildOp<MulOp>(e, {a, b}, span, what, path, frame);
    else
      adviseOnOperands(
          e.error(Diag::BadOperands, span, frame, spelling(op), left.describe() + " and " + right.describe()),
          op, left, right);
    return result ? Value(result) : Value();
  }
  std::optional<double> number = a ? right.number() : left.number();
  double factor = 1, offset = 0;
  bool known = number.has_value();
  if (known) {
    switch (op) {
    case BinaryOperator::Add:
      offset = *number;
      break;
    case BinaryOperator::Subtract:
      offset = a ? -*number : *number, factor = a ? 1 : -1;
      break;
    case BinaryOperator::Multiply:
      factor = *number;
      break;
    case BinaryOperator::Divide:
      known = a && *number != 0;
      factor = known ? 1 / *number : 1;
      break;
    default:
      known = false;
    }
  }
  if (!known) {
    if (op == BinaryOperator::Divide && a && number)
      e.error(Diag::DivisionByZero, span, frame);
    else
      adviseOnOperands(
          e.error(Diag::BadOperands, span, frame, spelling(op), left.describe() + " and " + right.describe()),
          op, left, right);
    return Poison{};
  }
  auto fill = [&](ScaleOp::Properties& properties) {
    properties.setFactor(e.builder.getF64FloatAttr(factor));
    properties.setOffset(e.builder.getF64FloatAttr(offset));
  };
  mlir::Value result = buildOp<ScaleOp>(e, a ? a : b, fill, span, what, nextPath(e, name, frame), frame);
  return result ? Value(result) : Value();
}

Value evaluateBinary(Elaborator& e, const BinaryExpr& expr, const Frame& frame) {
  if (expr.op == BinaryOperator::And || expr.op == BinaryOperator::Or) {
    Value left = evaluate(e, expr.left, frame), right = evaluate(e, expr.right, frame);
    if (left.isPoison() || right.isPoison()) return Poison{};
    auto *a = left.get<bool>(), *b = right.get<bool>();
    bool isAnd = expr.op == BinaryOperator::And;
    if (a && b) return isAnd ? *a && *b : *a || *b;
    bool conditions = (a || left.get<RunTimeCondition>()) && (b || right.get<RunTimeCondition>());
    if (conditions) {
      if (a) return *a == isAnd ? right : left;
      if (b) return *b == isAnd ? left : right;
      auto *first = left.get<RunTimeCondition>(), *second = right.get<RunTimeCondition>();
      return RunTimeCondition{first->text + " " + std::string(spelling(expr.op)) + " " + second->text,
                              isAnd ? condition::all(first->test, second->test)
                                    : condition::any(first->test, second->test)};
    }
    const Expr* wrong = a || left.get<RunTimeCondition>() ? expr.right : expr.left;
    e.error(Diag::TypeMismatch, wrong->span, frame, "beside '" + std::string(spelling(expr.op)) + "'",
            "true or false", wrong == expr.left ? left.describe() : right.describe());
    return Poison{};
  }
  if (expr.op == BinaryOperator::Range) {
    std::optional<int64_t> from = expr.left ? evaluateInt(e, expr.left, frame, "a range") : std::nullopt;
    std::optional<int64_t> to = expr.right ? evaluateInt(e, expr.right, frame, "a range") : std::nullopt;
    if (!from || !to) return Poison{};
    if (*to > *from && uint64_t(*to) - uint64_t(*from) > Elaborator::maxLength) {
      e.error(Diag::TooManySteps, expr.span, frame, int64_t(Elaborator::maxLength), "elements in a range");
      return Poison{};
    }
    List list;
    for (int64_t i = *from; i < *to; ++i) list.push_back(i);
    return list;
  }
  Value left = evaluate(e, expr.left, frame), right = evaluate(e, expr.right, frame);
  return evaluateBinary(e, expr, left, right, frame);
}

Value evaluateBinary(Elaborator& e, const BinaryExpr& expr, const Value& left, const Value& right,
                     const Frame& frame) {
  if (left.isPoison() || right.isPoison()) return Poison{};
  auto *a = left.get<int64_t>(), *b = right.get<int64_t>();
  if (a && b)
    return isComparison(expr.op) ? Value(compare(expr.op, *a, *b)) : wholeArithmetic(e, expr, *a, *b, frame);
  if (left.number() && right.number()) {
    if (isComparison(expr.op)) return compare(expr.op, *left.number(), *right.number());
    return realArithmetic(e, expr, *left.number(), *right.number(), frame);
  }
  if (mlir::AffineExpr x = affine(left, e.context), y = affine(right, e.context); x && y)
    return dimensionArithmetic(e, expr, x, y, frame);
  bool arithmetic = expr.op == BinaryOperator::Add || expr.op == BinaryOperator::Subtract ||
                    expr.op == BinaryOperator::Multiply || expr.op == BinaryOperator::Divide;
  if (left.tensor() || right.tensor())
    if (auto result = tensorOperation(e, expr.op, left, right, expr.span, frame)) return *result;
  if (arithmetic && (left.tensor() || right.tensor()))
    return tensorArithmetic(e, expr.op, left, right, expr.span, frame);
  bool equality = expr.op == BinaryOperator::Equal || expr.op == BinaryOperator::NotEqual;
  auto *s = left.get<std::string>(), *t = right.get<std::string>();
  size_t length = left.list() && right.list() ? left.list()->size() + right.list()->size() : 0;
  if (expr.op == BinaryOperator::Add && length > Elaborator::maxLength) {
    e.error(Diag::TooManySteps, expr.span, frame, int64_t(Elaborator::maxLength), "elements in a list");
    return Poison{};
  }
  if (left.list() && right.list() && expr.op == BinaryOperator::Add) {
    List joined = *left.list();
    joined.insert(joined.end(), right.list()->begin(), right.list()->end());
    return joined;
  }
  if (s && t && equality) return compare(expr.op, *s, *t);
  if (s && t && expr.op == BinaryOperator::Add) return *s + *t;
  auto *p = left.get<bool>(), *q = right.get<bool>();
  if (p && q && equality) return compare(expr.op, *p, *q);
  adviseOnOperands(e.error(Diag::BadOperands, expr.span, frame, spelling(expr.op),
                           left.describe() + " and " + right.describe()),
                   expr.op, left, right);
  return Poison{};
}

} // namespace cnn
