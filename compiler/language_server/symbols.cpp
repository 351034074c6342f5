//===- symbols.cpp - The outline of a document ---------------------------------------------------------===//

#include "features.h"
#include "text.h"

namespace cnn::language_server {

using namespace ast;

namespace {

class Outline {
public:
  explicit Outline(const Analysis& analysis) : analysis(analysis) {}

  std::vector<lsp::DocumentSymbol> run() {
    for (const Decl* decl : analysis.syntax().declarations) declaration(*decl);
    return std::move(result);
  }

private:
  using List = std::vector<lsp::DocumentSymbol>;

  /// Nothing for a name that is missing. The protocol wants the name within the whole.
  lsp::DocumentSymbol* add(List& list, const Identifier& name, lsp::SymbolKind kind, Span whole) {
    if (!name.present() || name.text.empty()) return nullptr;
    std::string text(name.text);
    list.emplace_back(text, kind, rangeOf(analysis.sources, whole.to(name.span)),
                      rangeOf(analysis.sources, name.span));
    if (const Observation* seen = analysis.observations.of(name.span); seen && seen->times)
      list.back().detail = shape(*seen);
    return &list.back();
  }

  void declaration(const Decl& decl) {
    if (auto* let = as<LetDecl>(&decl))
      return pattern(result, *let->pattern, let->span, lsp::SymbolKind::Constant);
    if (auto* use = as<UseDecl>(&decl)) {
      add(result, use->alias, lsp::SymbolKind::Module, use->span);
      return;
    }
    if (auto* callable = as<CallableDecl>(&decl)) {
      auto kind = callable->kind == Kind::Func    ? lsp::SymbolKind::Function
                  : callable->kind == Kind::Block ? lsp::SymbolKind::Method
                                                  : lsp::SymbolKind::Class;
      auto* symbol = add(result, callable->name, kind, callable->span);
      if (!symbol) return;
      for (const std::string& parameter : parameters(analysis, *callable))
        symbol->detail += (symbol->detail.empty() ? "" : ", ") + parameter;
      return statements(symbol->children, callable->body);
    }
    if (auto* train = as<TrainDecl>(&decl))
      return section(train->network, *train, train->body, "train ", train->alias);
    if (auto* target = as<TargetDecl>(&decl))
      section(target->network, *target, target->body, target->kind == Kind::Budget ? "budget " : "kernels ",
              {});
  }

  void section(const Identifier& network, const Decl& decl, const Body& body, const std::string& before,
               const Identifier& alias) {
    auto* symbol = add(result, network, lsp::SymbolKind::Event, decl.span);
    if (!symbol) return;
    symbol->name = before + symbol->name + (alias.present() ? " as " + std::string(alias.text) : "");
    statements(symbol->children, body);
  }

  void statements(List& list, const Body& body) {
    for (const Statement* statement : body.statements) {
      Span span = statement->span;
      if (auto* s = as<InputStatement>(statement)) add(list, s->name, lsp::SymbolKind::Field, span);
      if (auto* s = as<OutputStatement>(statement)) add(list, s->name, lsp::SymbolKind::Property, span);
      if (auto* s = as<ParamStatement>(statement)) add(list, s->name, lsp::SymbolKind::Array, span);
      if (auto* s = as<SharedStatement>(statement)) add(list, s->name, lsp::SymbolKind::Object, span);
      if (auto* s = as<MetricStatement>(statement)) add(list, s->name, lsp::SymbolKind::Number, span);
      if (auto* s = as<BindingStatement>(statement))
        pattern(list, *s->pattern, span, lsp::SymbolKind::Variable);
      if (auto* s = as<SectionStatement>(statement))
        if (auto* symbol = add(list, s->name, lsp::SymbolKind::Namespace, span))
          statements(symbol->children, s->body);
    }
  }

  void pattern(List& list, const Pattern& node, Span whole, lsp::SymbolKind kind) {
    if (auto* name = as<NamePattern>(&node)) {
      if (name->name != "_") add(list, {name->name, name->span}, kind, whole);
      return;
    }
    for (const Pattern* element : static_cast<const ListPattern&>(node).elements)
      pattern(list, *element, whole, kind);
  }

  const Analysis& analysis;
  List result;
};

} // namespace

std::vector<lsp::DocumentSymbol> symbols(const Analysis& analysis) {
  return Outline(analysis).run();
}

} // namespace cnn::language_server
