/// libFuzzer target: any bytes are imported or refused without a crash, and what is imported is a text of the
/// language.
#include "dsl/source_to_ast/parser.h"
#include "onnx_to_dsl/import_network.h"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cnn;
  onnx_import::Graph graph;
  std::string error;
  // Weights beside the model are looked for in a folder that is not there.
  if (!parseOnnx({reinterpret_cast<const char*>(data), size}, "/nonexistent/model.onnx", graph, error))
    return 0;
  static const std::set<std::string> keywords = {
#define CNN_TOKEN(name, spelling)
#define CNN_KEYWORD(name, spelling) spelling,
#include "dsl/source_to_ast/tokens.def"
  };
  onnx_import::ImportedNetwork imported = importNetwork(graph, "Net", keywords);
  if (!imported.problems.empty()) return 0;
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  ast::AstContext context;
  parse(sources, sources.addText("net.cnn", imported.text), context, diagnostics);
  if (!diagnostics.hasErrors()) return 0;
  std::fputs((imported.text + toText(diagnostics)).c_str(), stderr);
  std::abort();
}
