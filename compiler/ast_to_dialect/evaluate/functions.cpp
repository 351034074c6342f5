/// Functions on compile-time values.
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/evaluate/tensor_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cnn {

using namespace ast;

/// Where a function's result is written: its value, if that is all it is; else the call.
static Span resultSpan(const CallableDecl& decl, const CallExpr& call) {
  return decl.value ? decl.value->span : call.span;
}

/// The division that a call of floor, ceil or round is all about; null for what is none.
static const BinaryExpr* roundedDivision(std::string_view function, const CallExpr& expr) {
  bool rounds = function == "floor" || function == "ceil" || function == "round";
  if (!rounds || expr.arguments.size() != 1 || expr.arguments[0].name.present()) return nullptr;
  const Expr* argument = expr.arguments[0].value;
  while (auto* paren = as<ParenExpr>(argument)) argument = paren->inner;
  auto* division = as<BinaryExpr>(argument);
  return division && division->op == BinaryOperator::Divide ? division : nullptr;
}

/// Exactly, however large the numbers are; round goes to even where both are equally near.
static int64_t dividedWhole(std::string_view function, int64_t a, int64_t b) {
  int64_t down = a / b - (a % b != 0 && (a < 0) != (b < 0));
  uint64_t rest = uint64_t(a) - uint64_t(down) * uint64_t(b), whole = uint64_t(b);
  if (b < 0) rest = -rest, whole = -whole;
  if (function == "floor" || rest == 0) return down;
  bool up = rest > whole - rest || (rest == whole - rest && down % 2 != 0);
  return function == "ceil" || up ? down + 1 : down;
}

/// `floor(a / b)` of whole numbers, which need not be whole before it is rounded.
Value roundedQuotient(Elaborator& e, std::string_view function, const BinaryExpr& division,
                      const CallExpr& call, const Frame& frame) {
  Value left = evaluate(e, division.left, frame), right = evaluate(e, division.right, frame);
  auto *a = left.get<int64_t>(), *b = right.get<int64_t>();
  auto* size = left.get<Dimension>();
  if (a && b && *b != 0 && !(*b == -1 && *a == INT64_MIN)) return dividedWhole(function, *a, *b);
  if (size && b && *b > 0 && *b <= INT32_MAX && function != "round")
    return Dimension{function == "floor" ? size->expr.floorDiv(*b) : (size->expr + (*b - 1)).floorDiv(*b)};
  Value quotient = evaluateBinary(e, division, left, right, frame);
  return callBuiltin(e, function, {{quotient, division.span}}, call.span, frame);
}

Value callFunction(Elaborator& e, const FunctionValue& function, const CallExpr& expr, const Frame& frame) {
  if (!function.decl) {
    if (const BinaryExpr* division = roundedDivision(function.builtin, expr))
      return roundedQuotient(e, function.builtin, *division, expr, frame);
    std::vector<Given> values;
    for (const Argument& argument : expr.arguments) {
      if (argument.name.present())
        e.error(Diag::UnknownArgument, argument.name.span, frame, function.builtin, argument.name.text)
            .note(std::string(function.builtin) + " takes arguments without names");
      values.push_back({evaluate(e, argument.value, frame), argument.value->span});
    }
    return callBuiltin(e, function.builtin, values, expr.span, frame);
  }
  e.called.insert(function.decl);
  BlockValue callee;
  callee.decl = function.decl;
  callee.module = function.module;
  std::vector<Given> values;
  for (const Argument& argument : expr.arguments)
    values.push_back({evaluate(e, argument.value, frame), argument.span()});
  auto bound = withArguments(e, callee, expr.arguments, values, 0, expr.span, frame);
  if (!bound) return Poison{};
  if (e.callDepth >= Elaborator::maxDepth) {
    e.error(Diag::EndlessRecursion, expr.span, frame, function.decl->name.text,
            int64_t(Elaborator::maxDepth));
    return Poison{};
  }
  ++e.callDepth;
  Environment names;
  Frame inner{function.module, &names, nullptr};
  Value result;
  if (bindParameters(e, *function.decl, bound->given, 0, expr.span, inner, frame)) {
    result = function.decl->value ? evaluate(e, function.decl->value, inner)
                                  : execute(e, function.decl->body, inner, false).value;
    if (!result.isPoison() && function.decl->resultType)
      if (!checkType(e, result, function.decl->resultType,
                     "the result of " + std::string(function.decl->name.text),
                     resultSpan(*function.decl, expr), frame))
        result = Poison{};
    if (auto* i = result.get<int64_t>(); i && function.decl->resultType)
      if (auto* named = as<NamedType>(function.decl->resultType); named && named->name == "float")
        result = double(*i);
  }
  --e.callDepth;
  return result;
}

/// floor, ceil, round to even, as whole numbers.
static Value rounded(Elaborator& elaborator, std::string_view name, const Given& argument,
                     const Frame& frame) {
  if (argument.value.get<int64_t>()) return argument.value;
  double value = *argument.value.number();
  value = name == "floor" ? std::floor(value) : name == "ceil" ? std::ceil(value) : std::nearbyint(value);
  if (value >= -0x1p63 && value < 0x1p63) return int64_t(value);
  elaborator.error(Diag::Overflow, argument.span, frame, name);
  return Poison{};
}

static Value reduced(Elaborator& elaborator, std::string_view name, const List& values, Span span,
                     const Frame& frame) {
  if (values.empty()) {
    if (name == "sum") return int64_t(0);
    elaborator.error(Diag::TypeMismatch, span, frame, name, "at least one value", "none");
    return Poison{};
  }
  bool whole = true;
  for (const Value& value : values) {
    if (value.isPoison()) return Poison{};
    if (!value.number()) {
      elaborator.error(Diag::TypeMismatch, span, frame, name, "numbers", value.describe());
      return Poison{};
    }
    whole = whole && value.get<int64_t>();
  }
  if (!whole) {
    double result = *values[0].number();
    for (size_t i = 1; i < values.size(); ++i) {
      double next = *values[i].number();
      result = name == "sum"   ? result + next
               : name == "min" ? std::min(result, next)
                               : std::max(result, next);
    }
    return result;
  }
  int64_t result = *values[0].get<int64_t>();
  for (size_t i = 1; i < values.size(); ++i) {
    int64_t next = *values[i].get<int64_t>();
    if (name != "sum") {
      result = name == "min" ? std::min(result, next) : std::max(result, next);
    } else if (__builtin_add_overflow(result, next, &result)) {
      elaborator.error(Diag::Overflow, span, frame, "sum");
      return Poison{};
    }
  }
  return result;
}

Value callBuiltin(Elaborator& e, std::string_view name, const std::vector<Given>& arguments, Span span,
                  const Frame& frame) {
  for (const Given& argument : arguments) {
    bool isLong = argument.value.list() && argument.value.list()->size() > 16;
    if (argument.value.isPoison() || (isLong && !countStep(e, span, frame, argument.value.list()->size())))
      return Poison{};
  }
  auto wrongCount = [&](std::string_view wanted) {
    e.error(Diag::TooManyArguments, span, frame, name, wanted, int64_t(arguments.size()));
    return Value();
  };
  auto wrongType = [&](const Given& argument, std::string_view wanted) {
    e.error(Diag::TypeMismatch, argument.span, frame, name, wanted, argument.value.describe());
    return Value();
  };
  bool ofTensors =
      std::ranges::any_of(arguments, [](const Given& given) { return bool(given.value.tensor()); });
  if (name == "select" || (ofTensors && (name == "min" || name == "max")))
    return tensorFunction(e, name, arguments, span, frame);
  if (name == "min" || name == "max") {
    if (arguments.size() == 1 && arguments[0].value.list())
      return reduced(e, name, *arguments[0].value.list(), span, frame);
    List values;
    for (const Given& argument : arguments) values.push_back(argument.value);
    return reduced(e, name, values, span, frame);
  }
  if (name == "zip") {
    if (arguments.empty()) return wrongCount("lists");
    size_t length = std::numeric_limits<size_t>::max();
    for (const Given& argument : arguments) {
      if (!argument.value.list()) return wrongType(argument, "a list");
      length = std::min(length, argument.value.list()->size());
    }
    List result;
    for (size_t i = 0; i < length; ++i) {
      List row;
      for (const Given& argument : arguments) row.push_back((*argument.value.list())[i]);
      result.push_back(Value(std::move(row)));
    }
    return result;
  }
  if (name == "except") {
    e.error(Diag::TypeMismatch, span, frame, "except", "its use as a selector", "a value");
    return Poison{};
  }
  if (arguments.size() != 1) return wrongCount("one argument");
  const Given& argument = arguments[0];
  if (name == "floor" || name == "ceil" || name == "round")
    return argument.value.number() ? rounded(e, name, argument, frame) : wrongType(argument, "a number");
  const List* list = argument.value.list();
  if (!list) return wrongType(argument, "a list");
  if (name == "len") return int64_t(list->size());
  if (name == "sum") return reduced(e, name, *list, span, frame);
  if (name == "reversed") return List(list->rbegin(), list->rend());
  List result; // enumerate
  for (size_t i = 0; i < list->size(); ++i) result.push_back(Value(List{int64_t(i), (*list)[i]}));
  return result;
}

} // namespace cnn
