//===- json.cpp - Summaries as text and JSON ----------------------------------------------------------===//

#include "dialect_to_summary/summary.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

namespace cnn {

using llvm::json::OStream;

namespace {

void writeShape(OStream& json, const Shape& shape) {
  json.attributeArray("shape", [&] {
    for (const ShapeDimension& dimension : shape)
      if (dimension.extent >= 0)
        json.value(dimension.extent);
      else
        json.value(dimension.text);
  });
}

void writeCost(OStream& json, const LayerCost& cost) {
  json.attribute("parameters", cost.parameters);
  json.attribute("macs", cost.macs);
  json.attribute("parameter_bytes", cost.parameterBytes);
  json.attribute("result_bytes", cost.resultBytes);
}

void writeNamed(OStream& json, llvm::StringRef key, const std::vector<NamedValue>& values) {
  json.attributeArray(key, [&] {
    for (const NamedValue& named : values)
      json.object([&] {
        json.attribute("name", named.name);
        json.attribute("value", int64_t(named.value));
        writeShape(json, named.shape);
      });
  });
}

void writeLayer(OStream& json, const Layer& layer) {
  json.attribute("path", layer.path);
  json.attribute("operation", layer.operation);
  json.attributeObject("settings", [&] {
    for (auto& [name, text] : layer.settings) json.attribute(name, text);
  });
  json.attributeArray("inputs", [&] {
    for (size_t value : layer.inputs) json.value(int64_t(value));
  });
  writeShape(json, layer.shape);
  writeCost(json, layer.cost);
}

void writeArena(OStream& json, llvm::StringRef key, const ArenaSummary& arena) {
  json.attributeObject(key, [&] {
    json.attribute("samples", arena.samples);
    json.attribute("arena_bytes", arena.blockBytes);
    json.attribute("largest_live_bytes", arena.largestLiveBytes);
    json.attribute("constant_bytes", arena.constantBytes);
  });
}

void writeNetwork(OStream& json, const NetworkSummary& network) {
  json.attribute("name", network.name);
  writeNamed(json, "inputs", network.inputs);
  writeNamed(json, "outputs", network.outputs);
  json.attributeArray("layers", [&] {
    for (const Layer& layer : network.layers) json.object([&] { writeLayer(json, layer); });
  });
  json.attributeObject("total", [&] { writeCost(json, network.total); });
  json.attribute("trained_parameters", network.trainedParameters);
  if (!network.freeSizes.empty()) {
    json.attributeArray("free_sizes", [&] {
      for (const std::string& name : network.freeSizes) json.value(name);
    });
    return;
  }
  json.attribute("prepared_bytes", network.preparedBytes);
  writeArena(json, "inference", network.inference);
  json.attribute("inference_memory", network.inferenceBytes);
  if (!network.training.empty()) {
    json.attribute("training_memory", network.trainingBytes);
    json.attribute("training_batch", network.trainingBatch);
  }
  if (network.training.empty()) return;
  writeArena(json, "training", network.training.front().second);
  if (network.training.size() == 1) return;
  json.attributeObject("training_functions", [&] {
    for (auto& [name, arena] : network.training) writeArena(json, name, arena);
  });
}

} // namespace

std::string toJson(const std::vector<NetworkSummary>& networks) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  OStream json(stream, 2);
  json.object([&] {
    json.attribute("version", 1);
    json.attributeArray("networks", [&] {
      for (const NetworkSummary& network : networks) json.object([&] { writeNetwork(json, network); });
    });
  });
  stream << '\n';
  return text;
}

std::string shapeText(const Shape& shape) {
  return "[" + llvm::join(llvm::map_range(shape, [](const ShapeDimension& d) { return d.text; }), ", ") + "]";
}

std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (int64_t at = int64_t(digits.size()) - 3; at > 0; at -= 3) digits.insert(size_t(at), ",");
  return digits;
}

LayerCost& LayerCost::operator+=(const LayerCost& other) {
  parameters += other.parameters;
  macs += other.macs;
  parameterBytes += other.parameterBytes;
  resultBytes += other.resultBytes;
  return *this;
}

} // namespace cnn
