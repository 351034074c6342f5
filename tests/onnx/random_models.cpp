// random_models SEED COUNT FOLDER: random models with inputs for them and what their import computes, for
// against_onnxruntime.py. Of each model N.onnx, without what no output depends on; N.in, its inputs; N.out,
// the outputs where it is imported, else N.refused, why. Arrays: a line with the name, one with the shape,
// floats.
#include "imported.h"
#include "random_graph.h"

#include <cstdlib>
#include <fstream>

using namespace cnn::test;

namespace {

void write(std::ofstream& file, const std::string& name, const Array& array) {
  file << name << "\n" << array.type << "\n";
  for (int64_t extent : array.shape) file << extent << " ";
  file << "\n";
  for (double value : array.data) {
    auto number = static_cast<float>(value);
    file.write(reinterpret_cast<const char*>(&number), sizeof(number));
  }
}

} // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  uint64_t seed = std::strtoull(arguments[1], nullptr, 10), models = std::strtoull(arguments[2], nullptr, 10);
  for (uint64_t i = 0; i < models; ++i) {
    Choices choices(seed * 1000003 + i);
    RandomGraph graph = randomGraph(choices);
    std::string path = std::string(arguments[3]) + "/" + std::to_string(i),
                bytes = graph.model.SerializeAsString();
    std::ofstream(path + ".onnx", std::ios::binary) << withoutUnused(graph.model).SerializeAsString();
    std::ofstream in(path + ".in", std::ios::binary);
    std::vector<Array> inputs;
    for (const onnx::ValueInfoProto& input : graph.model.graph().input()) {
      inputs.push_back(graph.inputs.at(input.name()));
      write(in, input.name(), inputs.back());
    }
    Imported imported = importAndRun(bytes, inputs);
    if (!imported.refusal.empty()) {
      std::ofstream(path + ".refused") << imported.refusal;
      if (imported.mistake) return 1;
      continue;
    }
    std::ofstream out(path + ".out", std::ios::binary);
    for (const Array& output : imported.outputs) write(out, "output", output);
  }
  return 0;
}
