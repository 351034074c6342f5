#include "imported.h"

#include "dialect/reference/reference.h"
#include "tools/imported_program.h"

namespace cnn::test {

Imported importAndRun(const std::string& bytes, const std::vector<Array>& inputs) {
  Imported result;
  onnx_import::Graph graph;
  if (!onnx_import::parseOnnx(bytes, "model.onnx", graph, result.refusal)) return result;
  onnx_import::ImportedNetwork imported = importNetwork(graph, "Net", tools::namesOfLanguage());
  for (const std::string& problem : imported.problems) result.refusal += problem + "\n";
  if (!result.refusal.empty()) return result;
  tools::ImportedProgram program("net.cnn", imported, "Net");
  result.refusal = program.error;
  result.mistake = program.error.find("a bug of the importer") != std::string::npos;
  if (!program.error.empty()) return result;

  reference::State state;
  for (const onnx_import::Parameter& parameter : imported.parameters) {
    reference::Tensor& tensor = state.parameters[parameter.path];
    tensor.shape = parameter.shape;
    tensor.data.assign(parameter.values.begin(), parameter.values.end());
  }
  std::vector<reference::Tensor> arguments;
  for (const Array& input : inputs) {
    reference::Tensor& tensor = arguments.emplace_back();
    tensor.shape = input.shape;
    tensor.data = input.data;
    if (!input.shape.empty()) state.batch = input.shape[0];
  }
  auto predict = program.network.lookupSymbol<FunctionOp>("predict");
  auto outputs = reference::run(predict, arguments, state);
  if (mlir::failed(outputs)) {
    result.refusal = "the reference does not run";
    result.mistake = true;
    return result;
  }
  for (reference::Tensor& tensor : *outputs) {
    Array& output = result.outputs.emplace_back();
    output.shape = tensor.shape;
    output.data = std::move(tensor.data);
  }
  return result;
}

} // namespace cnn::test
