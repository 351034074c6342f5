//===- navigation.cpp - Definitions, references, and what can be renamed -------------------------------===//

#include "features.h"

#include "dsl/ast/children.h"

namespace cnn::language_server {

std::optional<lsp::Location> definition(const Analysis& analysis, uint32_t offset) {
  if (const Symbol* symbol = analysis.names.at(analysis.file(), offset))
    return locationOf(analysis.sources, symbol->span);
  for (auto& [use, used] : analysis.program->main().uses) {
    Span span = use->path->span;
    if (!used || used->file.file == Span::noFile || offset < span.begin || offset > span.end) continue;
    return locationOf(analysis.sources, {used->file.file, 0, 0});
  }
  return std::nullopt;
}

std::optional<Occurrences> occurrences(const Analysis& analysis, uint32_t offset) {
  const Symbol* symbol = analysis.names.at(analysis.file(), offset);
  if (!symbol) return std::nullopt;
  // Names in a network are seen by train sections and by what applies it, in other files as well.
  bool inNetwork = symbol->kind == Symbol::Kind::Input || symbol->kind == Symbol::Kind::Output ||
                   symbol->kind == Symbol::Kind::Let || symbol->kind == Symbol::Kind::Shared ||
                   symbol->parameter;
  return Occurrences{std::string(symbol->name), symbol->span, analysis.names.uses(*symbol),
                     symbol->isGlobal() || inNetwork};
}

std::optional<Span> renameable(const Analysis& analysis, uint32_t offset) {
  const Symbol* symbol = analysis.names.at(analysis.file(), offset);
  if (!symbol) return std::nullopt;
  return analysis.names.nameAt(analysis.file(), offset);
}

std::string badName(std::string_view name) {
  bool letters = !name.empty() && isIdentifierStart(name[0]);
  for (char c : name) letters = letters && isIdentifierPart(c);
  if (!letters || name == "_")
    return "'" + std::string(name) +
           "' is not a name: expected letters, digits and '_', not beginning with a digit";
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  FileId file = sources.addText("name", std::string(name));
  if (isKeyword(lex(sources, wholeFile(sources, file), diagnostics).tokens[0].kind))
    return "'" + std::string(name) + "' is a keyword";
  return "";
}

} // namespace cnn::language_server
