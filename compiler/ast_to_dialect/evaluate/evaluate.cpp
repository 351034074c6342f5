/// Expressions.
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/foreign.h"
#include "ast_to_dialect/names/names.h"
#include "ast_to_dialect/networks/known_divisors.h"
#include "ast_to_dialect/networks/parameters.h"
#include "ast_to_dialect/operators/building.h"
#include "dialect/conditions.h"

#include <algorithm>

namespace cnn {

using namespace ast;

Value* Environment::find(std::string_view name) {
  for (Environment* scope = this; scope; scope = scope->parent)
    if (auto found = scope->names.find(name); found != scope->names.end()) return &found->second;
  return nullptr;
}

static Value builtinName(std::string_view name) {
  if (const Operator* op = findOperator(name)) {
    if (op->isSetting()) {
      auto record = std::make_shared<Record>();
      record->op = op;
      return std::shared_ptr<const Record>(record);
    }
    auto block = std::make_shared<BlockValue>();
    block->op = op;
    return std::shared_ptr<const BlockValue>(block);
  }
  if (std::ranges::count(builtinFunctions, name)) return FunctionValue{nullptr, nullptr, name};
  if (std::ranges::count(elementTypeNames, name)) return ElementType{name};
  return Poison{}; // checkNames has reported it
}

Value valueOfGlobal(Elaborator& e, const Module& module, std::string_view name, Span span,
                    const Frame& frame) {
  auto found = module.globals.find(name);
  if (found == module.globals.end()) return builtinName(name);
  const Global& entry = found->second;
  if (!entry.decl) return FileValue{entry.module};
  if (auto* callable = as<CallableDecl>(entry.decl)) {
    if (callable->kind == Kind::Func) return FunctionValue{callable, entry.module, {}};
    auto block = std::make_shared<BlockValue>();
    block->decl = callable;
    block->module = entry.module;
    block->span = callable->name.span;
    return std::shared_ptr<const BlockValue>(block);
  }
  auto* let = static_cast<const LetDecl*>(entry.decl);
  auto key = std::make_pair(entry.module, name);
  if (auto known = e.globals.find(key); known != e.globals.end()) return known->second;
  if (!e.evaluating.insert(let).second) {
    e.error(Diag::CircularDefinition, span, frame, name);
    return Poison{};
  }
  Environment names;
  Frame own{entry.module, &names, nullptr};
  bindPattern(e, *let->pattern, evaluate(e, let->value, own), own);
  e.evaluating.erase(let);
  for (auto& [bound, value] : names.names) e.globals[{entry.module, bound}] = value;
  return e.globals[key];
}

std::string evaluateString(Elaborator& e, const StringExpr& expr, const Frame& frame) {
  std::string result;
  for (const StringPart& part : expr.parts) {
    if (!part.hole) {
      result += part.text;
      continue;
    }
    Value value = evaluate(e, part.hole, frame);
    if (auto* i = value.get<int64_t>())
      result += std::to_string(*i);
    else if (auto* s = value.get<std::string>())
      result += *s;
    else if (auto* b = value.get<bool>())
      result += *b ? "true" : "false";
    else if (auto* d = value.get<double>())
      result += Value(*d).describe().substr(sizeof("the number ") - 1);
    else if (!value.isPoison())
      e.error(Diag::TypeMismatch, part.hole->span, frame, "in a string",
              "a number, a string or a truth value", value.describe());
    if (result.size() > Elaborator::maxCharacters) {
      e.error(Diag::TooManySteps, expr.span, frame, int64_t(Elaborator::maxCharacters),
              "characters in a string");
      return "";
    }
  }
  return result;
}

std::optional<int64_t> evaluateInt(Elaborator& e, const Expr* expr, const Frame& frame,
                                   std::string_view what) {
  Value value = evaluate(e, expr, frame);
  if (auto* i = value.get<int64_t>()) return *i;
  if (value.get<Dimension>())
    e.error(Diag::FreeDimension, expr->span, frame, what);
  else if (!value.isPoison())
    e.error(Diag::TypeMismatch, expr->span, frame, what, "a whole number", value.describe());
  return std::nullopt;
}

std::optional<bool> evaluateCondition(Elaborator& e, const Expr* expr, const Frame& frame) {
  Value value = evaluate(e, expr, frame);
  if (auto* b = value.get<bool>()) return *b;
  if (value.get<RunTimeCondition>())
    e.error(Diag::FreeDimension, expr->span, frame, "the condition");
  else if (!value.isPoison())
    e.error(Diag::TypeMismatch, expr->span, frame, "a condition", "true or false", value.describe());
  return std::nullopt;
}

bool bindPattern(Elaborator& e, const Pattern& pattern, const Value& value, const Frame& frame) {
  if (auto* name = as<NamePattern>(&pattern)) {
    if (name->name != "_" && !name->name.empty()) frame.environment->names[name->name] = value;
    if (e.observations) e.observations->bound(name->span, value, frame);
    return true;
  }
  auto& wanted = static_cast<const ListPattern&>(pattern).elements;
  const List* list = value.list();
  bool fits = list && list->size() == wanted.size();
  if (!fits && !value.isPoison()) {
    if (list)
      e.error(Diag::PatternMismatch, pattern.span, frame, int64_t(wanted.size()), value.describe());
    else
      e.error(Diag::TypeMismatch, pattern.span, frame, "a pattern", "a list", value.describe());
  }
  for (size_t i = 0; i < wanted.size(); ++i) bindPattern(e, *wanted[i], fits ? (*list)[i] : Value(), frame);
  return fits;
}

static Value member(Elaborator& elaborator, const MemberExpr& expr, const Value& base, const Frame& frame) {
  std::string_view name = expr.member.text;
  auto unknown = [&](const std::string& what, std::vector<std::string_view> names) {
    Diagnostic& diagnostic = elaborator.error(Diag::UnknownMember, expr.member.span, frame, what, name);
    if (!diagnostic.isKept) return Value();
    const Foreign* foreign = base.tensor() ? foreignMember(name) : nullptr;
    const Operator* op = base.tensor() ? findOperator(name) : nullptr;
    if (op && op->subjects == 1) {
      Span dot{expr.span.file, expr.base->span.end, expr.member.span.begin};
      diagnostic.fix("apply the operator", {{dot, " |> "}});
      return Value();
    }
    diagnostic.didYouMean(nearest(name, names)).note("its members are " + listed(names));
    if (foreign) diagnostic.note(std::string(foreign->note));
    return Value();
  };
  if (base.isPoison() || !expr.member.present()) return Poison{}; // without a name the parser has reported it
  if (auto* file = base.get<FileValue>(); file && !file->module->globals.count(name)) return Poison{};
  if (auto* file = base.get<FileValue>())
    return valueOfGlobal(elaborator, *file->module, name, expr.member.span, frame);
  if (const Members* members = base.members()) {
    auto found = members->values.find(name);
    if (found != members->values.end()) return found->second;
    std::vector<std::string_view> names;
    for (auto& [candidate, value] : members->values) names.push_back(candidate);
    if (!members->outputs.empty() && std::ranges::count(tensorMembers, name)) {
    } // of its first output, below
    else
      return unknown("the network " + members->network, names);
  }
  mlir::Value tensor = base.tensor();
  if (!tensor) {
    elaborator.error(Diag::TypeMismatch, expr.base->span, frame, "before '." + std::string(name) + "'",
                     "a tensor or a network", base.describe());
    return Poison{};
  }
  auto type = mlir::cast<cnn::TensorType>(tensor.getType());
  auto dimension = [&](unsigned i) -> Value {
    if (auto fixed = type.getFixed(i)) return *fixed;
    return Dimension{type.getShape()[i]};
  };
  auto axis = [&](unsigned i) -> Value {
    if (i < type.getRank()) return dimension(i);
    elaborator.error(Diag::ShapeMismatch, expr.member.span, frame, "." + std::string(name),
                     type.shapeText() + " has " + std::to_string(type.getRank()) + " dimensions");
    return Value();
  };
  if (name == "rank") return int64_t(type.getRank());
  if (name == "channels") return axis(1);
  if (name == "height") return axis(2);
  if (name == "width") return axis(type.getRank() == 3 ? 2 : 3);
  if (name == "shape") {
    List list;
    for (unsigned i = 0; i < type.getRank(); ++i) list.push_back(dimension(i));
    return list;
  }
  return unknown("a tensor", {tensorMembers.begin(), tensorMembers.end()});
}

static void noteSlice(Diagnostic& diagnostic, const Value& base) {
  if (base.tensor()) diagnostic.note("channels of a tensor are taken by x |> slice(begin, end)");
}

static Value index(Elaborator& elaborator, const IndexExpr& expr, const Frame& frame) {
  Value base = evaluate(elaborator, expr.base, frame);
  const List* list = base.list();
  if (!list && !base.isPoison())
    noteSlice(
        elaborator.error(Diag::TypeMismatch, expr.base->span, frame, "before '['", "a list", base.describe()),
        base);
  int64_t size = list ? int64_t(list->size()) : 0;
  auto place = [&](const Expr* node, int64_t missing) -> std::optional<int64_t> {
    if (!node) return missing;
    std::optional<int64_t> i = evaluateInt(elaborator, node, frame, "an index");
    if (i && *i < 0) *i += size;
    return i;
  };
  auto* range = as<BinaryExpr>(expr.index);
  if (range && range->op == BinaryOperator::Range) {
    std::optional<int64_t> from = place(range->left, 0), to = place(range->right, size);
    if (!list || !from || !to) return Poison{};
    if (*from < 0 || *to > size || *from > *to) {
      elaborator.error(Diag::IndexOutOfRange, expr.index->span, frame,
                       std::to_string(*from) + ".." + std::to_string(*to), size);
      return Poison{};
    }
    return List(list->begin() + *from, list->begin() + *to);
  }
  std::optional<int64_t> i = place(expr.index, 0);
  if (!list || !i) return Poison{};
  if (*i < 0 || *i >= size) {
    elaborator.error(Diag::IndexOutOfRange, expr.index->span, frame, *i, size);
    return Poison{};
  }
  return (*list)[*i];
}

/// A bare name stands for the call without arguments: whether a setting does without any.
bool givenAll(Elaborator& e, const Value& value, Span span, const Frame& frame) {
  const Record* record = value.record();
  if (!record) return true;
  for (const OperatorArgument& argument : record->op->arguments) {
    if (!argument.required() || record->arguments.count(argument.name)) continue;
    e.error(Diag::MissingArgument, span, frame, record->op->name, argument.name);
    return false;
  }
  return true;
}

static Value labeled(Elaborator& elaborator, const LabeledExpr& expr, const Frame& frame, PathHint hint) {
  hint.label = evaluateString(elaborator, *expr.path, frame);
  hint.span = expr.path->span;
  const Expr* inner = expr.inner;
  while (auto* paren = as<ParenExpr>(inner)) inner = paren->inner;
  Value value = evaluate(elaborator, inner, frame, hint);
  const BlockValue* block = value.block();
  if (!block || block->label == hint.label) return value;
  auto named = std::make_shared<BlockValue>(*block);
  named->label = hint.label;
  named->labelSpan = hint.span;
  return std::shared_ptr<const BlockValue>(named);
}

Value evaluate(Elaborator& e, const Expr* node, const Frame& frame, const PathHint& hint) {
  if (!countStep(e, node->span, frame)) return Poison{};
  if (e.evaluationDepth >= Elaborator::maxEvaluationDepth) {
    e.error(Diag::TooDeep, node->span, frame, int64_t(Elaborator::maxEvaluationDepth));
    return Poison{};
  }
  Elaborator::Level level(e);
  Cost before = e.observations ? e.observations->total() : Cost{};
  Value value = evaluateNode(e, node, frame, hint);
  if (!affordable(e, value, *node, frame)) return Poison{};
  if (e.observations) e.observations->evaluated(*node, value, frame, before);
  return value;
}

Value evaluateNode(Elaborator& e, const Expr* node, const Frame& frame, const PathHint& hint) {
  switch (node->kind) {
  case Kind::Int:
    return static_cast<const IntExpr*>(node)->value;
  case Kind::Float:
    return static_cast<const FloatExpr*>(node)->value;
  case Kind::Bool:
    return static_cast<const BoolExpr*>(node)->value;
  case Kind::String:
    return evaluateString(e, *static_cast<const StringExpr*>(node), frame);
  case Kind::Name: {
    std::string_view name = static_cast<const NameExpr*>(node)->name;
    if (Value* local = frame.environment->find(name)) return *local;
    Value value = valueOfGlobal(e, *frame.module, name, node->span, frame);
    return node == e.calledNode || givenAll(e, value, node->span, frame) ? value : Value();
  }
  case Kind::List: {
    List list;
    for (const Expr* element : static_cast<const ListExpr*>(node)->elements)
      list.push_back(evaluate(e, element, frame));
    return list;
  }
  case Kind::Paren:
    return evaluate(e, static_cast<const ParenExpr*>(node)->inner, frame, hint);
  case Kind::Unary:
    return evaluateUnary(e, *static_cast<const UnaryExpr*>(node), frame);
  case Kind::Binary:
    return evaluateBinary(e, *static_cast<const BinaryExpr*>(node), frame);
  case Kind::Call:
    return evaluateCall(e, *static_cast<const CallExpr*>(node), frame, hint, nullptr);
  case Kind::Index:
    return index(e, *static_cast<const IndexExpr*>(node), frame);
  case Kind::Member: {
    auto* expr = static_cast<const MemberExpr*>(node);
    return member(e, *expr, evaluate(e, expr->base, frame), frame);
  }
  case Kind::Chain:
    return evaluateChain(e, *static_cast<const ChainExpr*>(node), frame, hint);
  case Kind::Labeled:
    return labeled(e, *static_cast<const LabeledExpr*>(node), frame, hint);
  case Kind::If:
    return executeIf(e, *static_cast<const IfExpr*>(node), frame, true).value;
  case Kind::For: {
    List results;
    Outcome outcome = executeFor(e, *static_cast<const ForExpr*>(node), frame, &results);
    return outcome.value.isPoison() && results.empty() ? Value(List()) : Value(std::move(results));
  }
  default:
    return Poison{};
  }
}

} // namespace cnn
