/// libFuzzer target: any text is lexed, parsed, printed and reported without a crash; what parses is
/// formatted to a text that parses to the same tree and that formatting leaves alone.
#include "dsl/diagnostics/fixes.h"
#include "dsl/fmt/fmt.h"
#include "dsl/source_to_ast/parser.h"

#include <cstdio>
#include <cstdlib>

using namespace cnn;

/// The tree without places.
static std::string shapeOf(const ast::File& file, const SourceManager& sources) {
  std::string text = toText(file, sources), result;
  for (size_t i = 0; i < text.size(); ++i) {
    size_t end = text[i] == '<' && i > 0 && text[i - 1] == ' ' ? text.find(">\n", i) : std::string::npos;
    if (end != std::string::npos && text.find('\n', i) == end + 1)
      i = end;
    else
      result += text[i];
  }
  return result;
}

static void require(bool holds, const char* what, const std::string& text) {
  if (holds) return;
  std::fprintf(stderr, "%s:\n%s\n", what, text.c_str());
  std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  ast::AstContext context;
  FileId id = sources.addText("fuzz.cnn", std::string(reinterpret_cast<const char*>(data), size));
  ast::File file = parse(sources, id, context, diagnostics);
  std::string tree = shapeOf(file, sources);
  toText(diagnostics);
  toJson(diagnostics);
  applySureFixes(diagnostics, id);
  if (diagnostics.hasErrors()) return 0;
  std::string once = format(sources, id, diagnostics).value_or("");
  FileId second = sources.addText("formatted.cnn", once);
  ast::File again = parse(sources, second, context, diagnostics);
  require(!diagnostics.hasErrors(), "the formatted text has errors", once);
  require(shapeOf(again, sources) == tree, "formatting changed the meaning", once);
  require(format(sources, second, diagnostics) == once, "formatting is not idempotent", once);
  return 0;
}
