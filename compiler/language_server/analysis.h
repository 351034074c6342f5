//===- analysis.h - Everything that is known about one version of a document ---------------------------===//
#ifndef CNN_COMPILER_LANGUAGE_SERVER_ANALYSIS_H
#define CNN_COMPILER_LANGUAGE_SERVER_ANALYSIS_H

#include "ast_to_dialect/names/name_index.h"
#include "ast_to_dialect/observations.h"
#include "dsl/source_to_ast/lexer.h"

#include <map>
#include <memory>
#include <string>

namespace cnn::language_server {

struct AnalysisOptions {
  /// Where `use "zoo/…"` looks for files.
  std::string libraryPath;
  /// Unsaved texts, by path. May be null.
  const std::map<std::string, std::string>* buffers = nullptr;
  /// Without it only names are resolved: no shapes, and no errors of values.
  bool evaluate = true;
};

/// A document parsed, checked and evaluated, as far as its mistakes allow.
struct Analysis {
  SourceManager sources;
  DiagnosticEngine diagnostics{sources};
  ast::AstContext tree;
  std::unique_ptr<Program> program;
  NameIndex names;
  Observations observations;
  TokenStream tokens;      ///< of the document itself
  std::string libraryPath; ///< as in the options

  FileId file() const { return program->main().file.file; }
  const ast::File& syntax() const { return program->main().file; }
  const SourceFile& source() const { return sources.file(file()); }
  std::string_view text(Span span) const { return sources.text(span); }
  /// Whether the document uses the file of this path, or is it.
  bool dependsOn(const std::string& path) const;
};

std::unique_ptr<Analysis> analyse(const std::string& path, std::string text, const AnalysisOptions& options);

} // namespace cnn::language_server

#endif
