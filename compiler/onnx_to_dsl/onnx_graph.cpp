//===- onnx_graph.cpp - From protobuf ---------------------------------------------------------------===//

#include "onnx_graph.h"

#include <onnx/onnx_pb.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cnn::onnx_import {

namespace fs = std::filesystem;

int64_t Constant::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  return count;
}

int64_t Node::number(const std::string& attribute, int64_t otherwise) const {
  auto found = attributes.find(attribute);
  return found == attributes.end() ? otherwise : found->second.number.value_or(otherwise);
}

double Node::real(const std::string& attribute, double otherwise) const {
  auto found = attributes.find(attribute);
  return found == attributes.end() || !found->second.real ? otherwise : double{*found->second.real};
}

std::string Node::text(const std::string& attribute, const std::string& otherwise) const {
  auto found = attributes.find(attribute);
  return found == attributes.end() ? otherwise : found->second.text;
}

std::vector<int64_t> Node::numbers(const std::string& attribute) const {
  auto found = attributes.find(attribute);
  return found == attributes.end() ? std::vector<int64_t>() : found->second.numbers;
}

namespace {

std::string elementName(int type) {
  switch (type) {
  case onnx::TensorProto::FLOAT:
    return "f32";
  case onnx::TensorProto::UINT8:
    return "u8";
  case onnx::TensorProto::INT32:
    return "i32";
  default:
    return onnx::TensorProto_DataType_IsValid(type)
               ? onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(type))
               : "element type " + std::to_string(type);
  }
}

float halfToFloat(uint16_t half) {
  int exponent = half >> 10 & 31, mantissa = half & 1023;
  float magnitude = exponent == 0    ? std::ldexp(static_cast<float>(mantissa), -24)
                    : exponent == 31 ? (mantissa ? NAN : INFINITY)
                                     : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}

class Reader {
public:
  Reader(const std::string& path, Graph& graph, std::string& error)
      : path(path), graph(graph), error(error) {}

  bool read() {
    std::ifstream file(path, std::ios::binary);
    onnx::ModelProto model;
    if (!file || fs::is_directory(path)) return fail("cannot open it");
    if (!model.ParseFromIstream(&file) || !model.has_graph()) return fail("not an ONNX model");
    const onnx::GraphProto& from = model.graph();
    graph.name = from.name();
    graph.producer = model.producer_name();
    for (const onnx::TensorProto& tensor : from.initializer())
      if (!addConstant(tensor.name(), tensor)) return false;
    if (from.sparse_initializer_size()) return fail("sparse weights are not read");
    for (const onnx::NodeProto& node : from.node())
      if (!addNode(node)) return false;
    for (const onnx::ValueInfoProto& input : from.input())
      if (!graph.constants.count(input.name())) graph.inputs.push_back(tensorOf(input));
    for (const onnx::ValueInfoProto& output : from.output()) graph.outputs.push_back(output.name());
    return true;
  }

private:
  const std::string& path;
  Graph& graph;
  std::string& error;

  bool fail(const std::string& why) {
    error = path + ": " + why;
    return false;
  }

  Tensor tensorOf(const onnx::ValueInfoProto& info) {
    const onnx::TypeProto_Tensor& type = info.type().tensor_type();
    Tensor tensor{info.name(), elementName(type.elem_type()), {}};
    for (const onnx::TensorShapeProto_Dimension& dimension : type.shape().dim()) {
      Dimension& added = tensor.shape.emplace_back();
      if (dimension.has_dim_value())
        added.size = dimension.dim_value();
      else
        added.name = dimension.dim_param().empty() ? "D" + std::to_string(tensor.shape.size() - 1)
                                                   : dimension.dim_param();
    }
    return tensor;
  }

  /// The bytes of a tensor that are in the model, or in a file beside it.
  bool bytesOf(const onnx::TensorProto& tensor, size_t wanted, std::string& bytes) {
    if (tensor.data_location() != onnx::TensorProto::EXTERNAL) {
      bytes = tensor.raw_data();
    } else {
      std::string location;
      uint64_t offset = 0;
      for (const onnx::StringStringEntryProto& entry : tensor.external_data()) {
        if (entry.key() == "location") location = entry.value();
        if (entry.key() == "offset") offset = std::strtoull(entry.value().c_str(), nullptr, 10);
      }
      fs::path relative = fs::path(location).lexically_normal();
      if (location.empty() || relative.is_absolute() || *relative.begin() == "..")
        return fail("weights in '" + location + "': expected a file beside the model");
      std::string beside = (fs::path(path).parent_path() / relative).string();
      std::ifstream file(beside, std::ios::binary);
      bytes.resize(wanted);
      if (!file || !file.seekg(static_cast<std::streamoff>(offset)) ||
          !file.read(bytes.data(), static_cast<std::streamsize>(wanted)))
        return fail("cannot read the weights in " + beside);
    }
    if (bytes.size() == wanted) return true;
    return fail("tensor " + tensor.name() + " has " + std::to_string(bytes.size()) + " bytes, expected " +
                std::to_string(wanted));
  }

  template <typename From, typename To>
  bool readRaw(const onnx::TensorProto& tensor, size_t count, std::vector<To>& to) {
    std::string bytes;
    if (!bytesOf(tensor, count * sizeof(From), bytes)) return false;
    for (size_t i = 0; i < count; ++i) {
      From value;
      std::memcpy(&value, bytes.data() + i * sizeof(From), sizeof(From));
      to.push_back(static_cast<To>(value));
    }
    return true;
  }

  bool readHalves(const onnx::TensorProto& tensor, size_t count, bool brain, std::vector<float>& to) {
    std::vector<uint16_t> halves(tensor.int32_data().begin(), tensor.int32_data().end());
    if (halves.empty() && !readRaw<uint16_t>(tensor, count, halves)) return false;
    for (uint16_t half : halves) {
      uint32_t bits = uint32_t{half} << 16;
      float value;
      std::memcpy(&value, &bits, sizeof(value));
      to.push_back(brain ? value : halfToFloat(half));
    }
    return true;
  }

  bool readValues(const onnx::TensorProto& tensor, size_t count, Constant& to) {
    switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
      to.floats.assign(tensor.float_data().begin(), tensor.float_data().end());
      return !to.floats.empty() || readRaw<float>(tensor, count, to.floats);
    case onnx::TensorProto::DOUBLE:
      to.floats.assign(tensor.double_data().begin(), tensor.double_data().end());
      return !to.floats.empty() || readRaw<double>(tensor, count, to.floats);
    case onnx::TensorProto::FLOAT16:
      return readHalves(tensor, count, false, to.floats);
    case onnx::TensorProto::BFLOAT16:
      return readHalves(tensor, count, true, to.floats);
    case onnx::TensorProto::INT64:
      to.ints.assign(tensor.int64_data().begin(), tensor.int64_data().end());
      return !to.ints.empty() || readRaw<int64_t>(tensor, count, to.ints);
    case onnx::TensorProto::INT32:
      to.ints.assign(tensor.int32_data().begin(), tensor.int32_data().end());
      return !to.ints.empty() || readRaw<int32_t>(tensor, count, to.ints);
    case onnx::TensorProto::BOOL:
    case onnx::TensorProto::UINT8:
      to.ints.assign(tensor.int32_data().begin(), tensor.int32_data().end());
      return !to.ints.empty() || readRaw<uint8_t>(tensor, count, to.ints);
    default:
      return fail("tensor " + tensor.name() + " has elements of " + elementName(tensor.data_type()) +
                  ", which are not read");
    }
  }

  bool addConstant(const std::string& name, const onnx::TensorProto& tensor) {
    Constant constant;
    constexpr int64_t most = int64_t{1} << 31;
    int64_t count = 1;
    for (int64_t extent : tensor.dims()) {
      if (extent < 0 || (extent > 0 && count > most / extent))
        return fail("tensor " + name + " has a wrong shape");
      count *= extent;
      constant.shape.push_back(extent);
    }
    if (count > 0 && !readValues(tensor, static_cast<size_t>(count), constant)) return false;
    if (constant.floats.size() + constant.ints.size() != static_cast<size_t>(count))
      return fail("tensor " + name + " has not as many values as its shape");
    graph.constants[name] = std::move(constant);
    return true;
  }

  bool addNode(const onnx::NodeProto& from) {
    if (from.op_type() == "Constant" && from.output_size() == 1) {
      for (const onnx::AttributeProto& attribute : from.attribute()) {
        if (attribute.name() == "value") return addConstant(from.output(0), attribute.t());
        Constant constant;
        if (attribute.name() == "value_float") constant.floats = {attribute.f()};
        if (attribute.name() == "value_int") constant.ints = {attribute.i()};
        if (attribute.name() == "value_floats")
          constant.floats.assign(attribute.floats().begin(), attribute.floats().end());
        if (attribute.name() == "value_ints")
          constant.ints.assign(attribute.ints().begin(), attribute.ints().end());
        if (attribute.name().ends_with("s"))
          constant.shape = {static_cast<int64_t>(constant.floats.size() + constant.ints.size())};
        graph.constants[from.output(0)] = std::move(constant);
      }
      return true;
    }
    if (from.op_type() == "Identity" && from.input_size() == 1 && from.output_size() == 1) {
      auto constant = graph.constants.find(from.input(0));
      if (constant != graph.constants.end()) { // one of several equal weights, stored once
        Constant copy = constant->second;
        graph.constants[from.output(0)] = std::move(copy);
        return true;
      }
    }
    Node& node = graph.nodes.emplace_back();
    node.op = from.op_type();
    node.domain = from.domain() == "ai.onnx" ? "" : from.domain();
    node.name = from.name();
    node.inputs.assign(from.input().begin(), from.input().end());
    node.outputs.assign(from.output().begin(), from.output().end());
    for (const onnx::AttributeProto& attribute : from.attribute()) {
      Attribute& to = node.attributes[attribute.name()];
      if (attribute.type() == onnx::AttributeProto::INT) to.number = attribute.i();
      if (attribute.type() == onnx::AttributeProto::FLOAT) to.real = attribute.f();
      to.text = attribute.s();
      to.numbers.assign(attribute.ints().begin(), attribute.ints().end());
      to.reals.assign(attribute.floats().begin(), attribute.floats().end());
    }
    return true;
  }
};

} // namespace

bool readOnnx(const std::string& path, Graph& graph, std::string& error) {
  return Reader(path, graph, error).read();
}

} // namespace cnn::onnx_import
