//===- import_command.cpp - cnnc import: an ONNX model to a .cnn file and its weights ----------------===//

#include "bare_model.h"
#include "files.h"
#include "frontend.h"
#include "names.h"
#include "options.h"

#include "dsl/fmt/fmt.h"
#include "onnx_to_dsl/import_network.h"

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

namespace cnn::tools {
namespace {

namespace fs = std::filesystem;
using onnx_import::ImportedNetwork;

/// The text as `cnnc fmt` leaves it, after the language's own checks. Empty after an error: what the model
/// has and the language refuses is reported with its place in the text.
std::string checkedText(const std::string& path, const ImportedNetwork& imported,
                        const std::string& network) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  ast::AstContext tree;
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<CnnDialect>();
  Program program = loadText(sources, tree, path, imported.text, diagnostics);
  ElaborationOptions options;
  options.network = network;
  Elaboration built = elaborate(program, context, options, diagnostics);
  std::optional<std::string> text = format(sources, program.main().file.file, diagnostics);
  if (diagnostics.hasErrors() || !text) {
    std::fputs(toText(diagnostics).c_str(), stderr);
    return "";
  }
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const onnx_import::Parameter& parameter : imported.parameters)
    shapes[parameter.path] = parameter.shape;
  size_t found = 0;
  bool same = true;
  built.module->walk([&](ParameterOp parameter) {
    auto expected = shapes.find(parameter.getSymName().str());
    auto shape = mlir::cast<TensorType>(parameter.getType()).getFixedFrom(0);
    same = same && expected != shapes.end() && llvm::ArrayRef(expected->second) == llvm::ArrayRef(shape);
    ++found;
  });
  if (same && found == shapes.size()) return *text;
  fail(path + ": the imported network and its weights do not fit: a bug of the importer");
  return "";
}

Status writeWeights(const std::string& path, const ImportedNetwork& imported, const std::string& network) {
  BareModel model(network);
  uint64_t floats = 0;
  for (const onnx_import::Parameter& parameter : imported.parameters) {
    model.add(parameter.path, parameter.shape, floats);
    floats += parameter.values.size();
  }
  if (Status bad = model.open(floats); !bad) return bad;
  uint64_t at = 0;
  for (const onnx_import::Parameter& parameter : imported.parameters) {
    std::copy(parameter.values.begin(), parameter.values.end(), model.floats() + at);
    at += parameter.values.size();
  }
  return model->save(path.c_str());
}

int failAll(const std::string& model, const std::vector<std::string>& problems) {
  constexpr size_t shown = 20;
  std::string text = model + " cannot be imported:";
  for (size_t i = 0; i < problems.size() && i < shown; ++i) text += "\n  " + problems[i];
  if (problems.size() > shown) text += "\n  and " + std::to_string(problems.size() - shown) + " more";
  return fail(text);
}

} // namespace

int import(const ImportOptions& options) {
  std::string stem = fs::path(options.model).stem().string();
  std::string path = options.output.empty() ? stem + ".cnn" : options.output;
  std::string weights = path.substr(0, path.size() - 4) + ".safetensors";
  std::string network = options.network.empty() ? networkNameOf(stem) : options.network;
  if (network.empty() || networkNameOf(network) != network)
    return fail("'" + (options.network.empty() ? stem : network) +
                "' makes no name for a network: give one with --name");
  for (const std::string& file : {path, weights})
    if (fs::exists(file)) return fail(file + " exists already; choose another place with --output");
  onnx_import::Graph graph;
  std::string error;
  if (!readOnnx(options.model, graph, error)) return fail(error);
  ImportedNetwork imported = importNetwork(graph, network);
  if (!imported.problems.empty()) return failAll(options.model, imported.problems);
  std::string text = checkedText(path, imported, network);
  if (text.empty()) return 1;
  if (!writeFiles({{path, bytesOf(text)}}, error)) return fail(error);
  if (Status bad = writeWeights(weights, imported, network); !bad) {
    fs::remove(path);
    return fail(bad.message());
  }
  for (const std::string& note : imported.notes) std::fprintf(stderr, "note: %s\n", note.c_str());
  std::printf("%s: network %s; its weights are in %s\n", path.c_str(), network.c_str(), weights.c_str());
  return 0;
}

} // namespace cnn::tools
