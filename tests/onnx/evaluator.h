/// ONNX's operators as their specification says, https://onnx.ai/onnx/operators/, in double precision and
/// plain loops: what imported networks are compared with. Shares nothing with the importer.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace cnn::test {

/// A dense row-major tensor; whole numbers and truth values as doubles.
struct Array {
  int type = onnx::TensorProto::FLOAT;
  std::vector<int64_t> shape;
  std::vector<double> data;

  Array() = default;
  Array(int type, std::vector<int64_t> shape);
  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
};

/// The model breaks a rule of ONNX.
struct Invalid : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The evaluator does not know, or the specification does not say.
struct Unknown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

using Arrays = std::map<std::string, Array>;

/// Computes a node's outputs from `values` into it.
void evaluate(const onnx::NodeProto& node, int64_t operatorSet, Arrays& values);
/// The outputs of a model for its inputs, in its order.
std::vector<Array> evaluate(const onnx::ModelProto& model, const Arrays& inputs);
/// The model without nodes and tensors that no output depends on: what is wrong with those does not matter.
onnx::ModelProto withoutUnused(const onnx::ModelProto& model);
Array arrayOf(const onnx::TensorProto& tensor);

} // namespace cnn::test
