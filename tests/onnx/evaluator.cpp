#include "evaluator.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

namespace cnn::test {
namespace {

using Shape = std::vector<int64_t>;

int64_t count(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

void demand(bool holds, const char* what) {
  if (!holds) throw Invalid(what);
}

/// The coordinates of element `i`.
Shape places(int64_t i, const Shape& shape) {
  Shape at(shape.size());
  for (size_t d = shape.size(); d-- > 0; i /= shape[d]) at[d] = i % shape[d];
  return at;
}
int64_t flat(const Shape& at, const Shape& shape) {
  int64_t i = 0;
  for (size_t d = 0; d < shape.size(); ++d) i = i * shape[d] + at[d];
  return i;
}

/// One node's attributes and inputs.
class Call {
public:
  Call(const onnx::NodeProto& node, int64_t set, Arrays& values) : node(node), set(set), values(values) {}

  const onnx::NodeProto& node;
  const int64_t set;
  Arrays& values;

  const onnx::AttributeProto* attribute(const char* name) const {
    for (const onnx::AttributeProto& each : node.attribute())
      if (each.name() == name) return &each;
    return nullptr;
  }
  int64_t whole(const char* name, int64_t otherwise) const {
    return attribute(name) ? attribute(name)->i() : otherwise;
  }
  double real(const char* name, double otherwise) const {
    return attribute(name) ? double{attribute(name)->f()} : double{static_cast<float>(otherwise)};
  }
  std::string text(const char* name, const char* otherwise) const {
    return attribute(name) ? attribute(name)->s() : otherwise;
  }
  Shape wholes(const char* name) const {
    if (!attribute(name)) return {};
    return {attribute(name)->ints().begin(), attribute(name)->ints().end()};
  }
  bool has(int i) const { return i < node.input_size() && !node.input(i).empty(); }
  const Array& input(int i) const {
    demand(has(i), "too few inputs");
    auto found = values.find(node.input(i));
    demand(found != values.end(), "a value that nothing gives before");
    return found->second;
  }
  Shape wholeInput(int i) const {
    if (!has(i)) return {};
    const Array& array = input(i);
    demand(array.rank() <= 1, "a list of numbers with several dimensions");
    return {array.data.begin(), array.data.end()};
  }
  /// Numbers of an attribute up to operator set `last`, then of an input.
  Shape either(const char* name, int64_t last, int i) const {
    return set <= last ? wholes(name) : wholeInput(i);
  }
  bool hasEither(const char* name, int64_t last, int i) const {
    return set <= last ? attribute(name) != nullptr : has(i);
  }
  void output(Array array, int i = 0) {
    if (i < node.output_size() && !node.output(i).empty()) values[node.output(i)] = std::move(array);
  }
  void sameTypes(std::initializer_list<int> inputs) const {
    for (int i : inputs)
      if (has(i)) demand(input(i).type == input(*inputs.begin()).type, "inputs of different types");
  }
  bool uses(int i) const { return i < node.output_size() && !node.output(i).empty(); }
};

size_t axisOf(int64_t axis, int64_t rank) {
  demand(axis >= -rank && axis < rank, "an axis that is not there");
  return static_cast<size_t>(axis < 0 ? axis + rank : axis);
}

Shape broadcastShape(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    demand(x == y || x == 1 || y == 1, "shapes that do not broadcast");
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

double broadcastAt(const Array& array, const Shape& at) {
  int64_t i = 0;
  size_t skipped = at.size() - array.shape.size();
  for (size_t d = 0; d < array.shape.size(); ++d)
    i = i * array.shape[d] + (array.shape[d] == 1 ? 0 : at[d + skipped]);
  return array.data[static_cast<size_t>(i)];
}

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

/// Windows of convolutions and poolings.
struct Window {
  Shape kernel, stride, dilation, begin, end, places;
};

Window windowOf(const Call& call, const Shape& picture, const Shape& kernel, bool ceil) {
  size_t n = kernel.size();
  demand(picture.size() == n + 2 && n > 0, "a window of another rank than the picture");
  Window w{kernel, call.wholes("strides"), call.wholes("dilations"), {}, {}, {}};
  Shape pads = call.wholes("pads");
  if (!call.attribute("strides")) w.stride.assign(n, 1);
  if (!call.attribute("dilations")) w.dilation.assign(n, 1);
  if (!call.attribute("pads")) pads.assign(2 * n, 0);
  demand(w.stride.size() == n && w.dilation.size() == n && pads.size() == 2 * n, "lists of a wrong length");
  std::string automatic = call.text("auto_pad", "NOTSET");
  demand(automatic == "NOTSET" || automatic == "VALID" || automatic == "SAME_UPPER" ||
             automatic == "SAME_LOWER",
         "auto_pad");
  for (size_t i = 0; i < n; ++i) {
    demand(kernel[i] > 0 && w.stride[i] > 0 && w.dilation[i] > 0, "extents of a window");
    int64_t size = picture[i + 2], reach = (kernel[i] - 1) * w.dilation[i] + 1, begin = 0, end = 0;
    if (automatic == "NOTSET") {
      begin = pads[i], end = pads[n + i];
      if (begin < 0 || end < 0) throw Unknown("negative pads");
    } else if (automatic != "VALID") {
      int64_t total =
          std::max<int64_t>(0, ((size + w.stride[i] - 1) / w.stride[i] - 1) * w.stride[i] + reach - size);
      begin = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
      end = total - begin;
    }
    int64_t steps = size + begin + end - reach;
    demand(steps >= 0, "a window that does not fit");
    int64_t places = (ceil ? (steps + w.stride[i] - 1) / w.stride[i] : steps / w.stride[i]) + 1;
    if (ceil && (places - 1) * w.stride[i] >= size + begin) --places;
    w.begin.push_back(begin), w.end.push_back(end), w.places.push_back(places);
  }
  return w;
}

void pool(Call& call) {
  bool isMax = call.node.op_type() == "MaxPool";
  const Array& x = call.input(0);
  if (x.type != onnx::TensorProto::FLOAT) throw Unknown("a pooling of other elements");
  if (call.uses(1)) throw Unknown("indices");
  bool ceil = call.whole("ceil_mode", 0), countsPads = call.whole("count_include_pad", 0);
  Window w = windowOf(call, x.shape, call.wholes("kernel_shape"), ceil);
  size_t n = w.kernel.size();
  Array y(x.type, {x.shape[0], x.shape[1]});
  y.shape.insert(y.shape.end(), w.places.begin(), w.places.end());
  y.data.resize(static_cast<size_t>(count(y.shape)));
  for (size_t i = 0; i < y.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), y.shape);
    double best = -std::numeric_limits<double>::infinity(), sum = 0, taps = 0, padded = 0;
    for (int64_t k = 0; k < count(w.kernel); ++k) {
      Shape tap = places(k, w.kernel), from = at;
      bool inside = true, inPads = true;
      for (size_t d = 0; d < n; ++d) {
        from[d + 2] = at[d + 2] * w.stride[d] + tap[d] * w.dilation[d] - w.begin[d];
        inside = inside && from[d + 2] >= 0 && from[d + 2] < x.shape[d + 2];
        inPads = inPads && from[d + 2] < x.shape[d + 2] + w.end[d];
      }
      if (countsPads && !inPads && call.set < 19) throw Unknown("a mean over what hangs over the end");
      padded += inPads;
      if (!inside) continue;
      double value = x.data[static_cast<size_t>(flat(from, x.shape))];
      best = std::isnan(value) ? value : std::max(best, value);
      sum += value, taps += 1;
    }
    if (taps == 0) throw Unknown("a window over nothing but pads");
    y.data[i] = isMax ? best : sum / (countsPads ? padded : taps);
  }
  call.output(std::move(y));
}

void addBias(const Call& call, Array& y) {
  if (!call.has(2)) return;
  const Array& bias = call.input(2);
  demand(bias.shape == Shape{y.shape[1]}, "a bias of another length");
  int64_t pixels = count(y.shape) / y.shape[0] / y.shape[1];
  for (size_t i = 0; i < y.data.size(); ++i)
    y.data[i] += bias.data[static_cast<size_t>(static_cast<int64_t>(i) / pixels % y.shape[1])];
}

void conv(Call& call) {
  const Array &x = call.input(0), &weight = call.input(1);
  call.sameTypes({0, 1, 2});
  demand(x.rank() >= 3 && weight.rank() == x.rank(), "ranks of a convolution");
  Shape kernel(weight.shape.begin() + 2, weight.shape.end());
  demand(!call.attribute("kernel_shape") || call.wholes("kernel_shape") == kernel, "kernel_shape");
  int64_t groups = call.whole("group", 1);
  demand(groups > 0 && weight.shape[1] * groups == x.shape[1] && weight.shape[0] % groups == 0, "groups");
  Window w = windowOf(call, x.shape, kernel, false);
  Array y(x.type, {x.shape[0], weight.shape[0]});
  y.shape.insert(y.shape.end(), w.places.begin(), w.places.end());
  y.data.resize(static_cast<size_t>(count(y.shape)));
  int64_t taps = count(kernel), each = weight.shape[0] / groups;
  for (size_t i = 0; i < y.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), y.shape);
    double sum = 0;
    for (int64_t k = 0; k < taps; ++k) {
      Shape tap = places(k, kernel), from = at;
      bool inside = true;
      for (size_t d = 0; d < kernel.size(); ++d) {
        from[d + 2] = at[d + 2] * w.stride[d] + tap[d] * w.dilation[d] - w.begin[d];
        inside = inside && from[d + 2] >= 0 && from[d + 2] < x.shape[d + 2];
      }
      for (int64_t c = 0; inside && c < weight.shape[1]; ++c) {
        from[1] = at[1] / each * weight.shape[1] + c;
        sum += x.data[static_cast<size_t>(flat(from, x.shape))] *
               weight.data[static_cast<size_t>((at[1] * weight.shape[1] + c) * taps + k)];
      }
    }
    y.data[i] = sum;
  }
  addBias(call, y);
  call.output(std::move(y));
}

void convTranspose(Call& call) {
  const Array &x = call.input(0), &weight = call.input(1);
  call.sameTypes({0, 1, 2});
  demand(x.rank() >= 3 && weight.rank() == x.rank(), "ranks of a convolution");
  if (call.attribute("output_shape") || call.text("auto_pad", "NOTSET") != "NOTSET")
    throw Unknown("output_shape");
  Shape kernel(weight.shape.begin() + 2, weight.shape.end());
  demand(!call.attribute("kernel_shape") || call.wholes("kernel_shape") == kernel, "kernel_shape");
  size_t n = kernel.size();
  Shape stride = call.wholes("strides"), dilation = call.wholes("dilations"), pads = call.wholes("pads"),
        more = call.wholes("output_padding");
  if (!call.attribute("strides")) stride.assign(n, 1);
  if (!call.attribute("dilations")) dilation.assign(n, 1);
  if (!call.attribute("pads")) pads.assign(2 * n, 0);
  if (!call.attribute("output_padding")) more.assign(n, 0);
  demand(stride.size() == n && dilation.size() == n && pads.size() == 2 * n && more.size() == n,
         "lists of a wrong length");
  int64_t groups = call.whole("group", 1);
  demand(groups > 0 && weight.shape[0] == x.shape[1] && x.shape[1] % groups == 0, "groups");
  Array y(x.type, {x.shape[0], weight.shape[1] * groups});
  for (size_t d = 0; d < n; ++d) {
    demand(kernel[d] > 0 && stride[d] > 0 && dilation[d] > 0 && more[d] >= 0, "extents of a window");
    if (pads[d] < 0 || pads[n + d] < 0) throw Unknown("negative pads");
    y.shape.push_back(stride[d] * (x.shape[d + 2] - 1) + more[d] + (kernel[d] - 1) * dilation[d] + 1 -
                      pads[d] - pads[n + d]);
    demand(y.shape.back() > 0, "an empty result");
  }
  y.data.assign(static_cast<size_t>(count(y.shape)), 0);
  int64_t taps = count(kernel), each = x.shape[1] / groups;
  for (size_t i = 0; i < x.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), x.shape), to = at;
    for (int64_t k = 0; k < taps; ++k) {
      Shape tap = places(k, kernel);
      bool inside = true;
      for (size_t d = 0; d < n; ++d) {
        to[d + 2] = at[d + 2] * stride[d] + tap[d] * dilation[d] - pads[d];
        inside = inside && to[d + 2] >= 0 && to[d + 2] < y.shape[d + 2];
      }
      for (int64_t c = 0; inside && c < weight.shape[1]; ++c) {
        to[1] = at[1] / each * weight.shape[1] + c;
        y.data[static_cast<size_t>(flat(to, y.shape))] +=
            x.data[i] * weight.data[static_cast<size_t>((at[1] * weight.shape[1] + c) * taps + k)];
      }
    }
  }
  addBias(call, y);
  call.output(std::move(y));
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

void concat(Call& call) {
  demand(call.attribute("axis") && call.node.input_size() > 0, "an axis");
  Array y = call.input(0);
  size_t axis = axisOf(call.whole("axis", 0), y.rank());
  y.shape[axis] = 0;
  for (int i = 0; i < call.node.input_size(); ++i) {
    Shape shape = call.input(i).shape;
    demand(shape.size() == y.shape.size() && call.input(i).type == y.type,
           "parts of different ranks or types");
    y.shape[axis] += shape[axis];
    for (size_t d = 0; d < shape.size(); ++d)
      demand(d == axis || shape[d] == y.shape[d], "parts of different shapes");
  }
  y.data.assign(static_cast<size_t>(count(y.shape)), 0);
  int64_t begin = 0;
  for (int i = 0; i < call.node.input_size(); ++i) {
    const Array& part = call.input(i);
    for (size_t k = 0; k < part.data.size(); ++k) {
      Shape at = places(static_cast<int64_t>(k), part.shape);
      at[axis] += begin;
      y.data[static_cast<size_t>(flat(at, y.shape))] = part.data[k];
    }
    begin += part.shape[axis];
  }
  call.output(std::move(y));
}

Array sliced(const Array& x, size_t axis, int64_t begin, int64_t end) {
  Array y(x.type, x.shape);
  y.shape[axis] = std::max<int64_t>(0, end - begin);
  y.data.resize(static_cast<size_t>(count(y.shape)));
  for (size_t i = 0; i < y.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), y.shape);
    at[axis] += begin;
    y.data[i] = x.data[static_cast<size_t>(flat(at, x.shape))];
  }
  return y;
}

void slice(Call& call) {
  Array y = call.input(0);
  Shape starts = call.either("starts", 9, 1), ends = call.either("ends", 9, 2),
        axes = call.either("axes", 9, 3), steps = call.set < 10 ? Shape() : call.wholeInput(4);
  if (!call.hasEither("axes", 9, 3)) axes.resize(starts.size()), std::iota(axes.begin(), axes.end(), 0);
  demand(ends.size() == starts.size() && axes.size() == starts.size() &&
             (steps.empty() || steps.size() == starts.size()),
         "lists of different lengths");
  for (int64_t step : steps)
    if (step != 1) throw Unknown("steps");
  std::vector<bool> seen(y.shape.size());
  for (size_t i = 0; i < axes.size(); ++i) {
    size_t axis = axisOf(axes[i], y.rank());
    demand(!seen[axis], "an axis twice");
    seen[axis] = true;
    int64_t size = y.shape[axis];
    auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size); };
    y = sliced(y, axis, clamped(starts[i]), clamped(ends[i]));
  }
  if (y.data.empty()) throw Unknown("an empty value");
  call.output(std::move(y));
}

void split(Call& call) {
  const Array x = call.input(0);
  size_t axis = axisOf(call.whole("axis", 0), x.rank());
  int64_t parts = call.node.output_size();
  bool given = call.hasEither("split", 12, 1), counted = call.attribute("num_outputs");
  Shape sizes = call.either("split", 12, 1);
  demand(!(given && counted), "split beside num_outputs");
  if (counted) demand(call.whole("num_outputs", 0) == parts, "num_outputs");
  if (!given && call.set >= 18 && !counted) throw Unknown("neither sizes nor a number of parts");
  if (!given) {
    int64_t each = (x.shape[axis] + parts - 1) / parts;
    demand(counted || x.shape[axis] % parts == 0, "parts that are not equal");
    sizes.assign(static_cast<size_t>(parts), each);
    sizes.back() = x.shape[axis] - each * (parts - 1);
  }
  demand(static_cast<int64_t>(sizes.size()) == parts &&
             std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) == x.shape[axis],
         "sizes of the parts");
  int64_t begin = 0;
  for (int i = 0; i < parts; begin += sizes[static_cast<size_t>(i++)]) {
    if (sizes[static_cast<size_t>(i)] <= 0) throw Unknown("an empty part");
    call.output(sliced(x, axis, begin, begin + sizes[static_cast<size_t>(i)]), i);
  }
}

void reshape(Call& call) {
  Array y = call.input(0);
  Shape shape = call.wholeInput(1);
  demand(call.input(1).type == onnx::TensorProto::INT64 && call.input(1).rank() == 1,
         "a shape of other elements");
  std::optional<size_t> open;
  int64_t known = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && call.whole("allowzero", 0)) throw Unknown("an empty value");
    if (shape[i] == 0)
      demand(i < y.shape.size(), "0 for a dimension that is not there"), shape[i] = y.shape[i];
    demand(shape[i] >= -1 && !(shape[i] == -1 && open), "extents of a shape");
    if (shape[i] == -1)
      open = i;
    else
      demand(!__builtin_mul_overflow(known, shape[i], &known), "extents of a shape");
  }
  if (open)
    demand(known > 0 && count(y.shape) % known == 0, "a shape that does not fit"),
        shape[*open] = count(y.shape) / known;
  demand(count(shape) == count(y.shape), "a shape that does not fit");
  y.shape = shape;
  call.output(std::move(y));
}

void flatten(Call& call) {
  Array y = call.input(0);
  int64_t axis = call.whole("axis", 1);
  demand(axis <= y.rank() && axis >= -y.rank() && (axis >= 0 || call.set >= 11), "an axis that is not there");
  auto at = static_cast<std::ptrdiff_t>(axis < 0 ? axis + y.rank() : axis);
  y.shape = {count({y.shape.begin(), y.shape.begin() + at}), count({y.shape.begin() + at, y.shape.end()})};
  call.output(std::move(y));
}

void transpose(Call& call) {
  const Array& x = call.input(0);
  Shape order = call.wholes("perm"), same(x.shape.size());
  std::iota(same.begin(), same.end(), 0);
  if (!call.attribute("perm")) order.assign(same.rbegin(), same.rend());
  Shape sorted = order;
  std::sort(sorted.begin(), sorted.end());
  demand(sorted == same, "perm");
  Array y(x.type, x.shape);
  for (size_t d = 0; d < order.size(); ++d) y.shape[d] = x.shape[static_cast<size_t>(order[d])];
  for (size_t i = 0; i < y.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), y.shape), from(at.size());
    for (size_t d = 0; d < order.size(); ++d) from[static_cast<size_t>(order[d])] = at[d];
    y.data[i] = x.data[static_cast<size_t>(flat(from, x.shape))];
  }
  call.output(std::move(y));
}

void squeeze(Call& call) {
  Array y = call.input(0);
  bool adds = call.node.op_type() == "Unsqueeze", given = call.hasEither("axes", 12, 1);
  Shape axes = call.either("axes", 12, 1), shape;
  demand(given || !adds, "axes");
  int64_t rank = y.rank() + (adds ? static_cast<int64_t>(axes.size()) : 0);
  std::vector<bool> changes(static_cast<size_t>(rank));
  for (int64_t axis : axes) {
    size_t at = axisOf(axis, rank);
    demand(!changes[at], "an axis twice");
    changes[at] = true;
  }
  size_t from = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (adds) {
      shape.push_back(changes[i] ? 1 : y.shape[from++]);
      continue;
    }
    demand(!changes[i] || y.shape[i] == 1, "a dimension that is not 1");
    if (!(given ? changes[i] : y.shape[i] == 1)) shape.push_back(y.shape[i]);
  }
  y.shape = shape;
  call.output(std::move(y));
}

void shapeOf(Call& call) {
  const Array& x = call.input(0);
  auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + x.rank() : at, 0, x.rank()); };
  int64_t begin = clamped(call.whole("start", 0)), end = clamped(call.whole("end", x.rank()));
  Array y(onnx::TensorProto::INT64, {std::max<int64_t>(0, end - begin)});
  for (size_t i = 0; i < y.data.size(); ++i)
    y.data[i] = static_cast<double>(x.shape[static_cast<size_t>(begin) + i]);
  call.output(std::move(y));
}

void gather(Call& call) {
  const Array &x = call.input(0), &indices = call.input(1);
  if (x.rank() != 1 || axisOf(call.whole("axis", 0), 1) != 0) throw Unknown("a gather of other than lists");
  Array y(x.type, indices.shape);
  for (size_t i = 0; i < y.data.size(); ++i)
    y.data[i] = x.data[axisOf(static_cast<int64_t>(indices.data[i]), x.shape[0])];
  call.output(std::move(y));
}

void dropout(Call& call) {
  if (call.uses(1) || (call.has(2) && call.input(2).data.at(0) != 0)) throw Unknown("dropout in training");
  call.output(call.input(0));
}

void globalAverage(Call& call) {
  const Array& x = call.input(0);
  demand(x.rank() >= 3, "a picture");
  Array y(x.type, x.shape);
  std::fill(y.shape.begin() + 2, y.shape.end(), 1);
  y.data.assign(static_cast<size_t>(count(y.shape)), 0);
  size_t pixels = x.data.size() / y.data.size();
  for (size_t i = 0; i < x.data.size(); ++i) y.data[i / pixels] += x.data[i] / static_cast<double>(pixels);
  call.output(std::move(y));
}

double gelu(double x, bool byTanh) {
  return byTanh ? 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)))
                : 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
}

const std::map<std::string, void (*)(Call&)> operators = {
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
    {"LogSoftmax", softmax},
    {"MatMul", matMul},
    {"MaxPool", pool},
    {"Mul", arithmetic},
    {"ReduceMean", reduceMean},
    {"Relu",
     [](Call& call) { pointwise(call, [](double x) { return std::isnan(x) ? x : std::max(0.0, x); }); }},
    {"Reshape", reshape},
    {"Shape", shapeOf},
    {"Sigmoid", [](Call& call) { pointwise(call, [](double x) { return 1 / (1 + std::exp(-x)); }); }},
    {"Slice", slice},
    {"Softmax", softmax},
    {"Split", split},
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
