//===- import_command.cpp - cnnc import: an ONNX model to a .cnn file and its weights ----------------===//

#include "bare_model.h"
#include "files.h"
#include "frontend.h"
#include "imported_program.h"
#include "names.h"
#include "options.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace cnn::tools {
namespace {

namespace fs = std::filesystem;
using onnx_import::ImportedNetwork;

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
  ImportedNetwork imported = importNetwork(graph, network, namesOfLanguage());
  if (!imported.problems.empty()) return failAll(options.model, imported.problems);
  ImportedProgram program(path, imported, network);
  if (!program.error.empty()) return fail(options.model + " cannot be imported:\n" + program.error);
  if (!writeFiles({{path, bytesOf(program.text)}}, error)) return fail(error);
  if (Status bad = writeWeights(weights, imported, network); !bad) {
    fs::remove(path);
    return fail(bad.message());
  }
  for (const std::string& note : imported.notes) std::fprintf(stderr, "note: %s\n", note.c_str());
  std::printf("%s: network %s; its weights are in %s\n", path.c_str(), network.c_str(), weights.c_str());
  return 0;
}

} // namespace cnn::tools
