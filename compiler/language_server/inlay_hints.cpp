//===- inlay_hints.cpp - The shape after each step of a pipeline ---------------------------------------===//

#include "features.h"
#include "text.h"

#include "dsl/ast/children.h"

#include <algorithm>

namespace cnn::language_server {

using namespace ast;

namespace {

class Hints {
public:
  Hints(const Analysis& analysis, Span range) : analysis(analysis), range(range) {}

  std::vector<lsp::InlayHint> run() {
    for (const Decl* decl : analysis.syntax().declarations)
      walk(*decl, [&](const Node& node) {
        if (node.span.valid() && (node.span.end < range.begin || node.span.begin > range.end)) return false;
        if (auto* chain = as<ChainExpr>(&node)) steps(*chain);
        if (auto* binding = as<BindingStatement>(&node)) single(binding->value);
        if (auto* output = as<OutputStatement>(&node)) single(output->value);
        if (auto* assign = as<AssignStatement>(&node)) single(assign->value);
        if (auto* result = as<ReturnStatement>(&node)) single(result->value);
        return true;
      });
    std::ranges::stable_sort(hints, {}, [](const lsp::InlayHint& hint) {
      return std::pair(hint.position.line, hint.position.character);
    });
    return std::move(hints);
  }

private:
  void add(const Expr& node) {
    const Observation* seen = analysis.observations.of(node);
    if (!seen || !seen->times || !seen->isTensor || node.span.end < range.begin || node.span.end > range.end)
      return;
    lsp::InlayHint hint(lsp::InlayHintKind::Type, positionOf(analysis.source(), node.span.end));
    hint.label = shape(*seen);
    hint.paddingLeft = true;
    hints.push_back(std::move(hint));
  }

  /// The subject of a pipeline that is a plain name says its shape where it is declared.
  void steps(const ChainExpr& chain) {
    for (const Expr* stage : chain.stages)
      if (!as<NameExpr>(stage) || stage != chain.stages.front()) add(*stage);
  }

  /// A value that is no pipeline, such as a sum or a call.
  void single(const Expr* value) {
    if (value && (as<BinaryExpr>(value) || as<CallExpr>(value) || as<LabeledExpr>(value))) add(*value);
  }

  const Analysis& analysis;
  Span range;
  std::vector<lsp::InlayHint> hints;
};

} // namespace

std::vector<lsp::InlayHint> inlayHints(const Analysis& analysis, Span range) {
  return Hints(analysis, range).run();
}

} // namespace cnn::language_server
