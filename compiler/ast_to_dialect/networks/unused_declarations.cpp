/// Lets and functions of the file that nothing uses: they are evaluated as well, to find their mistakes.
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/networks/networks.h"

#include <algorithm>

namespace cnn {

using namespace ast;

/// A value of the type, to try a function with; the second trial takes other ones.
static Value example(const Type* type, bool second) {
  if (auto* list = as<ListType>(type))
    return List{example(list->element, false), example(list->element, true)};
  if (auto* row = as<RowType>(type)) {
    List columns;
    for (const Type* column : row->columns) columns.push_back(example(column, second));
    return columns;
  }
  auto* named = as<NamedType>(type);
  if (!named) return Poison{};
  if (named->name == "int") return int64_t(second ? 2 : 1);
  if (named->name == "float") return second ? 2.0 : 1.0;
  if (named->name == "bool") return second;
  if (named->name == "string") return std::string("a");
  if (named->name != "block") return Poison{};
  auto block = std::make_shared<BlockValue>();
  block->op = findOperator("identity");
  return std::shared_ptr<const BlockValue>(block);
}

/// Mistakes that do not depend on the values that a function gets.
static bool isAboutKinds(Diag diag) {
  switch (diag) {
  case Diag::TypeMismatch:
  case Diag::BadOperands:
  case Diag::NotCallable:
  case Diag::UnknownArgument:
  case Diag::MissingArgument:
  case Diag::TooManyArguments:
    return true;
  default:
    return false;
  }
}

void checkUncalled(Elaborator& e, const CallableDecl& function, DiagnosticEngine& found) {
  ElaborationOptions plain = e.options;
  plain.names = nullptr;
  plain.observations = nullptr;
  for (bool second : {false, true}) {
    Elaborator trial(e.program, e.context, plain, found);
    trial.steps = e.steps; // all trials together come to an end
    Environment names;
    Frame frame{&e.program.main(), &names, nullptr};
    std::map<size_t, Given> given;
    for (size_t i = 0; i < function.parameters.size(); ++i)
      if (const Parameter& parameter = function.parameters[i]; !parameter.defaultValue)
        given[i] = {example(parameter.type, second), parameter.span};
    Span span = function.name.span;
    if (!bindParameters(trial, function, given, 0, span, frame, frame)) continue;
    Value result = function.value ? evaluate(trial, function.value, frame)
                                  : execute(trial, function.body, frame, false).value;
    if (!result.isPoison() && function.resultType)
      checkType(trial, result, function.resultType, "the result of " + std::string(function.name.text),
                function.value ? function.value->span : span, frame);
    e.steps = trial.steps;
  }
}

/// Evaluates a let of the file, whatever it binds.
void evaluateGlobal(Elaborator& e, const Module& module, const Pattern& pattern, const Frame& frame) {
  if (auto* name = as<NamePattern>(&pattern)) {
    if (module.globals.count(name->name)) valueOfGlobal(e, module, name->name, name->span, frame);
    return;
  }
  for (const Pattern* element : static_cast<const ListPattern&>(pattern).elements)
    evaluateGlobal(e, module, *element, frame);
}

void checkUnusedDeclarations(Elaborator& e) {
  const Module& main = e.program.main();
  Environment none;
  Frame frame{&main, &none, nullptr};
  DiagnosticEngine found(e.program.sources);
  for (const Decl* decl : main.file.declarations)
    if (auto* let = as<LetDecl>(decl)) evaluateGlobal(e, main, *let->pattern, frame);
  for (const Decl* decl : main.file.declarations) {
    if (auto* function = as<CallableDecl>(decl)) {
      bool whole = function->parametersComplete && (function->value || function->body.complete);
      if (function->kind == Kind::Func && whole && !e.called.count(function))
        checkUncalled(e, *function, found);
    }
  }
  Span last;
  for (const Diagnostic* diagnostic : found.sorted()) {
    if (!isAboutKinds(diagnostic->diag) || diagnostic->span == last) continue;
    last = diagnostic->span;
    e.diagnostics.take(*diagnostic);
  }
}

} // namespace cnn
