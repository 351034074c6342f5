/// A parsed text with everything that belongs to it.
#pragma once

#include "dsl/source_to_ast/parser.h"

#include <string>

namespace cnn::test {

struct Parsed {
  explicit Parsed(std::string text, std::string name = "test.cnn")
      : diagnostics(sources),
        file(parse(sources, sources.addText(std::move(name), std::move(text)), context, diagnostics)) {}

  /// "E0100 1:5, E0109 2:3": ids and places in order.
  std::string errors() const {
    std::string result;
    for (const Diagnostic* diagnostic : diagnostics.sorted()) {
      LineColumn at = sources.lineColumn(diagnostic->span);
      result += (result.empty() ? "" : ", ") + std::string(info(diagnostic->diag).id) + " " +
                std::to_string(at.line) + ":" + std::to_string(at.column);
    }
    return result;
  }

  SourceManager sources;
  DiagnosticEngine diagnostics;
  ast::AstContext context;
  ast::File file;
};

} // namespace cnn::test
