/// What is said about a name that nothing has: what was meant.
#include "ast_to_dialect/foreign.h"
#include "ast_to_dialect/names/name_checker.h"
#include "ast_to_dialect/names/names.h"

#include <algorithm>

namespace cnn {

using namespace ast;

/// Where a call or an application stands, what can be applied; elsewhere what has a value.
std::vector<std::string_view> NameChecker::candidates(Place at) {
  std::vector<std::string_view> result;
  for (auto& scope : scopes)
    for (auto& [local, where] : scope) result.push_back(local);
  for (auto& [global, where] : module.globals) result.push_back(global);
  for (const Operator& op : allOperators()) {
    bool applied = op.family == Family::Layer || op.family == Family::Loss || op.family == Family::Metric;
    bool fits = at.role == Role::Stage || at.role == Role::Selector ? applied : true;
    if (fits) result.push_back(op.name);
  }
  if (at.role == Role::Callee) result.insert(result.end(), builtinFunctions.begin(), builtinFunctions.end());
  if (at.role == Role::Value)
    for (auto& [dimension, where] : freeDimensions) result.push_back(dimension);
  return result;
}

void NameChecker::unknown(Span span, std::string_view name, Place at) {
  if (quiet || module.incomplete || module.file.lostNames.count(name)) return;
  if (diagnostics.isFull()) {
    report(Diag::UnknownName, span, name);
    return;
  }
  if (wanted) return unknownSetting(span, name, at.call);
  Guess meant = nearest(name, candidates(at));
  if ((!meant.sure || foreignName(name)) && foreign(span, name, name, at)) return;
  Diagnostic& diagnostic = report(Diag::UnknownName, span, name);
  if (at.role == Role::Selector) {
    bool path = name.find_first_of("0123456789.") != std::string_view::npos; // linear1, fc.weight
    std::vector<Edit> quotes{{span, "\"" + std::string(name) + "\""}};
    path ? diagnostic.fix("write a path in quotes", quotes)
         : diagnostic.suggest("write a path in quotes", quotes);
    diagnostic.note("a name without quotes is an operator's or a block's, and selects all of its kind");
    if (!meant.sure) return;
  }
  diagnostic.didYouMean(meant);
  if (auto gone = ended.find(name); gone != ended.end())
    diagnostic.secondary(gone->second,
                         "known in this body only; a var declared before it keeps what it sets");
  else if (inLoss && meant.empty())
    diagnostic.note("a train section declares its targets, for example: input label: i32[N]");
}

/// An unknown name where only a certain kind of thing may stand: those that there are.
void NameChecker::unknownSetting(Span span, std::string_view name, const CallExpr* call) {
  std::vector<std::string_view> candidates;
  std::string list;
  for (const Operator& op : allOperators()) {
    bool geometry = op.family == Family::Geometry && *wanted == Family::Augmentation;
    bool measured = op.family == Family::Loss && *wanted == Family::Metric;
    if (op.family != *wanted && !geometry && !measured) continue;
    candidates.push_back(op.name);
    list += (list.empty() ? "" : ", ") + std::string(op.name);
  }
  Guess meant = nearest(name, candidates);
  std::string_view torch = operatorOfTorch(name);
  if (!meant.sure && !std::ranges::count(candidates, torch))
    if (const Foreign* known = absentOperator(name)) {
      absent(span, name, *known).note("the choices are " + list);
      return;
    }
  Diagnostic& diagnostic = report(Diag::UnknownName, span, name);
  if (std::ranges::count(candidates, torch))
    translate(diagnostic, span, name, torch, {Role::Callee, call});
  else
    diagnostic.didYouMean(meant);
  if (diagnostic.fixIts.empty()) diagnostic.note("the choices are " + list);
}

Diagnostic& NameChecker::unknownArgument(const CallExpr& node, const Argument& argument,
                                         const std::vector<std::string_view>& names) {
  std::string_view name = argument.name.text;
  Diagnostic& diagnostic = report(Diag::UnknownArgument, argument.name.span,
                                  static_cast<const NameExpr*>(node.callee)->name, name);
  const Foreign* foreign = foreignArgument(name);
  if (!foreign || (!foreign->meant.empty() && !std::ranges::count(names, foreign->meant)))
    return diagnostic.didYouMean(nearest(name, names));
  if (!foreign->meant.empty()) return diagnostic.didYouMean({foreign->meant, true});
  diagnostic.note(std::string(foreign->note));
  std::string_view value =
      argument.value->span.valid() ? diagnostics.sourceManager().text(argument.value->span) : "";
  bool harmless = foreign->harmless.empty() || value == foreign->harmless;
  if (!harmless) return diagnostic;
  // Without the comma that belongs to it.
  size_t i = static_cast<size_t>(&argument - node.arguments.data());
  Span whole = argument.span();
  if (i + 1 < node.arguments.size())
    whole.end = node.arguments[i + 1].span().begin;
  else if (i > 0)
    whole.begin = node.arguments[i - 1].span().end;
  return diagnostic.fix("leave it out", {{whole, ""}});
}

} // namespace cnn
