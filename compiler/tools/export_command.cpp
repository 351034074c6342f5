//===- export_command.cpp - cnnc export: a network and its weights to an ONNX model -----------------===//

#include "bare_model.h"
#include "files.h"
#include "frontend.h"
#include "load_weights.h"

#include "dialect_to_onnx/export_network.h"
#include "groups_to_llvm/tables.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

#include <cstdio>

namespace cnn::tools {
namespace {

std::string listOf(const std::vector<std::string>& problems) {
  std::string text;
  for (const std::string& problem : problems) text += "\n  " + problem;
  return text;
}

} // namespace

int exportOnnx(const CompileOptions& compile, const ExportOptions& options) {
  Frontend frontend;
  if (!frontend.load(compile, Frontend::Purpose::look)) return 1;
  NetworkOp network = frontend.onlyNetwork();
  if (!network) return 1;
  llvm::StringSet<> used;
  network.lookupSymbol<FunctionOp>("predict").walk([&](GetOp get) { used.insert(get.getParameter()); });
  BareModel model(network.getSymName().str());
  struct Place {
    std::string path;
    uint64_t begin, count;
  };
  std::vector<Place> places;
  uint64_t floats = 0;
  network.walk([&](ParameterOp parameter) {
    std::string path = parameter.getSymName().str();
    auto shape = mlir::cast<TensorType>(parameter.getType()).getFixedFrom(0);
    uint64_t count = 1;
    for (int64_t extent : shape) count *= uint64_t(extent);
    model.add(path, {shape.begin(), shape.end()}, floats, used.contains(path) ? 0 : CNN_TRAINING_ONLY);
    places.push_back({path, floats, count});
    floats += count;
  });
  const std::string& meaning = frontend.meanings[network.getSymName().str() + ".predict"];
  if (Status bad = model.open(floats, meaning.c_str()); !bad) return fail(bad.message());
  if (Status bad = loadWeights(*model, options.weights); !bad) return fail(bad.message());
  ParameterValues values;
  for (const Place& place : places) values[place.path] = {model.floats() + place.begin, place.count};
  std::string bytes, error;
  std::vector<std::string> problems;
  if (!exportNetwork(network, values, cnncVersion, bytes, problems))
    return fail(compile.file + " cannot be exported:" + listOf(problems));
  std::string path = options.output;
  if (path.empty()) path = llvm::sys::path::stem(compile.file).str() + ".onnx";
  if (!writeFiles({{path, bytesOf(bytes)}}, error)) return fail(error);
  std::printf("%s: network %s, %zu bytes\n", path.c_str(), network.getSymName().str().c_str(), bytes.size());
  return 0;
}

} // namespace cnn::tools
