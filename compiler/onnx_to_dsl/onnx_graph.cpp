//===- onnx_graph.cpp - From protobuf ---------------------------------------------------------------===//

#include "onnx_graph.h"

#include "read_tensor.h"

#include "dsl/source/source.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace cnn::onnx_import {

std::string describe(Element element) {
  switch (element) {
  case Element::f32:
    return "f32";
  case Element::u8:
    return "u8";
  case Element::i32:
    return "i32";
  default:
    break;
  }
  int type = static_cast<int>(element);
  return onnx::TensorProto_DataType_IsValid(type)
             ? onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(type))
             : "element type " + std::to_string(type);
}

int64_t Constant::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  return count;
}

/// A character that ends lines, or changes how what follows is shown.
static bool isControl(std::string_view character) {
  auto byte = [&](size_t i) { return i < character.size() ? static_cast<unsigned char>(character[i]) : 0; };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7f;
  if (byte(0) == 0xc2) return byte(1) < 0xa0;                                        // U+0080 to U+009f
  if (byte(0) == 0xe2 && byte(1) == 0x80) return byte(2) >= 0xa8 && byte(2) <= 0xae; // U+2028 to U+202e
  return byte(0) == 0xe2 && byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;   // U+2066 to U+2069
}

std::string printable(std::string_view text) {
  constexpr size_t longest = 100;
  std::string shown;
  size_t at = 0;
  while (at < text.size() && shown.size() < longest) {
    size_t length = utf8SequenceLength(text.substr(at));
    std::string_view character = text.substr(at, std::max<size_t>(length, 1));
    shown += length == 0 || isControl(character) ? "?" : character;
    at += character.size();
  }
  return at < text.size() ? shown + "..." : shown;
}

std::string describe(const Node& node) {
  std::string op = printable(node.op) + (node.domain.empty() ? "" : " of " + printable(node.domain));
  return node.name.empty() ? op : printable(node.name) + ": " + op;
}

std::set<std::string> neededValues(const Graph& graph) {
  std::map<std::string, const Node*> makers;
  for (const Node& node : graph.nodes)
    for (const std::string& output : node.outputs)
      if (!output.empty()) makers.emplace(output, &node);
  std::set<std::string> needed;
  std::set<const Node*> seen;
  std::vector<std::string> wanted;
  for (const Tensor& output : graph.outputs) wanted.push_back(output.name);
  while (!wanted.empty()) {
    std::string name = std::move(wanted.back());
    wanted.pop_back();
    if (name.empty() || !needed.insert(name).second) continue;
    auto maker = makers.find(name);
    if (maker != makers.end() && seen.insert(maker->second).second)
      wanted.insert(wanted.end(), maker->second->inputs.begin(), maker->second->inputs.end());
  }
  return needed;
}

namespace {

std::string domainOf(const std::string& domain) {
  return domain == "ai.onnx" ? "" : domain;
}

class Reader {
public:
  Reader(const onnx::ModelProto& model, const std::string& path, Graph& graph)
      : model(model), from(model.graph()), path(path), graph(graph) {}

  void read() {
    graph.name = from.name();
    graph.producer = model.producer_name();
    readOperatorSet();
    checkNames();
    for (const onnx::ValueInfoProto& input : from.input())
      if (!initialisers.count(input.name())) graph.inputs.push_back(tensorOf(input));
    for (const onnx::ValueInfoProto& output : from.output()) graph.outputs.push_back(tensorOf(output));
    for (const onnx::NodeProto& node : from.node())
      if (!isConstant(node)) addNode(node);
    needed = neededValues(graph);
    for (const onnx::TensorProto& tensor : from.initializer())
      if (needed.count(tensor.name())) graph.constants[tensor.name()] = readTensor(tensor, path);
    for (const onnx::SparseTensorProto& tensor : from.sparse_initializer())
      if (needed.count(tensor.values().name()))
        problem("tensor " + printable(tensor.values().name()) + ": sparse weights are not read");
    readConstantNodes();
  }

private:
  const onnx::ModelProto& model;
  const onnx::GraphProto& from;
  const std::string& path;
  Graph& graph;
  std::set<std::string> initialisers, needed;

  void problem(const std::string& what) { graph.problems.push_back(what); }

  void readOperatorSet() {
    if (model.ir_version() < 3)
      problem("ir_version: expected 3 or more, found " +
              (model.has_ir_version() ? std::to_string(model.ir_version()) : "none"));
    for (const onnx::OperatorSetIdProto& set : model.opset_import()) {
      if (!domainOf(set.domain()).empty()) continue;
      if (graph.operatorSet && graph.operatorSet != set.version())
        problem("opset_import: expected one operator set, found " + std::to_string(graph.operatorSet) +
                " and " + std::to_string(set.version()));
      graph.operatorSet = set.version();
    }
    for (const onnx::FunctionProto& function : model.functions())
      if (domainOf(function.domain()).empty())
        problem("functions: expected none in the name of ONNX's own operators, found " +
                printable(function.name()));
  }

  /// Each name is given to one value only (the IR's single assignment).
  void checkNames() {
    std::set<std::string> given, outputs;
    auto once = [&](std::set<std::string>& names, const std::string& name, const char* what) {
      if (!names.insert(name).second)
        problem(std::string(what) + " " + printable(name) + ": this name is given to two values");
    };
    for (const onnx::TensorProto& tensor : from.initializer()) once(initialisers, tensor.name(), "tensor");
    for (const onnx::SparseTensorProto& tensor : from.sparse_initializer())
      once(initialisers, tensor.values().name(), "tensor");
    for (const onnx::ValueInfoProto& input : from.input()) once(given, input.name(), "input");
    given.insert(initialisers.begin(), initialisers.end()); // an input may have a value by default
    for (const onnx::NodeProto& node : from.node()) {
      bool gives = false;
      for (const std::string& output : node.output()) {
        if (!output.empty()) once(given, output, "the result");
        gives = gives || !output.empty();
      }
      if (!gives) {
        Node named{.op = node.op_type(), .domain = domainOf(node.domain()), .name = node.name()};
        problem(describe(named) + ": outputs: expected at least one, found none");
      }
    }
    for (const onnx::ValueInfoProto& output : from.output()) once(outputs, output.name(), "output");
  }

  static bool isConstant(const onnx::NodeProto& node) {
    return node.op_type() == "Constant" && domainOf(node.domain()).empty() && node.output_size() == 1;
  }

  /// Constants are known to all nodes of the Graph, so that their order is checked here.
  void readConstantNodes() {
    std::set<std::string> readBefore;
    for (const onnx::NodeProto& node : from.node()) {
      if (!isConstant(node)) {
        for (const std::string& output : node.output())
          if (!output.empty() && needed.count(output))
            readBefore.insert(node.input().begin(), node.input().end());
      } else if (const std::string& name = node.output(0); needed.count(name)) {
        graph.constants.emplace(name, constantOf(node));
        if (readBefore.count(name))
          problem("Constant: output " + printable(name) + ": expected no reader before, found one");
      }
    }
  }

  static Tensor tensorOf(const onnx::ValueInfoProto& info) {
    const onnx::TypeProto_Tensor& type = info.type().tensor_type();
    Tensor tensor{info.name(), static_cast<Element>(type.elem_type()), {}, type.has_shape()};
    for (const onnx::TensorShapeProto_Dimension& dimension : type.shape().dim()) {
      Dimension& added = tensor.shape.emplace_back();
      if (dimension.has_dim_value())
        added.size = dimension.dim_value();
      else
        added.name = dimension.dim_param().empty()
                         ? info.name() + "_" + std::to_string(tensor.shape.size() - 1)
                         : dimension.dim_param();
    }
    return tensor;
  }

  /// What a Constant node gives. https://onnx.ai/onnx/operators/onnx__Constant.html
  Constant constantOf(const onnx::NodeProto& node) {
    Constant constant;
    auto refuse = [&](const std::string& found) {
      constant.problem = (node.name().empty() ? "" : printable(node.name()) + ": ") +
                         "Constant: expected one attribute with a tensor or numbers, found " + found;
      return constant;
    };
    if (node.attribute_size() != 1 || node.input_size())
      return refuse(std::to_string(node.attribute_size()) + ", and " + std::to_string(node.input_size()) +
                    " inputs");
    const onnx::AttributeProto& value = node.attribute(0);
    auto is = [&](const char* name, onnx::AttributeProto_AttributeType type) {
      return value.name() == name && value.type() == type && value.ref_attr_name().empty();
    };
    if (is("value", onnx::AttributeProto::TENSOR)) return readTensor(value.t(), path);
    auto length = [](const auto& list) { return std::vector<int64_t>{static_cast<int64_t>(list.size())}; };
    if (is("value_float", onnx::AttributeProto::FLOAT)) {
      constant.floats = {value.f()};
    } else if (is("value_floats", onnx::AttributeProto::FLOATS)) {
      constant.floats.assign(value.floats().begin(), value.floats().end());
      constant.shape = length(value.floats());
    } else if (is("value_int", onnx::AttributeProto::INT)) {
      constant.element = Element::i64;
      constant.ints = {value.i()};
    } else if (is("value_ints", onnx::AttributeProto::INTS)) {
      constant.element = Element::i64;
      constant.ints.assign(value.ints().begin(), value.ints().end());
      constant.shape = length(value.ints());
    } else {
      return refuse("the attribute " + printable(value.name()));
    }
    return constant;
  }

  void addNode(const onnx::NodeProto& from) {
    Node& node = graph.nodes.emplace_back();
    node.op = from.op_type();
    node.domain = domainOf(from.domain());
    node.name = from.name();
    node.inputs.assign(from.input().begin(), from.input().end());
    node.outputs.assign(from.output().begin(), from.output().end());
    for (const onnx::AttributeProto& attribute : from.attribute()) {
      auto [to, isNew] = node.attributes.emplace(attribute.name(), attributeOf(attribute));
      if (!isNew) to->second = {{}, "two values"};
    }
  }

  /// A value is there only where it is of the type that the attribute says, as ONNX's checker has it.
  static Attribute attributeOf(const onnx::AttributeProto& from) {
    using Proto = onnx::AttributeProto;
    Attribute to;
    to.typeName = Proto::AttributeType_Name(from.type());
    if (!from.ref_attr_name().empty()) {
      to.typeName = "a reference to " + printable(from.ref_attr_name());
    } else if (from.has_i() + from.has_f() + from.has_s() + (from.ints_size() > 0) +
                   (from.floats_size() > 0) >
               1) {
      to.typeName = "values of several types";
    } else if (from.type() == Proto::INT && from.has_i()) {
      to.value = int64_t{from.i()};
    } else if (from.type() == Proto::FLOAT && from.has_f()) {
      to.value = from.f();
    } else if (from.type() == Proto::STRING && from.has_s()) {
      to.value = from.s();
    } else if (from.type() == Proto::INTS && !from.has_i()) {
      to.value = std::vector<int64_t>(from.ints().begin(), from.ints().end());
    } else if (from.type() == Proto::FLOATS && !from.has_f()) {
      to.value = std::vector<float>(from.floats().begin(), from.floats().end());
    } else {
      to.typeName += " without a value of it";
    }
    return to;
  }
};

} // namespace

bool parseOnnx(std::string_view bytes, const std::string& path, Graph& graph, std::string& error) {
  onnx::ModelProto model;
  if (bytes.size() > INT32_MAX || !model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !model.has_graph()) {
    error = path + ": not an ONNX model";
    return false;
  }
  Reader(model, path, graph).read();
  return true;
}

bool readOnnx(const std::string& path, Graph& graph, std::string& error) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    error = path + ": cannot open it";
    return false;
  }
  onnx::ModelProto model;
  if (!model.ParseFromIstream(&file) || !model.has_graph()) {
    error = path + ": not an ONNX model";
    return false;
  }
  Reader(model, path, graph).read();
  return true;
}

} // namespace cnn::onnx_import
