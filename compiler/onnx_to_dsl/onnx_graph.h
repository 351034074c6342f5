//===- onnx_graph.h - An ONNX model as plain data ---------------------------------------------------===//
//
// What the importer needs of https://onnx.ai/onnx/repo-docs/IR.html, without protobuf.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_ONNX_GRAPH_H
#define CNN_COMPILER_ONNX_TO_DSL_ONNX_GRAPH_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cnn::onnx_import {

/// A constant: floats, or whole numbers and truth values as whole numbers.
struct Constant {
  std::vector<int64_t> shape;
  std::vector<float> floats;
  std::vector<int64_t> ints;

  bool isFloat() const { return ints.empty() && !floats.empty(); }
  int64_t elements() const;
};

struct Attribute {
  std::optional<int64_t> number;
  std::optional<float> real;
  std::string text;
  std::vector<int64_t> numbers;
  std::vector<float> reals;
};

struct Node {
  std::string op;     ///< Conv
  std::string domain; ///< empty: ONNX's own
  std::string name;   ///< what the exporter called it; may be empty
  std::vector<std::string> inputs, outputs;
  std::map<std::string, Attribute> attributes;

  int64_t number(const std::string& attribute, int64_t otherwise) const;
  double real(const std::string& attribute, double otherwise) const;
  std::string text(const std::string& attribute, const std::string& otherwise) const;
  std::vector<int64_t> numbers(const std::string& attribute) const;
};

/// A dimension has a name where it is free, else a size.
struct Dimension {
  std::string name;
  int64_t size = -1;
};

struct Tensor {
  std::string name, element; ///< f32, u8, i32; others as ONNX calls them
  std::vector<Dimension> shape;
};

struct Graph {
  std::string name, producer;
  std::vector<Tensor> inputs;
  std::vector<std::string> outputs;
  std::map<std::string, Constant>
      constants;           ///< initialisers, and what Constant nodes and their Identity give
  std::vector<Node> nodes; ///< in an order in which they can be computed; no constants
};

/// Reads an .onnx file, and the files beside it that hold its weights. False, with a message that names the
/// file.
bool readOnnx(const std::string& path, Graph& graph, std::string& error);

} // namespace cnn::onnx_import

#endif
