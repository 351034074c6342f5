/// What is said about a name that nothing has: what was meant.
#include "ast_to_dialect/foreign.h"
#include "ast_to_dialect/name_checker.h"
#include "ast_to_dialect/names.h"

#include <algorithm>

namespace cnn {

using namespace ast;

void NameChecker::unknown(Span span, std::string_view name) {
  if (quiet || module.incomplete || std::ranges::count(module.file.lostNames, name)) return;
  if (wanted) return unknownSetting(span, name);
  const Foreign* foreign = foreignName(name);
  std::string_view torch = operatorOfTorch(name);
  if (foreign || !torch.empty()) {
    Diagnostic& diagnostic = report(Diag::UnknownName, span, name);
    diagnostic.didYouMean(foreign ? foreign->meant : torch);
    if (foreign && !foreign->note.empty()) diagnostic.note(std::string(foreign->note));
    return;
  }
  std::vector<std::string_view> candidates(builtinFunctions.begin(), builtinFunctions.end());
  for (auto& scope : scopes)
    for (auto& [local, where] : scope) candidates.push_back(local);
  for (auto& [global, where] : module.globals) candidates.push_back(global);
  for (const Operator& op : allOperators()) candidates.push_back(op.name);
  for (auto& [dimension, where] : freeDimensions) candidates.push_back(dimension);
  std::string_view meant = nearest(name, candidates);
  Diagnostic& diagnostic = report(Diag::UnknownName, span, name);
  diagnostic.didYouMean(meant);
  if (auto gone = ended.find(name); gone != ended.end())
    diagnostic.secondary(gone->second,
                         "known in this body only; a var declared before it keeps what it sets");
  else if (inLoss && meant.empty())
    diagnostic.note("a train section declares its targets, for example: input label: i32[N]");
}

/// An unknown name where only a certain kind of thing may stand: those that there are.
void NameChecker::unknownSetting(Span span, std::string_view name) {
  std::vector<std::string_view> candidates;
  std::string list;
  for (const Operator& op : allOperators()) {
    bool geometry = op.family == Family::Geometry && *wanted == Family::Augmentation;
    if (op.family != *wanted && !geometry) continue;
    candidates.push_back(op.name);
    list += (list.empty() ? "" : ", ") + std::string(op.name);
  }
  std::string_view meant = operatorOfTorch(name);
  if (!std::ranges::count(candidates, meant)) meant = nearest(name, candidates);
  Diagnostic& diagnostic = report(Diag::UnknownName, span, name);
  diagnostic.didYouMean(meant);
  if (meant.empty()) diagnostic.note("the choices are " + list);
}

Diagnostic& NameChecker::unknownArgument(const CallExpr& node, const Argument& argument,
                                         const std::vector<std::string_view>& names) {
  std::string_view name = argument.name.text;
  Diagnostic& diagnostic = report(Diag::UnknownArgument, argument.name.span,
                                  static_cast<const NameExpr*>(node.callee)->name, name);
  const Foreign* foreign = foreignArgument(name);
  if (!foreign || (!foreign->meant.empty() && !std::ranges::count(names, foreign->meant)))
    return diagnostic.didYouMean(nearest(name, names));
  if (!foreign->meant.empty()) return diagnostic.didYouMean(foreign->meant);
  // Without the comma that belongs to it.
  size_t i = static_cast<size_t>(&argument - node.arguments.data());
  Span whole = argument.span();
  if (i + 1 < node.arguments.size())
    whole.end = node.arguments[i + 1].span().begin;
  else if (i > 0)
    whole.begin = node.arguments[i - 1].span().end;
  return diagnostic.note(std::string(foreign->note)).fix("leave it out", {{whole, ""}});
}

} // namespace cnn
