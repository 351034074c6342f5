#include "evaluator.h"

#include "evaluator_call.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <set>

namespace cnn::test {
namespace {

void arithmetic(Call& call) {
  const std::string& op = call.node.op_type();
  const Array &a = call.input(0), &b = call.input(1);
  call.sameTypes({0, 1});
  bool isWhole = a.type == onnx::TensorProto::INT64 || a.type == onnx::TensorProto::INT32;
  demand(isWhole || a.type == onnx::TensorProto::FLOAT || a.type == onnx::TensorProto::DOUBLE,
         "arithmetic of these elements");
  Array result(a.type, broadcastShape(a.shape, b.shape));
  for (size_t i = 0; i < result.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), result.shape);
    double x = broadcastAt(a, at), y = broadcastAt(b, at);
    if (op == "Div" && isWhole && y == 0) throw Invalid("a division by zero");
    double z = op == "Add" ? x + y : op == "Sub" ? x - y : op == "Mul" ? x * y : x / y;
    result.data[i] = isWhole ? std::trunc(z) : z;
  }
  call.output(std::move(result));
}

void pointwise(Call& call, const std::function<double(double)>& f) {
  Array result = call.input(0);
  demand(result.type == onnx::TensorProto::FLOAT || result.type == onnx::TensorProto::DOUBLE, "floats");
  for (double& value : result.data) value = f(value);
  call.output(std::move(result));
}

void batchNorm(Call& call) {
  const Array& x = call.input(0);
  call.sameTypes({0, 1, 2, 3, 4});
  int given = 0;
  for (const std::string& output : call.node.output()) given += !output.empty();
  if (call.whole("training_mode", 0) || (call.set < 14 && given > 1) || call.whole("spatial", 1) != 1)
    throw Unknown("training");
  demand(x.rank() >= 2 && given == 1, "a picture of a lower rank");
  for (int i = 1; i < 5; ++i)
    demand(call.input(i).shape == Shape{x.shape[1]}, "parameters of another length");
  Array y = x;
  int64_t pixels = count(x.shape) / x.shape[0] / x.shape[1];
  for (size_t i = 0; i < y.data.size(); ++i) {
    auto c = static_cast<size_t>(static_cast<int64_t>(i) / pixels % x.shape[1]);
    y.data[i] = (x.data[i] - call.input(3).data[c]) /
                    std::sqrt(call.input(4).data[c] + call.real("epsilon", 1e-5)) * call.input(1).data[c] +
                call.input(2).data[c];
  }
  call.output(std::move(y));
}

void layerNorm(Call& call) {
  const Array& x = call.input(0);
  call.sameTypes({0, 1, 2});
  if (call.uses(1) || call.uses(2) || call.whole("stash_type", 1) != 1) throw Unknown("statistics");
  size_t axis = axisOf(call.whole("axis", -1), x.rank());
  int64_t size = count({x.shape.begin() + static_cast<std::ptrdiff_t>(axis), x.shape.end()});
  Shape inner(x.shape.begin() + static_cast<std::ptrdiff_t>(axis), x.shape.end());
  for (int i : {1, 2})
    if (call.has(i))
      demand(broadcastShape(call.input(i).shape, x.shape) == x.shape, "parameters that do not broadcast");
  Array y = x;
  for (int64_t begin = 0; begin < static_cast<int64_t>(x.data.size()); begin += size) {
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < size; ++i)
      mean += x.data[static_cast<size_t>(begin + i)] / static_cast<double>(size);
    for (int64_t i = 0; i < size; ++i)
      variance += std::pow(x.data[static_cast<size_t>(begin + i)] - mean, 2) / static_cast<double>(size);
    for (int64_t i = 0; i < size; ++i) {
      Shape at = places(begin + i, x.shape);
      double& value = y.data[static_cast<size_t>(begin + i)];
      value =
          (value - mean) / std::sqrt(variance + call.real("epsilon", 1e-5)) * broadcastAt(call.input(1), at) +
          (call.has(2) ? broadcastAt(call.input(2), at) : 0);
    }
  }
  call.output(std::move(y));
}

void gemm(Call& call) {
  const Array &a = call.input(0), &b = call.input(1);
  call.sameTypes({0, 1, 2});
  demand(a.rank() == 2 && b.rank() == 2 && (call.set >= 11 || call.has(2)), "matrices");
  bool ta = call.whole("transA", 0), tb = call.whole("transB", 0);
  int64_t m = a.shape[ta], k = a.shape[!ta], n = b.shape[!tb];
  demand(b.shape[tb] == k, "matrices that do not fit");
  Array y(a.type, {m, n});
  if (call.has(2))
    demand(broadcastShape(call.input(2).shape, y.shape) == y.shape, "C that does not broadcast");
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t l = 0; l < k; ++l)
        sum += a.data[static_cast<size_t>(ta ? l * m + i : i * k + l)] *
               b.data[static_cast<size_t>(tb ? j * k + l : l * n + j)];
      y.data[static_cast<size_t>(i * n + j)] =
          call.real("alpha", 1) * sum +
          (call.has(2) ? call.real("beta", 1) * broadcastAt(call.input(2), {i, j}) : 0);
    }
  call.output(std::move(y));
}

/// Of a matrix at the right only.
void matMul(Call& call) {
  const Array &a = call.input(0), &b = call.input(1);
  call.sameTypes({0, 1});
  if (b.rank() != 2 || a.rank() < 2) throw Unknown("a product of stacks or vectors");
  int64_t k = b.shape[0], n = b.shape[1];
  demand(a.shape.back() == k, "matrices that do not fit");
  Array y(a.type, a.shape);
  y.shape.back() = n;
  y.data.assign(static_cast<size_t>(count(y.shape)), 0);
  for (size_t i = 0; i < y.data.size(); ++i)
    for (int64_t l = 0; l < k; ++l)
      y.data[i] += a.data[i / static_cast<size_t>(n) * static_cast<size_t>(k) + static_cast<size_t>(l)] *
                   b.data[static_cast<size_t>(l * n) + i % static_cast<size_t>(n)];
  call.output(std::move(y));
}

void reduceMean(Call& call) {
  const Array& x = call.input(0);
  Shape axes = call.either("axes", 17, 1);
  bool keeps = call.whole("keepdims", 1);
  if (axes.empty() && call.whole("noop_with_empty_axes", 0)) return call.output(x);
  std::vector<bool> reduced(x.shape.size(), axes.empty());
  for (int64_t axis : axes) reduced[axisOf(axis, x.rank())] = true;
  Array y(x.type, {}), sums(x.type, x.shape);
  for (size_t d = 0; d < x.shape.size(); ++d) {
    if (!reduced[d] || keeps) y.shape.push_back(reduced[d] ? 1 : x.shape[d]);
    if (reduced[d]) sums.shape[d] = 1;
  }
  sums.data.assign(static_cast<size_t>(count(sums.shape)), 0);
  double share = static_cast<double>(sums.data.size()) / static_cast<double>(x.data.size());
  for (size_t i = 0; i < x.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), x.shape);
    for (size_t d = 0; d < at.size(); ++d)
      if (reduced[d]) at[d] = 0;
    sums.data[static_cast<size_t>(flat(at, sums.shape))] += x.data[i] * share;
  }
  y.data = sums.data;
  call.output(std::move(y));
}

void softmax(Call& call) {
  Array y = call.input(0);
  bool together = call.set < 13, logarithm = call.node.op_type() == "LogSoftmax";
  size_t axis = axisOf(call.whole("axis", together ? 1 : -1), y.rank());
  demand(!together || call.set >= 11 || call.whole("axis", 1) >= 0, "a negative axis");
  auto from = static_cast<std::ptrdiff_t>(axis);
  int64_t size = together ? count({y.shape.begin() + from, y.shape.end()}) : y.shape[axis];
  int64_t step = together ? 1 : count({y.shape.begin() + from + 1, y.shape.end()});
  for (int64_t i = 0; i < static_cast<int64_t>(y.data.size()); ++i) {
    if (i / step % size) continue; // only where a run begins
    double most = -std::numeric_limits<double>::infinity(), sum = 0;
    for (int64_t k = 0; k < size; ++k) most = std::max(most, y.data[static_cast<size_t>(i + k * step)]);
    for (int64_t k = 0; k < size; ++k) sum += std::exp(y.data[static_cast<size_t>(i + k * step)] - most);
    for (int64_t k = 0; k < size; ++k) {
      double& value = y.data[static_cast<size_t>(i + k * step)];
      value = logarithm ? value - most - std::log(sum) : std::exp(value - most) / sum;
    }
  }
  call.output(std::move(y));
}

void clip(Call& call) {
  double least = -std::numeric_limits<float>::max(), most = std::numeric_limits<float>::max();
  if (call.set < 11) {
    least = call.real("min", least), most = call.real("max", most);
  } else {
    call.sameTypes({0, 1, 2});
    for (int i : {1, 2})
      if (call.has(i))
        demand(call.input(i).data.size() == 1, "bounds that are no scalars"),
            (i == 1 ? least : most) = call.input(i).data[0];
  }
  pointwise(call, [&](double x) { return std::isnan(x) ? x : std::min(most, std::max(least, x)); });
}

void cast(Call& call) {
  Array y = call.input(0);
  auto to = static_cast<int>(call.whole("to", 0));
  demand(onnx::TensorProto_DataType_IsValid(to) && to != 0, "a type that is not there");
  bool isWhole = to == onnx::TensorProto::INT64 || to == onnx::TensorProto::INT32;
  if (to != onnx::TensorProto::FLOAT && to != onnx::TensorProto::DOUBLE && !isWhole && to != y.type)
    throw Unknown("a cast to this type");
  for (double& value : y.data)
    value = isWhole                          ? std::trunc(value)
            : to == onnx::TensorProto::FLOAT ? double{static_cast<float>(value)}
                                             : value;
  y.type = to;
  call.output(std::move(y));
}

void dropout(Call& call) {
  if (call.uses(1) || (call.has(2) && call.input(2).data.at(0) != 0)) throw Unknown("dropout in training");
  call.output(call.input(0));
}

void extreme(Call& call) {
  bool largest = call.node.op_type() == "Max";
  Array result = call.input(0);
  for (int k = 1; k < call.node.input_size(); ++k) {
    call.sameTypes({0, k});
    const Array& other = call.input(k);
    Array next(result.type, broadcastShape(result.shape, other.shape));
    for (size_t i = 0; i < next.data.size(); ++i) {
      Shape at = places(static_cast<int64_t>(i), next.shape);
      double x = broadcastAt(result, at), y = broadcastAt(other, at);
      next.data[i] = std::isnan(x) || (largest ? x > y : x < y) ? x : y;
    }
    result = std::move(next);
  }
  call.output(std::move(result));
}

void power(Call& call) {
  const Array& exponent = call.input(1);
  demand(exponent.data.size() == 1, "an exponent of one number");
  pointwise(call, [&](double x) { return std::pow(x, exponent.data[0]); });
}

double gelu(double x, bool byTanh) {
  return byTanh ? 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)))
                : 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
}

const std::map<std::string, void (*)(Call&)> operators = {
    {"Abs", [](Call& call) { pointwise(call, [](double x) { return std::abs(x); }); }},
    {"Add", arithmetic},
    {"AveragePool", pool},
    {"BatchNormalization", batchNorm},
    {"Cast", cast},
    {"Clip", clip},
    {"Concat", concat},
    {"Conv", conv},
    {"ConvTranspose", convTranspose},
    {"Div", arithmetic},
    {"Dropout", dropout},
    {"Erf", [](Call& call) { pointwise(call, [](double x) { return std::erf(x); }); }},
    {"Exp", [](Call& call) { pointwise(call, [](double x) { return std::exp(x); }); }},
    {"Flatten", flatten},
    {"Gather", gather},
    {"Gelu",
     [](Call& call) {
       bool byTanh = call.text("approximate", "none") == "tanh";
       demand(byTanh || call.text("approximate", "none") == "none", "approximate");
       pointwise(call, [&](double x) { return gelu(x, byTanh); });
     }},
    {"Gemm", gemm},
    {"GlobalAveragePool", globalAverage},
    {"HardSigmoid",
     [](Call& call) {
       pointwise(call, [&](double x) {
         return std::max(0.0, std::min(1.0, call.real("alpha", 0.2) * x + call.real("beta", 0.5)));
       });
     }},
    {"HardSwish",
     [](Call& call) {
       pointwise(call, [](double x) { return x * std::max(0.0, std::min(1.0, x / 6 + 0.5)); });
     }},
    {"Identity", [](Call& call) { call.output(call.input(0)); }},
    {"LayerNormalization", layerNorm},
    {"LeakyRelu",
     [](Call& call) { pointwise(call, [&](double x) { return x < 0 ? call.real("alpha", 0.01) * x : x; }); }},
    {"Log", [](Call& call) { pointwise(call, [](double x) { return std::log(x); }); }},
    {"LogSoftmax", softmax},
    {"MatMul", matMul},
    {"Max", extreme},
    {"MaxPool", pool},
    {"Min", extreme},
    {"Mul", arithmetic},
    {"Pow", power},
    {"ReduceMean", reduceMean},
    {"Relu",
     [](Call& call) { pointwise(call, [](double x) { return std::isnan(x) ? x : std::max(0.0, x); }); }},
    {"Reshape", reshape},
    {"Shape", shapeOf},
    {"Sigmoid", [](Call& call) { pointwise(call, [](double x) { return 1 / (1 + std::exp(-x)); }); }},
    {"Slice", slice},
    {"Softmax", softmax},
    {"Split", split},
    {"Sqrt", [](Call& call) { pointwise(call, [](double x) { return std::sqrt(x); }); }},
    {"Squeeze", squeeze},
    {"Sub", arithmetic},
    {"Tanh", [](Call& call) { pointwise(call, [](double x) { return std::tanh(x); }); }},
    {"Transpose", transpose},
    {"Unsqueeze", squeeze},
};

} // namespace

Array::Array(int type, std::vector<int64_t> extents) : type(type), shape(std::move(extents)) {
  data.resize(static_cast<size_t>(count(shape)));
}

Array arrayOf(const onnx::TensorProto& tensor) {
  Array array(tensor.data_type(), {tensor.dims().begin(), tensor.dims().end()});
  auto raw = [&](auto element) {
    demand(tensor.raw_data().size() == array.data.size() * sizeof(element), "raw data of another size");
    for (size_t i = 0; i < array.data.size(); ++i) {
      std::memcpy(&element, tensor.raw_data().data() + i * sizeof(element), sizeof(element));
      array.data[i] = static_cast<double>(element);
    }
  };
  switch (tensor.data_type()) {
  case onnx::TensorProto::FLOAT:
    raw(float{});
    break;
  case onnx::TensorProto::DOUBLE:
    raw(double{});
    break;
  case onnx::TensorProto::INT64:
    raw(int64_t{});
    break;
  case onnx::TensorProto::INT32:
    raw(int32_t{});
    break;
  case onnx::TensorProto::BOOL:
  case onnx::TensorProto::UINT8:
  case onnx::TensorProto::INT8:
    raw(uint8_t{});
    break;
  default:
    throw Unknown("a tensor of these elements");
  }
  return array;
}

void evaluate(const onnx::NodeProto& node, int64_t operatorSet, Arrays& values) {
  Call call(node, operatorSet, values);
  if (!node.domain().empty()) throw Unknown("another domain");
  if (node.op_type() == "Constant") {
    if (!call.attribute("value")) throw Unknown("a constant of another kind");
    return call.output(arrayOf(call.attribute("value")->t()));
  }
  auto found = operators.find(node.op_type());
  if (found == operators.end()) throw Unknown(node.op_type());
  found->second(call);
}

onnx::ModelProto withoutUnused(const onnx::ModelProto& model) {
  onnx::ModelProto result = model;
  onnx::GraphProto& graph = *result.mutable_graph();
  std::set<std::string> needed;
  for (const onnx::ValueInfoProto& output : graph.output()) needed.insert(output.name());
  std::set<int> live;
  for (bool changes = true; changes;) { // nodes may stand in a wrong order
    changes = false;
    for (int i = 0; i < graph.node_size(); ++i) {
      const auto& outputs = graph.node(i).output();
      bool isNeeded = std::any_of(outputs.begin(), outputs.end(), [&](const std::string& name) {
        return !name.empty() && needed.count(name);
      });
      if (!isNeeded || !live.insert(i).second) continue;
      needed.insert(graph.node(i).input().begin(), graph.node(i).input().end());
      changes = true;
    }
  }
  graph.clear_node();
  for (int i : live) *graph.add_node() = model.graph().node(i);
  graph.clear_initializer();
  for (const onnx::TensorProto& tensor : model.graph().initializer())
    if (needed.count(tensor.name())) *graph.add_initializer() = tensor;
  return result;
}

std::vector<Array> evaluate(const onnx::ModelProto& model, const Arrays& inputs) {
  int64_t operatorSet = 0;
  for (const onnx::OperatorSetIdProto& set : model.opset_import())
    if (set.domain().empty()) operatorSet = set.version();
  demand(operatorSet > 0, "no operator set");
  Arrays values = inputs;
  for (const onnx::TensorProto& tensor : model.graph().initializer()) values[tensor.name()] = arrayOf(tensor);
  for (const onnx::NodeProto& node : model.graph().node()) evaluate(node, operatorSet, values);
  std::vector<Array> outputs;
  for (const onnx::ValueInfoProto& output : model.graph().output()) {
    auto found = values.find(output.name());
    demand(found != values.end(), "an output that nothing gives");
    outputs.push_back(found->second);
  }
  demand(!outputs.empty(), "no output");
  return outputs;
}

} // namespace cnn::test
