//===- hover.cpp - What a name is: declaration, documentation, shape, parameters, work -----------------===//

#include "features.h"
#include "text.h"

#include "ast_to_dialect/names/names.h"
#include "ast_to_dialect/operators/reference.h"
#include "dsl/ast/children.h"

namespace cnn::language_server {

using namespace ast;

namespace {

std::string code(const std::string& text) {
  return "```cnn\n" + text + "\n```\n";
}

/// What was observed of the application of which the innermost node is the name: `conv` in `conv(6, 5) @a`.
const Observation* application(const Analysis& analysis, const std::vector<const Node*>& nodes) {
  const Node* below = nullptr;
  for (auto node = nodes.rbegin(); node != nodes.rend(); below = *node++) {
    auto* expr = as<Expr>(*node);
    if (!expr) return nullptr;
    auto* call = as<CallExpr>(expr);
    auto* labeled = as<LabeledExpr>(expr);
    auto* member = as<MemberExpr>(expr);
    bool same = !below || (call && call->callee == below) || (labeled && labeled->inner == below) ||
                (member && member->base == below && nodes.size() > 1);
    if (!same) return nullptr;
    const Observation* seen = analysis.observations.of(*expr);
    if (seen && seen->isTensor && seen->times) return seen;
  }
  return nullptr;
}

const Observation* valueOf(const Analysis& analysis, const Symbol& symbol, const Expr* use) {
  const Observation* seen = use ? analysis.observations.of(*use) : nullptr;
  if (!seen || !seen->times) seen = analysis.observations.of(symbol.span);
  return seen && seen->times ? seen : nullptr;
}

std::string symbolText(const Analysis& analysis, const Symbol& symbol,
                       const std::vector<const Node*>& nodes) {
  std::string text = code(header(analysis, symbol));
  auto* callable = symbol.parameter ? nullptr : as<CallableDecl>(symbol.node);
  if (callable) {
    if (const Observation* seen = application(analysis, nodes)) text += "\n" + describe(*seen) + "\n";
  } else {
    auto* use = nodes.empty() ? nullptr : as<NameExpr>(nodes.back());
    const Observation* seen = valueOf(analysis, symbol, use);
    if (!seen || use) { // a block that was given as argument or bound by let, applied here
      const Observation* applied = application(analysis, nodes);
      if (applied) seen = applied;
    }
    if (seen) text += "\n" + describe(*seen) + "\n";
  }
  std::string comment = documentation(symbol);
  if (!comment.empty()) text += "\n" + comment;
  return text;
}

lsp::Hover shown(const Analysis& analysis, Span span, std::string text) {
  lsp::Hover result(rangeOf(analysis.sources, span));
  result.contents.value = std::move(text);
  return result;
}

const Token* tokenAt(const Analysis& analysis, uint32_t offset, TokenKind kind) {
  for (const Token& token : analysis.tokens.tokens)
    if (token.kind == kind && token.span.begin <= offset && offset <= token.span.end) return &token;
  return nullptr;
}

/// On a `|>`: what flows through it.
std::optional<lsp::Hover> pipeHover(const Analysis& analysis, const std::vector<const Node*>& nodes,
                                    Span pipe) {
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    auto* chain = as<ChainExpr>(*node);
    for (size_t i = 0; chain && i + 1 < chain->stages.size(); ++i) {
      if (chain->stages[i]->span.end > pipe.begin || chain->stages[i + 1]->span.begin < pipe.end) continue;
      const Observation* seen = analysis.observations.of(*chain->stages[i]);
      if (seen && seen->times) return shown(analysis, pipe, "`" + shape(*seen) + "`");
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<lsp::Hover> hover(const Analysis& analysis, uint32_t offset) {
  std::vector<const Node*> nodes = nodesAt(analysis.syntax(), offset);
  if (const ArgumentReference* argument = analysis.names.argumentAt(analysis.file(), offset))
    return shown(analysis, argument->span,
                 code(operatorSignature(*argument->op)) + "\n" + describe(*argument->argument));
  if (const Symbol* symbol = analysis.names.at(analysis.file(), offset))
    return shown(analysis, analysis.names.nameAt(analysis.file(), offset),
                 symbolText(analysis, *symbol, nodes));
  if (const Token* pipe = tokenAt(analysis, offset, TokenKind::Pipe)) {
    if (auto result = pipeHover(analysis, nodes, pipe->span)) return result;
  }
  if (nodes.empty()) return std::nullopt;
  auto* name = as<NameExpr>(nodes.back());
  const Operator* op = name ? findOperator(name->name) : nullptr;
  if (op) {
    std::string text = code(operatorSignature(*op));
    if (const Observation* seen = application(analysis, nodes)) text += "\n" + describe(*seen) + "\n";
    return shown(analysis, name->span, text + "\n" + describe(*op));
  }
  if (auto* setting = as<AssignStatement>(nodes.back());
      setting && setting->name.present() && offset <= setting->name.span.end)
    if (std::string_view meaning = settingMeaning(setting->name.text); !meaning.empty())
      return shown(analysis, setting->name.span,
                   code(std::string(setting->name.text)) + "\n" + std::string(meaning) + "\n");
  auto* expr = as<Expr>(nodes.back());
  const Observation* seen = expr ? analysis.observations.of(*expr) : nullptr;
  if (!seen || !seen->times) return std::nullopt;
  return shown(analysis, expr->span, describe(*seen));
}

} // namespace cnn::language_server
