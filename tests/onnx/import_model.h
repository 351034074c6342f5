// Models of a few nodes, as plain data.
#pragma once

#include "onnx_to_dsl/import_network.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace imported {

using namespace cnn::onnx_import;

inline Attribute whole(int64_t number) {
  return {number, "INT"};
}
inline Attribute real(float number) {
  return {number, "FLOAT"};
}
inline Attribute wholes(std::vector<int64_t> numbers) {
  return {std::move(numbers), "INTS"};
}
inline Attribute text(std::string text) {
  return {std::move(text), "STRING"};
}

inline Constant floats(std::vector<int64_t> shape, std::vector<float> values = {}) {
  Constant constant{Element::f32, std::move(shape), std::move(values), {}, ""};
  while (constant.floats.size() < static_cast<size_t>(constant.elements()))
    constant.floats.push_back(static_cast<float>(constant.floats.size()));
  return constant;
}
inline Constant numbers(std::vector<int64_t> values) {
  return {Element::i64, {static_cast<int64_t>(values.size())}, {}, std::move(values), ""};
}
inline Constant truth(bool value) {
  return {Element::boolean, {}, {}, {value}, ""};
}

/// Nodes from input x: f32[N, 4, 8, 8] to output y, which is the last node's result.
struct Model {
  Graph graph;
  explicit Model(std::vector<Dimension> shape = {{"batch", -1}, {"", 4}, {"", 8}, {"", 8}},
                 int64_t operatorSet = 17) {
    graph.inputs = {{"x", Element::f32, std::move(shape)}};
    graph.outputs = {{"y", Element::f32, {}, false}};
    graph.operatorSet = operatorSet;
  }
  Model& node(std::string op, std::vector<std::string> inputs, std::string output = "y",
              std::map<std::string, Attribute> attributes = {}, std::string name = "") {
    graph.nodes.push_back(
        {std::move(op), "", std::move(name), std::move(inputs), {std::move(output)}, std::move(attributes)});
    return *this;
  }
  Model& constant(const std::string& name, Constant value) {
    graph.constants[name] = std::move(value);
    return *this;
  }
  ImportedNetwork import() const { return importNetwork(graph, "Net", {"input", "output", "relu"}); }
  /// The network's lines after its input.
  std::string body() const {
    ImportedNetwork imported = import();
    for (const std::string& problem : imported.problems) UNSCOPED_INFO(problem);
    REQUIRE(imported.problems.empty());
    size_t begin = imported.text.find('\n', imported.text.find("  input ")) + 1;
    return imported.text.substr(begin, imported.text.rfind('}') - begin);
  }
  std::string problem() const {
    ImportedNetwork imported = import();
    for (const std::string& problem : imported.problems) UNSCOPED_INFO(problem);
    REQUIRE(imported.problems.size() == 1);
    return imported.problems[0];
  }
};

inline Model one(const std::string& op, std::map<std::string, Attribute> attributes = {},
                 int64_t operatorSet = 17) {
  Model model;
  model.graph.operatorSet = operatorSet;
  return model.node(op, {"x"}, "y", std::move(attributes));
}
inline std::string stageOf(const std::string& op, std::map<std::string, Attribute> attributes = {},
                           int64_t operatorSet = 17) {
  return one(op, std::move(attributes), operatorSet).body();
}

} // namespace imported
