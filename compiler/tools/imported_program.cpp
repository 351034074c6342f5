//===- imported_program.cpp - What an ONNX model has become, through the language's own checks --------===//

#include "imported_program.h"

#include "ast_to_dialect/names/names.h"
#include "ast_to_dialect/operators/operator.h"
#include "dsl/fmt/fmt.h"

#include <map>

namespace cnn::tools {
namespace {

using onnx_import::ImportedNetwork;

std::string shapeText(llvm::ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t extent : shape)
    text += (text.empty() ? "" : ", ") + (extent < 0 ? std::string("?") : std::to_string(extent));
  return "[" + text + "]";
}

/// -1 for the batch and other free sizes.
llvm::SmallVector<int64_t> sizesOf(TensorType type) {
  llvm::SmallVector<int64_t> sizes;
  for (int64_t i = 0; i < type.getRank(); ++i) sizes.push_back(type.getFixed(unsigned(i)).value_or(-1));
  return sizes;
}

} // namespace

const std::set<std::string>& namesOfLanguage() {
  static const std::set<std::string> names = [] {
    std::set<std::string> all = {
#define CNN_TOKEN(name, spelling)
#define CNN_KEYWORD(name, spelling) spelling,
#include "dsl/source_to_ast/tokens.def"
        // Words that begin statements or name types, where such stand.
        "augment", "bool",   "budget", "float", "group",      "init", "int",
        "kernels", "labels", "metric", "phase", "preprocess", "step", "string"};
    for (const Operator& op : allOperators()) all.insert(std::string(op.name));
    all.insert(builtinFunctions.begin(), builtinFunctions.end());
    all.insert(elementTypeNames.begin(), elementTypeNames.end());
    return all;
  }();
  return names;
}

ImportedProgram::ImportedProgram(const std::string& path, const ImportedNetwork& imported,
                                 const std::string& name)
    : diagnostics(sources), context(mlir::MLIRContext::Threading::DISABLED) {
  context.loadDialect<CnnDialect>();
  program = std::make_unique<Program>(loadText(sources, tree, path, imported.text, diagnostics));
  ElaborationOptions options;
  options.network = name;
  built = elaborate(*program, context, options, diagnostics);
  std::optional<std::string> formatted = format(sources, program->main().file.file, diagnostics);
  if (diagnostics.hasErrors() || !formatted || !built.module) {
    error = toText(diagnostics);
    return;
  }
  network = built.module->lookupSymbol<NetworkOp>(name);
  error = mismatch(imported);
  if (!error.empty()) {
    network = {};
    return;
  }
  text = *formatted;
}

ImportedProgram::~ImportedProgram() {
  built.module = nullptr;
}

std::string ImportedProgram::mismatch(const ImportedNetwork& imported) {
  auto differs = [](const std::string& what, llvm::ArrayRef<int64_t> inModel, llvm::ArrayRef<int64_t> here) {
    return what + " has the shape " + shapeText(inModel) + " in the model and " + shapeText(here) +
           " in the imported network: a bug of the importer";
  };
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const onnx_import::Parameter& parameter : imported.parameters)
    shapes[parameter.path] = parameter.shape;
  std::string found;
  size_t count = 0;
  network->walk([&](ParameterOp parameter) {
    std::string name = parameter.getSymName().str();
    llvm::SmallVector<int64_t> shape = sizesOf(mlir::cast<TensorType>(parameter.getType()));
    ++count;
    auto inModel = shapes.find(name);
    if (inModel == shapes.end())
      found = name + " is no tensor of the model: a bug of the importer";
    else if (llvm::ArrayRef(inModel->second) != llvm::ArrayRef(shape))
      found = differs(name, inModel->second, shape);
  });
  if (found.empty() && count != shapes.size())
    found = "a tensor of the model has no place in the imported network: a bug of the importer";
  auto predict = network.lookupSymbol<FunctionOp>("predict");
  for (auto [i, output] : llvm::enumerate(imported.outputs)) {
    llvm::SmallVector<int64_t> shape = sizesOf(mlir::cast<TensorType>(predict.getResultTypes()[i]));
    bool same = shape.size() == output.shape.size();
    for (size_t k = 0; same && k < shape.size(); ++k)
      same = shape[k] == output.shape[k] || shape[k] < 0 || output.shape[k] < 0;
    if (found.empty() && !same) found = differs(output.name, output.shape, shape);
  }
  return found;
}

} // namespace cnn::tools
