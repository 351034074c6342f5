//===- operators.cpp - ONNX's operators, one by one -------------------------------------------------===//
//
// Names and attributes as in https://onnx.ai/onnx/operators/. What the language has no word for is a problem
// that says so; nothing is left out silently.
//
//===---------------------------------------------------------------------------------------------------===//

#include "importer.h"

#include <algorithm>
#include <cmath>

namespace cnn::onnx_import {
namespace {

std::string numbersText(const std::vector<int64_t>& numbers) {
  std::string text;
  for (int64_t number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return "[" + text + "]";
}

/// `, name = value` where it is not the default.
std::string argument(const char* name, const std::vector<int64_t>& numbers, int64_t otherwise) {
  if (std::all_of(numbers.begin(), numbers.end(), [&](int64_t n) { return n == otherwise; })) return "";
  return std::string(", ") + name + " = " + listText(numbers);
}

/// padding, stride and dilation of a window; nothing, with a problem noted, where one cannot be said.
std::optional<std::string> windowArguments(Importer& importer, const Node& node, size_t spatial,
                                           int64_t strideOtherwise, const std::vector<int64_t>& kernel) {
  std::vector<int64_t> strides = node.numbers("strides"), pads = node.numbers("pads"),
                       dilations = node.numbers("dilations");
  if (strides.empty()) strides.assign(spatial, 1);
  std::string text;
  bool same = strideOtherwise == 0 && strides == kernel; // a pooling's stride is its window's size
  if (!same && !(strideOtherwise == 1 && argument("stride", strides, 1).empty()))
    text += ", stride = " + listText(strides);
  std::string automatic = node.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER") {
    text += ", padding = \"same\"";
  } else if (automatic == "NOTSET" && !pads.empty()) {
    std::vector<int64_t> begins(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2)),
        ends(pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2), pads.end());
    if (begins != ends) {
      importer.problem(node, "pads " + numbersText(pads) + ": expected the same at both sides");
      return std::nullopt;
    }
    text += argument("padding", begins, 0);
  } else if (automatic != "NOTSET" && automatic != "VALID") {
    importer.problem(node, "auto_pad " + automatic + " cannot be said");
    return std::nullopt;
  }
  return text + argument("dilation", dilations, 1);
}

/// Conv and ConvTranspose. The weights of the second are [in, out / groups, …], as in PyTorch.
void conv(Importer& importer, const Node& node) {
  bool transposed = node.op == "ConvTranspose";
  const Constant *weight = importer.constant(node, 1), *bias = importer.constant(node, 2);
  if (!weight || !weight->isFloat() || weight->shape.size() < 3 || (importer.hasInput(node, 2) && !bias))
    return importer.problem(node, "expected constant weights and bias");
  if (transposed && (!node.numbers("output_shape").empty() || node.text("auto_pad", "NOTSET") != "NOTSET"))
    return importer.problem(node, "expected pads, not the shape of the result");
  std::vector<int64_t> kernel(weight->shape.begin() + 2, weight->shape.end());
  auto window = windowArguments(importer, node, kernel.size(), 1, kernel);
  if (!window) return;
  int64_t groups = node.number("group", 1), out = transposed ? weight->shape[1] * groups : weight->shape[0];
  std::string name = transposed ? "conv_transpose" : "conv";
  std::string text = name + "(" + std::to_string(out) + ", " + listText(kernel) + *window;
  if (transposed) text += argument("output_padding", node.numbers("output_padding"), 0);
  if (groups != 1) text += ", groups = " + std::to_string(groups);
  if (!bias) text += ", bias = false";
  std::string path = importer.layerPath(node, 1, name);
  importer.parameter(path + ".weight", weight->shape, weight->floats);
  if (bias) importer.parameter(path + ".bias", bias->shape, bias->floats);
  importer.stage(node, 0, text + ") @" + path, importer.rank(node, 0));
}

/// [in, out] to [out, in].
std::vector<float> transposed(const Constant& matrix) {
  auto rows = static_cast<size_t>(matrix.shape[0]), columns = static_cast<size_t>(matrix.shape[1]);
  std::vector<float> result(rows * columns);
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) result[c * rows + r] = matrix.floats[r * columns + c];
  return result;
}

void linearLayer(Importer& importer, const Node& node, const Node& last, const Constant& weight, bool turned,
                 const Constant* bias) {
  int64_t out = weight.shape[turned ? 0 : 1], in = weight.shape[turned ? 1 : 0];
  std::string path = importer.layerPath(node, 1, "linear");
  importer.parameter(path + ".weight", {out, in}, turned ? weight.floats : transposed(weight));
  if (bias) {
    std::vector<float> values = bias->floats;
    values.resize(static_cast<size_t>(out), values.empty() ? 0 : values[0]);
    importer.parameter(path + ".bias", {out}, std::move(values));
  }
  std::string ofPixels = importer.channelsLast(node, 0) ? ", axis = 1" : "";
  importer.stage(node, 0,
                 "linear(" + std::to_string(out) + (bias ? "" : ", bias = false") + ofPixels + ") @" + path,
                 importer.rank(node, 0));
  if (&last == &node) return;
  importer.define(last, importer.subject(last, last.inputs[0] == node.outputs[0] ? 0 : 1));
  importer.skip(last);
}

bool isBiasOf(const Constant* constant, int64_t out) {
  return constant && constant->isFloat() && (constant->elements() == out || constant->elements() == 1) &&
         (constant->shape.empty() || constant->shape.back() == constant->elements());
}

void gemm(Importer& importer, const Node& node) {
  const Constant* weight = importer.constant(node, 1);
  const Constant* bias = importer.constant(node, 2);
  if (!weight || !weight->isFloat() || weight->shape.size() != 2 || (importer.hasInput(node, 2) && !bias))
    return importer.problem(node, "expected constant weights and bias");
  bool turned = node.number("transB", 0) != 0;
  if (node.number("transA", 0) != 0 || node.real("alpha", 1) != 1 || (bias && node.real("beta", 1) != 1))
    return importer.problem(node, "expected transA = 0 and factors of 1");
  if (bias && !isBiasOf(bias, weight->shape[turned ? 0 : 1]))
    return importer.problem(node, "expected a bias for each output");
  linearLayer(importer, node, node, *weight, turned, bias);
}

void matMul(Importer& importer, const Node& node) {
  const Constant* weight = importer.constant(node, 1);
  if (!weight || !weight->isFloat() || weight->shape.size() != 2)
    return importer.problem(node, "expected a product with a constant matrix");
  if (importer.rank(node, 0) != 2 && !importer.channelsLast(node, 0))
    return importer.problem(node, "expected features [N, F]");
  const Node* next = importer.onlyReader(node);
  if (next && next->op == "Add") {
    const Constant* bias = importer.constant(*next, next->inputs[0] == node.outputs[0] ? 1 : 0);
    if (isBiasOf(bias, weight->shape[1])) return linearLayer(importer, node, *next, *weight, false, bias);
  }
  linearLayer(importer, node, node, *weight, false, nullptr);
}

void batchNorm(Importer& importer, const Node& node) {
  std::string arguments, path;
  double eps = node.real("epsilon", 1e-5),
         momentum = std::round((1 - node.real("momentum", 0.9)) * 1e6) / 1e6; // 1 - 0.99f is not 0.01f
  if (std::abs(eps - 1e-5) > 1e-10) arguments = "eps = " + numberText(eps);
  if (std::abs(momentum - 0.1) > 1e-6)
    arguments += (arguments.empty() ? "" : ", ") + std::string("momentum = ") + numberText(momentum);
  static constexpr const char* parts[] = {"weight", "bias", "running_mean", "running_var"};
  for (size_t i = 0; i < 4; ++i)
    if (const Constant* part = importer.constant(node, i + 1); !part || !part->isFloat())
      return importer.problem(node, "expected constant parameters and statistics");
  path = importer.layerPath(node, 1, "batch_norm");
  for (size_t i = 0; i < 4; ++i) {
    const Constant* part = importer.constant(node, i + 1);
    importer.parameter(path + "." + parts[i], part->shape, part->floats);
  }
  importer.stage(node, 0, "batch_norm" + (arguments.empty() ? "" : "(" + arguments + ")") + " @" + path,
                 importer.rank(node, 0));
}

/// Of the last dimension: the channels of each pixel, where these are last, or features.
void layerNorm(Importer& importer, const Node& node) {
  int64_t rank = importer.rank(node, 0), axis = node.number("axis", -1);
  if (axis < 0) axis += rank;
  const Constant *weight = importer.constant(node, 1), *bias = importer.constant(node, 2);
  if (axis != rank - 1 || (rank > 2 && !importer.channelsLast(node, 0)))
    return importer.problem(node, "expected the mean over the channels");
  if (!weight || !weight->isFloat() || !bias || !bias->isFloat())
    return importer.problem(node, "expected constant parameters");
  double eps = node.real("epsilon", 1e-5);
  std::string path = importer.layerPath(node, 1, "layer_norm");
  importer.parameter(path + ".weight", weight->shape, weight->floats);
  importer.parameter(path + ".bias", bias->shape, bias->floats);
  std::string arguments = std::abs(eps - 1e-5) > 1e-10 ? "(eps = " + numberText(eps) + ")" : "";
  importer.stage(node, 0, "layer_norm" + arguments + " @" + path, rank);
}

/// The channels to the last dimension, or back: nothing where layers say which dimension they mean.
void transpose(Importer& importer, const Node& node) {
  int64_t rank = importer.rank(node, 0);
  std::vector<int64_t> order = node.numbers("perm"), there{0}, back{0, rank - 1};
  for (int64_t i = 2; i < rank; ++i) there.push_back(i), back.push_back(i - 1);
  there.push_back(1);
  bool isLast = importer.channelsLast(node, 0);
  if (rank < 3 || order != (isLast ? back : there))
    return importer.problem(node, "expected the channels moved to the last dimension, or back");
  Expression value = importer.subject(node, 0);
  value.channelsLast = !isLast;
  importer.define(node, value);
}

void pool(Importer& importer, const Node& node) {
  bool max = node.op == "MaxPool";
  std::vector<int64_t> kernel = node.numbers("kernel_shape");
  if (max && node.outputs.size() > 1 && !node.outputs[1].empty())
    return importer.problem(node, "the indices of the maxima cannot be had");
  auto window = windowArguments(importer, node, kernel.size(), 0, kernel);
  if (!window) return;
  std::string text = (max ? "max_pool(" : "avg_pool(") + listText(kernel) + *window;
  if (node.number("ceil_mode", 0)) text += ", ceil_mode = true";
  if (!max && window->find("padding") != std::string::npos && !node.number("count_include_pad", 0))
    text += ", count_include_pad = false";
  importer.stage(node, 0, text + ")", importer.rank(node, 0));
}

bool flattens(const Node* node) {
  return node && (node->op == "Flatten" || node->op == "Reshape");
}

/// Mean over the picture; a flatten that follows is part of it.
void globalAverage(Importer& importer, const Node& node, bool keeps) {
  const Node* next = importer.onlyReader(node);
  int64_t rank = importer.rank(node, 0);
  if (!keeps || !flattens(next))
    return importer.stage(node, 0, keeps ? "global_avg_pool(keep_dims = true)" : "global_avg_pool",
                          keeps ? rank : 2);
  importer.stage(node, 0, "global_avg_pool", 2);
  importer.define(*next, importer.subject(*next, 0));
  importer.skip(*next);
}

void reduceMean(Importer& importer, const Node& node) {
  int64_t rank = importer.rank(node, 0);
  std::vector<int64_t> axes = importer.wholes(node, 1, "axes");
  for (int64_t& axis : axes) axis += axis < 0 ? rank : 0;
  std::sort(axes.begin(), axes.end());
  bool spatial = rank > 2 && axes.size() == static_cast<size_t>(rank - 2) && axes.front() == 2;
  if (!spatial) return importer.problem(node, "expected the mean over height and width");
  globalAverage(importer, node, node.number("keepdims", 1) != 0);
}

void flatten(Importer& importer, const Node& node) {
  if (node.number("axis", 1) != 1) return importer.problem(node, "expected axis 1");
  if (importer.rank(node, 0) == 2) return importer.define(node, importer.subject(node, 0));
  importer.stage(node, 0, "flatten", 2);
}

/// [N, everything else], however the exporter says it.
void reshape(Importer& importer, const Node& node) {
  const Constant* shape = importer.constant(node, 1);
  bool flat = !shape || shape->ints.size() == 2;
  if (shape && flat) flat = shape->ints[1] != 0 && !(shape->ints[0] == -1 && shape->ints[1] == -1);
  if (!flat) return importer.problem(node, "to " + numbersText(shape->ints) + ": expected [N, features]");
  flatten(importer, {.op = node.op,
                     .domain = {},
                     .name = node.name,
                     .inputs = node.inputs,
                     .outputs = node.outputs,
                     .attributes = {}});
}

void clip(Importer& importer, const Node& node) {
  auto least = importer.scalar(node, 1, "min"), most = importer.scalar(node, 2, "max");
  bool open = !most || *most > 1e30;
  if (least && *least == 0 && (open || *most == 6))
    return importer.stage(node, 0, open ? "relu" : "relu6", importer.rank(node, 0));
  importer.problem(node, "expected the range 0 to 6");
}

/// An activation without attributes, by the language's name.
template <const char* Name> void plain(Importer& importer, const Node& node) {
  importer.stage(node, 0, Name, importer.rank(node, 0));
}
constexpr char relu[] = "relu", tanhName[] = "tanh", hardswish[] = "hardswish", identity[] = "identity";

void sigmoid(Importer& importer, const Node& node) {
  const Node* next = importer.onlyReader(node);
  if (next && next->op == "Mul" && next->inputs.size() == 2 &&
      (next->inputs[0] == node.inputs[0] || next->inputs[1] == node.inputs[0])) {
    // x sigmoid(x): both of x's readers are said at once.
    Expression x = {importer.named(node, 0), Expression::Form::name, importer.rank(node, 0)};
    importer.define(*next,
                    {x.text + " |> silu", Expression::Form::chain, x.rank, importer.channelsLast(node, 0)});
    return importer.skip(*next);
  }
  importer.stage(node, 0, "sigmoid", importer.rank(node, 0));
}

void leakyRelu(Importer& importer, const Node& node) {
  importer.stage(node, 0, "leaky_relu(" + numberText(node.real("alpha", 0.01)) + ")", importer.rank(node, 0));
}

void hardSigmoid(Importer& importer, const Node& node) {
  if (std::abs(node.real("alpha", 0.2) - 1.0 / 6) > 1e-4 || node.real("beta", 0.5) != 0.5)
    return importer.problem(node, "expected x / 6 + 0.5");
  importer.stage(node, 0, "hardsigmoid", importer.rank(node, 0));
}

void gelu(Importer& importer, const Node& node) {
  bool tanh = node.text("approximate", "none") == "tanh";
  importer.stage(node, 0, tanh ? "gelu(tanh = true)" : "gelu", importer.rank(node, 0));
}

void softmax(Importer& importer, const Node& node) {
  int64_t rank = importer.rank(node, 0), axis = node.number("axis", -1);
  if (axis < 0) axis += rank;
  if (axis != 1) return importer.problem(node, "expected axis 1, found " + std::to_string(axis));
  importer.stage(node, 0, node.op == "Softmax" ? "softmax" : "log_softmax", rank);
}

void dropout(Importer& importer, const Node& node) {
  double share = importer.scalar(node, 1, "ratio").value_or(0.5);
  importer.stage(node, 0, "dropout(" + numberText(share) + ")", importer.rank(node, 0));
}

void binary(Importer& importer, const Node& node) {
  const char* sign = node.op == "Add" ? " + " : node.op == "Sub" ? " - " : node.op == "Mul" ? " * " : " / ";
  std::string sides[2];
  int64_t rank = 0;
  for (size_t i = 0; i < 2; ++i) {
    rank = std::max(rank, importer.rank(node, i));
    std::optional<double> number = importer.scalar(node, i);
    sides[i] = number ? numberText(*number) : importer.named(node, i);
  }
  if (node.op == "Div" && !importer.scalar(node, 1))
    return importer.problem(node, "expected a number to divide by");
  bool last = importer.channelsLast(node, 0) || importer.channelsLast(node, 1);
  for (size_t i = 0; i < 2; ++i)
    if (last && !importer.scalar(node, i) && !importer.channelsLast(node, i))
      return importer.problem(node, "expected the channels in dimension 1");
  importer.define(node, {sides[0] + sign + sides[1], Expression::Form::sum, rank, last});
}

void concat(Importer& importer, const Node& node) {
  int64_t rank = importer.rank(node, 0), axis = node.number("axis", 0);
  if (axis < 0) axis += rank;
  if (axis != 1) return importer.problem(node, "expected axis 1, found " + std::to_string(axis));
  std::string list;
  for (size_t i = 0; i < node.inputs.size(); ++i) list += (i ? ", " : "") + importer.named(node, i);
  importer.define(node, {"concat([" + list + "])", Expression::Form::chain, rank});
}

void slice(Importer& importer, const Node& node) {
  std::vector<int64_t> begins = importer.wholes(node, 1, "starts"), ends = importer.wholes(node, 2, "ends"),
                       axes = importer.wholes(node, 3, "axes"), steps = importer.wholes(node, 4, "steps");
  int64_t rank = importer.rank(node, 0);
  bool channels = begins.size() == 1 && ends.size() == 1 && axes.size() == 1 &&
                  (axes[0] == 1 || axes[0] + rank == 1) && (steps.empty() || steps[0] == 1) && begins[0] >= 0;
  if (!channels) return importer.problem(node, "expected a part of the channels, each of them");
  bool toEnd = ends[0] > (int64_t{1} << 30);
  if (ends[0] < 0) return importer.problem(node, "expected an end that counts from the first channel");
  importer.stage(node, 0,
                 "slice(" + std::to_string(begins[0]) + (toEnd ? "" : ", " + std::to_string(ends[0])) + ")",
                 rank);
}

void split(Importer& importer, const Node& node) {
  std::vector<int64_t> sizes = importer.wholes(node, 1, "split");
  if (node.number("axis", 0) != 1 || sizes.size() != node.outputs.size())
    return importer.problem(node, "expected parts of the channels with their sizes");
  std::string x = importer.named(node, 0);
  int64_t at = 0;
  for (size_t i = 0; i < sizes.size(); at += sizes[i++])
    importer.define(node,
                    {x + " |> slice(" + std::to_string(at) + ", " + std::to_string(at + sizes[i]) + ")",
                     Expression::Form::chain, importer.rank(node, 0)},
                    i);
}

void cast(Importer& importer, const Node& node) {
  if (node.number("to", 0) != 1) return importer.problem(node, "expected a cast to f32");
  importer.stage(node, 0, "cast(f32)", importer.rank(node, 0));
}

/// x Phi(x) as exporters spell it without an operator of its own: erf(x / sqrt 2), + 1, times x, times 0.5.
void erf(Importer& importer, const Node& node) {
  importer.problem(node, "only as part of a GELU");
}

/// The nodes that spell a GELU from a division by the square root of 2 on, in order; empty where they do not.
std::vector<const Node*> geluNodes(Importer& importer, const Node& node) {
  auto other = [](const Node& n, const std::string& input) {
    return n.inputs[0] == input ? size_t{1} : size_t{0};
  };
  std::optional<double> scale = importer.scalar(node, 1);
  if (!scale) return {};
  bool starts = (node.op == "Div" && std::abs(*scale - std::sqrt(2.0)) < 1e-3) ||
                (node.op == "Mul" && std::abs(*scale - std::sqrt(0.5)) < 1e-3);
  const Node* erfNode = starts ? importer.onlyReader(node) : nullptr;
  if (!erfNode || erfNode->op != "Erf") return {};
  const Node* plus = importer.onlyReader(*erfNode);
  if (!plus || plus->op != "Add") return {};
  auto one = importer.scalar(*plus, other(*plus, erfNode->outputs[0]));
  const Node* product = one && *one == 1 ? importer.onlyReader(*plus) : nullptr;
  if (!product || product->op != "Mul" ||
      product->inputs[other(*product, plus->outputs[0])] != node.inputs[0])
    return {};
  const Node* half = importer.onlyReader(*product);
  if (!half || half->op != "Mul") return {};
  auto factor = importer.scalar(*half, other(*half, product->outputs[0]));
  if (!factor || *factor != 0.5) return {};
  return {erfNode, plus, product, half};
}

/// A constant with a number for each channel of a value of this rank, or null.
const Constant* channelNumbers(Importer& importer, const Node& node, size_t index, int64_t rank) {
  const Constant* numbers = importer.constant(node, index);
  if (!numbers || !numbers->isFloat() || rank < 3) return nullptr;
  std::vector<int64_t> shape(static_cast<size_t>(rank - 1), 1);
  shape[0] = numbers->elements();
  std::vector<int64_t> batched = shape;
  batched.insert(batched.begin(), 1);
  return numbers->shape == shape || numbers->shape == batched ? numbers : nullptr;
}

/// (x - mean) / deviation, with constants for each channel.
void subtraction(Importer& importer, const Node& node) {
  int64_t rank = importer.rank(node, 0);
  const Node* next = importer.onlyReader(node);
  const Constant* mean = channelNumbers(importer, node, 1, rank);
  bool divides = next && next->op == "Div" && next->inputs[0] == node.outputs[0];
  const Constant* deviation = divides ? channelNumbers(importer, *next, 1, rank) : nullptr;
  bool positive = deviation && std::all_of(deviation->floats.begin(), deviation->floats.end(),
                                           [](float number) { return number > 0; });
  if (!mean || !positive) return binary(importer, node);
  auto list = [](const Constant& constant) {
    std::string text;
    for (float number : constant.floats) text += (text.empty() ? "" : ", ") + numberText(double{number});
    return "[" + text + "]";
  };
  importer.stage(node, 0, "normalize(mean = " + list(*mean) + ", std = " + list(*deviation) + ")", rank);
  importer.define(*next, importer.subject(*next, 0));
  importer.skip(*next);
}

void arithmetic(Importer& importer, const Node& node) {
  std::vector<const Node*> spelled = geluNodes(importer, node);
  if (spelled.empty()) return binary(importer, node);
  importer.define(*spelled.back(), {importer.named(node, 0) + " |> gelu", Expression::Form::chain,
                                    importer.rank(node, 0), importer.channelsLast(node, 0)});
  for (const Node* part : spelled) importer.skip(*part);
}

void globalAveragePool(Importer& importer, const Node& node) {
  globalAverage(importer, node, true);
}

struct Entry {
  const char* op;
  Translate translate;
};
constexpr Entry table[] = {
    {"Add", binary},
    {"AveragePool", pool},
    {"BatchNormalization", batchNorm},
    {"Cast", cast},
    {"Clip", clip},
    {"Concat", concat},
    {"Conv", conv},
    {"ConvTranspose", conv},
    {"Div", arithmetic},
    {"Dropout", dropout},
    {"Erf", erf},
    {"Flatten", flatten},
    {"Gelu", gelu},
    {"Gemm", gemm},
    {"GlobalAveragePool", globalAveragePool},
    {"HardSigmoid", hardSigmoid},
    {"HardSwish", plain<hardswish>},
    {"Identity", plain<identity>},
    {"LayerNormalization", layerNorm},
    {"LeakyRelu", leakyRelu},
    {"LogSoftmax", softmax},
    {"MatMul", matMul},
    {"MaxPool", pool},
    {"Mul", arithmetic},
    {"ReduceMean", reduceMean},
    {"Relu", plain<relu>},
    {"Reshape", reshape},
    {"Sigmoid", sigmoid},
    {"Slice", slice},
    {"Softmax", softmax},
    {"Split", split},
    {"Sub", subtraction},
    {"Tanh", plain<tanhName>},
    {"Transpose", transpose},
};

} // namespace

bool knowsChannelsLast(const std::string& op) {
  static constexpr const char* known[] = {
      "Add",  "Clip",      "Div",    "Dropout",   "Gelu",      "HardSigmoid",
      "Erf",  "HardSwish", "MatMul", "Identity",  "LeakyRelu", "Mul",
      "Relu", "Sigmoid",   "Sub",    "Transpose", "Tanh",      "LayerNormalization"};
  return std::find(std::begin(known), std::end(known), op) != std::end(known);
}

Translate translationOf(const std::string& op) {
  for (const Entry& entry : table)
    if (op == entry.op) return entry.translate;
  return nullptr;
}

} // namespace cnn::onnx_import
