#include "ast_to_dialect/evaluate/tensor_functions.h"

#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/comparison.h"
#include "ast_to_dialect/networks/parameters.h"
#include "ast_to_dialect/operators/term.h"

namespace cnn {

using namespace ast;

/// What the path of an operation's op ends with; empty for operations that are not of this file.
static std::string_view nameOf(BinaryOperator op) {
  if (isComparison(op)) return "compare";
  return op == BinaryOperator::Divide ? "div" : op == BinaryOperator::Power ? "pow" : "";
}

static Term apply(BinaryOperator op, const Term& a, const Term& b) {
  if (isComparison(op)) return compare(op, a, b);
  return op == BinaryOperator::Divide ? a / b : pow(a, b.value());
}

static std::optional<Term> operand(Formula& formula, const Value& value) {
  if (mlir::Value tensor = value.tensor()) return Term(formula, tensor);
  if (auto number = value.number()) return Term(*number);
  return std::nullopt;
}

static Value resultOf(const Formula& formula, const Term& term) {
  return formula.failed || !term.get() ? Value() : Value(term.get());
}

/// Whether the tensors among the operands can be computed with; reports those that cannot.
static bool areReal(Elaborator& elaborator, llvm::ArrayRef<mlir::Value> tensors, const Formula& formula) {
  return !wrongElements(elaborator, Elements::Real, tensors, formula.span, formula.what, formula.frame) &&
         countLayer(elaborator, formula.span, formula.frame);
}

std::optional<Value> tensorOperation(Elaborator& elaborator, BinaryOperator op, const Value& left,
                                     const Value& right, Span span, const Frame& frame) {
  std::string_view name = nameOf(op);
  bool numberAsked = op == BinaryOperator::Power, byNumber = op == BinaryOperator::Divide && !right.tensor();
  if (name.empty() || byNumber || (numberAsked && !right.number())) return std::nullopt;
  Formula formula{elaborator, span, "'" + std::string(spelling(op)) + "'", "", frame};
  std::optional<Term> a = operand(formula, left), b = operand(formula, right);
  if (!a || !b) return std::nullopt;
  llvm::SmallVector<mlir::Value, 2> tensors;
  for (const Value* value : {&left, &right})
    if (value->tensor()) tensors.push_back(value->tensor());
  if (!areReal(elaborator, tensors, formula)) return Value(Poison{});
  formula.path = nextPath(elaborator, name, frame);
  return resultOf(formula, apply(op, *a, *b));
}

Value tensorFunction(Elaborator& elaborator, std::string_view name, const std::vector<Given>& arguments,
                     Span span, const Frame& frame) {
  bool selects = name == "select";
  if (selects ? arguments.size() != 3 : arguments.size() < 2) {
    elaborator.error(Diag::TooManyArguments, span, frame, name,
                     selects ? "a condition and two values" : "two values or more",
                     int64_t(arguments.size()));
    return Poison{};
  }
  Formula formula{elaborator, span, std::string(name), "", frame};
  std::vector<Term> terms;
  llvm::SmallVector<mlir::Value> tensors;
  for (const Given& argument : arguments) {
    auto* flag = argument.value.get<bool>();
    std::optional<Term> term =
        flag && selects && terms.empty() ? Term(*flag ? 1 : 0) : operand(formula, argument.value);
    if (!term) {
      elaborator.error(Diag::TypeMismatch, argument.span, frame, name, "tensors and numbers",
                       argument.value.describe());
      return Poison{};
    }
    terms.push_back(*term);
    if (argument.value.tensor()) tensors.push_back(argument.value.tensor());
  }
  if (!areReal(elaborator, tensors, formula)) return Poison{};
  formula.path = nextPath(elaborator, name, frame);
  if (selects) {
    Term chosen = select(terms[0], terms[1], terms[2]);
    if (chosen.isNumber()) return chosen.value();
    return resultOf(formula, chosen);
  }
  Term result = terms[0];
  for (size_t i = 1; i < terms.size(); ++i)
    result = name == "max" ? max(result, terms[i]) : min(result, terms[i]);
  return resultOf(formula, result);
}

} // namespace cnn
