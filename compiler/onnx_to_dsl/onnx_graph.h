//===- onnx_graph.h - An ONNX model as plain data ---------------------------------------------------===//
//
// What the importer needs of https://onnx.ai/onnx/repo-docs/IR.html, without protobuf.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_ONNX_GRAPH_H
#define CNN_COMPILER_ONNX_TO_DSL_ONNX_GRAPH_H

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cnn::onnx_import {

/// ONNX's numbers of the element types that are told apart here; a model may hold others.
enum class Element : int32_t {
  undefined = 0,
  f32 = 1,
  u8 = 2,
  i8 = 3,
  i32 = 6,
  i64 = 7,
  boolean = 9,
  f16 = 10,
  f64 = 11,
  bf16 = 16,
};
/// f32, u8, i32; others as ONNX calls them.
std::string describe(Element element);

/// A constant: of f16, bf16, f32 and f64 as floats, of whole numbers and truth values as whole numbers.
struct Constant {
  Element element = Element::f32;
  std::vector<int64_t> shape;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::string problem; ///< why the values could not be read; empty where they could

  bool isFloat() const { return element == Element::f32; }
  int64_t elements() const;
};

/// A single value or a list of one type; nothing for types that no operator here has.
struct Attribute {
  std::variant<std::monostate, int64_t, float, std::string, std::vector<int64_t>, std::vector<float>> value;
  std::string typeName = ""; ///< as ONNX calls it: INTS
};

struct Node {
  std::string op = "";     ///< Conv
  std::string domain = ""; ///< empty: ONNX's own
  std::string name = "";   ///< what the exporter called it; may be empty
  std::vector<std::string> inputs = {}, outputs = {};
  std::map<std::string, Attribute> attributes = {};
};

/// A dimension has a name where it is free, else a size.
struct Dimension {
  std::string name;
  int64_t size = -1;
};

struct Tensor {
  std::string name;
  Element element = Element::f32;
  std::vector<Dimension> shape;
  bool hasShape = true;
};

struct Graph {
  std::string name, producer;
  int64_t operatorSet = 0; ///< of ONNX's own operators; 0 where the model does not say
  std::vector<Tensor> inputs, outputs;
  std::map<std::string, Constant> constants; ///< initialisers and what Constant nodes give, where needed
  std::vector<Node> nodes;                   ///< in the model's order; no constants
  std::vector<std::string> problems;         ///< what is wrong with the model as a whole
};

/// The names of all values that the outputs depend on.
std::set<std::string> neededValues(const Graph& graph);

/// Text of a model for a person: without control characters, and cut where it is long.
std::string printable(std::string_view text);
/// "encoder: Conv", or the operator alone where the node has no name.
std::string describe(const Node& node);

/// Reads the bytes of an .onnx file at `path`, and the files beside it that hold its weights: only what the
/// outputs need. False, with a message that names the file, where it is no model at all.
bool parseOnnx(std::string_view bytes, const std::string& path, Graph& graph, std::string& error);
/// The same from the file.
bool readOnnx(const std::string& path, Graph& graph, std::string& error);

} // namespace cnn::onnx_import

#endif
