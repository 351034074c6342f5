//===- layers.cpp - ONNX's operators with parameters -------------------------------------------------===//

#include "operators.h"
#include "windows.h"

#include <algorithm>
#include <cmath>

namespace cnn::onnx_import {
namespace {

/// Extents of a transposed convolution's result.
Shape spread(NodeReader& node, const Window& window, const std::vector<int64_t>& more) {
  const Shape& picture = node.value("X").shape;
  Shape result;
  for (size_t i = 0; i < window.rank(); ++i) {
    if (!picture[i + 2].isKnown()) {
      result.push_back(node.importer.freshSize());
      continue;
    }
    int64_t extent = (picture[i + 2].value - 1) * window.stride[i] - window.begins[i] - window.ends[i] +
                     window.reach(i) + more[i];
    if (extent < 1) node.refuse("pads", "less than what they cut off", listText(window.begins));
    result.push_back({extent});
  }
  return result;
}

/// How many more rows and columns a transposed convolution has at its end.
std::vector<int64_t> outputPadding(NodeReader& node, const Window& window) {
  std::string automatic = node.text("auto_pad");
  if (automatic != "NOTSET" && automatic != "VALID")
    node.refuse("auto_pad", "pads, not the shape of the result", printable(automatic));
  if (std::vector<int64_t> shape = node.wholes("output_shape"); !shape.empty())
    node.refuse("output_shape", "pads, not the shape of the result", bracketed(shape));
  std::vector<int64_t> more = node.wholes("output_padding", window.rank(), 0, 0);
  for (size_t i = 0; i < more.size(); ++i)
    if (more[i] >= window.stride[i] && more[i] > 0)
      node.refuse("output_padding", "less than the strides " + bracketed(window.stride), bracketed(more));
  return more;
}

/// [in, out] to [out, in].
std::vector<float> transposed(const Constant& matrix) {
  auto rows = static_cast<size_t>(matrix.shape[0]), columns = static_cast<size_t>(matrix.shape[1]);
  std::vector<float> result(rows * columns);
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) result[c * rows + r] = matrix.floats[r * columns + c];
  return result;
}

/// Whether a constant broadcasts to a value of this rank as one number for each of `out` features, or one for
/// all of them.
bool isBiasOf(const Constant* constant, int64_t out, size_t rank) {
  if (!constant || !constant->isFloat() || !constant->problem.empty()) return false;
  int64_t elements = constant->elements();
  return (elements == out || elements == 1) && constant->shape.size() <= rank &&
         (constant->shape.empty() || constant->shape.back() == elements);
}

std::vector<float> scaled(std::vector<float> numbers, float factor) {
  if (factor != 1)
    for (float& number : numbers) number *= factor;
  return numbers;
}

/// A linear layer of the value at A by the matrix at B: [out, in] where `isTurned`.
void linear(NodeReader& node, bool isTurned, float factor, std::optional<std::vector<float>> bias) {
  const Constant& weight = node.weights("B", 2);
  int64_t out = weight.shape[isTurned ? 0 : 1], in = weight.shape[isTurned ? 1 : 0];
  if (int64_t channels = node.channels("A"); channels != in)
    node.refuse("B", "a matrix for " + std::to_string(channels) + " features", bracketed(weight.shape));
  std::string path = node.importer.layerPath(node.node, node.inputName("B"), "linear");
  node.importer.parameter(path + ".weight", {out, in},
                          scaled(isTurned ? weight.floats : transposed(weight), factor));
  bool hasBias = bias.has_value();
  if (hasBias) {
    bias->resize(static_cast<size_t>(out), bias->front());
    node.importer.parameter(path + ".bias", {out}, std::move(*bias));
  }
  Shape shape = node.value("A").shape;
  std::string ofPixels = node.value("A").channelsLast ? ", axis = 1" : "";
  shape.back() = {out};
  node.stage("A",
             "linear(" + std::to_string(out) + (hasBias ? "" : ", bias = false") + ofPixels + ") @" + path,
             shape);
}

} // namespace

/// The weights of a transposed convolution are [in, out / groups, …], as in PyTorch.
void translateConv(NodeReader& node) {
  bool isTransposed = node.node.op == "ConvTranspose";
  const Shape& picture = node.value("X").shape;
  const Constant& weight = node.weights("W", picture.size());
  if (picture.size() < 3) node.refuse("X", "[N, C, H, W] or [N, C, L]", describe(picture));
  std::vector<int64_t> kernel(weight.shape.begin() + 2, weight.shape.end());
  if (std::vector<int64_t> said = node.wholes("kernel_shape");
      node.node.attributes.count("kernel_shape") && said != kernel)
    node.refuse("kernel_shape", bracketed(kernel) + " as the weights have", bracketed(said));
  int64_t groups = node.whole("group"), channels = node.channels("X");
  if (groups < 1 || channels % groups || weight.shape[0] % groups)
    node.refuse("group",
                "a number that divides the channels, " + std::to_string(channels) + " and " +
                    std::to_string(weight.shape[0]),
                std::to_string(groups));
  int64_t out = isTransposed ? weight.shape[1] * groups : weight.shape[0];
  if ((isTransposed ? weight.shape[0] : weight.shape[1] * groups) != channels)
    node.refuse(
        "W", "weights for " + std::to_string(channels) + " channels in " + std::to_string(groups) + " groups",
        bracketed(weight.shape));
  const Constant* bias = node.given("B") ? &node.weights("B", std::vector<int64_t>{out}) : nullptr;
  Window window = readWindow(node, "X", kernel);
  std::vector<int64_t> more = isTransposed ? outputPadding(node, window) : std::vector<int64_t>();
  if (isTransposed && window.isSame)
    node.refuse("pads", "the same at both sides",
                bracketed(window.begins) + " and " + bracketed(window.ends));
  Shape shape = {picture[0], {out}};
  Shape spatial = isTransposed ? spread(node, window, more) : slide(node, "X", window);
  shape.insert(shape.end(), spatial.begin(), spatial.end());

  std::string name = isTransposed ? "conv_transpose" : "conv";
  std::string text = name + "(" + std::to_string(out) + ", " + listText(kernel) +
                     argument("stride", window.stride, 1) + paddingText(window) +
                     argument("dilation", window.dilation, 1) + argument("output_padding", more, 0);
  if (groups != 1) text += ", groups = " + std::to_string(groups);
  if (!bias) text += ", bias = false";
  std::string path = node.importer.layerPath(node.node, node.inputName("W"), name);
  node.importer.parameter(path + ".weight", weight.shape, weight.floats);
  if (bias) node.importer.parameter(path + ".bias", bias->shape, bias->floats);
  node.stage("X", text + ") @" + path, shape);
}

void translateGemm(NodeReader& node) {
  if (node.value("A").rank() != 2) node.refuse("A", "features [N, F]", describe(node.value("A").shape));
  node.expect("transA", 0);
  bool isTurned = node.flag("transB");
  float alpha = node.real("alpha"), beta = node.real("beta");
  std::optional<std::vector<float>> bias;
  if (node.given("C")) {
    int64_t out = node.weights("B", 2).shape[isTurned ? 0 : 1];
    const Constant& numbers = node.constant("C");
    if (!isBiasOf(&numbers, out, 2))
      node.refuse("C", "one number of f32 for each of " + std::to_string(out) + " outputs",
                  describe(numbers.element) + bracketed(numbers.shape));
    bias = scaled(numbers.floats, beta);
  }
  linear(node, isTurned, alpha, std::move(bias));
}

/// An Add of a number for each output that follows is part of it.
void translateMatMul(NodeReader& node) {
  const Expression& features = node.value("A");
  if (features.rank() != 2 && !features.channelsLast)
    node.refuse("A", "features [N, F]", describe(features.shape));
  int64_t out = node.weights("B", 2).shape[1];
  const Node* next = node.importer.onlyReader(node.output());
  const Constant* bias = nullptr;
  if (next && next->op == "Add") {
    bias = node.importer.constant(next->inputs[next->inputs[0] == node.output() ? 1 : 0]);
    if (!isBiasOf(bias, out, features.rank())) bias = nullptr;
  }
  linear(node, false, 1, bias ? std::optional(bias->floats) : std::nullopt);
  if (!bias) return;
  node.importer.define(next->outputs[0], *node.importer.value(node.output()));
  node.importer.skip(*next);
}

void translateBatchNorm(NodeReader& node) {
  node.expect("spatial", 1);
  node.expect("training_mode", 0);
  // Before operator set 14 further outputs say that the statistics are those of the batch.
  auto given =
      std::ranges::count_if(node.node.outputs, [](const std::string& name) { return !name.empty(); });
  if (given > 1)
    node.refuse("outputs", "one, of a normalisation by running statistics", std::to_string(given));
  int64_t channels = node.channels("X");
  float eps = node.real("epsilon"), momentum = node.real("momentum");
  if (eps < 0) node.refuse("epsilon", "a number of at least 0", numberText(eps));
  if (momentum < 0 || momentum > 1) node.refuse("momentum", "a number from 0 to 1", numberText(momentum));
  std::string arguments;
  if (eps != 1e-5f) arguments = "eps = " + numberText(eps);
  double ours = std::round((1 - double{momentum}) * 1e6) / 1e6; // 1 - 0.99f is not 0.01f
  if (std::abs(ours - 0.1) > 1e-6)
    arguments += (arguments.empty() ? "momentum = " : ", momentum = ") + numberText(static_cast<float>(ours));
  static constexpr std::pair<const char*, const char*> parts[] = {
      {"scale", "weight"}, {"B", "bias"}, {"mean", "running_mean"}, {"var", "running_var"}};
  for (auto [input, part] : parts) node.weights(input, std::vector<int64_t>{channels});
  std::string path = node.importer.layerPath(node.node, node.inputName("scale"), "batch_norm");
  for (auto [input, part] : parts) {
    const Constant& numbers = node.constant(input);
    node.importer.parameter(path + "." + part, numbers.shape, numbers.floats);
  }
  node.stage("X", "batch_norm" + (arguments.empty() ? "" : "(" + arguments + ")") + " @" + path);
}

/// Of the last dimension: the channels of each pixel, where these are last, or features.
void translateLayerNorm(NodeReader& node) {
  const Expression& features = node.value("X");
  size_t rank = features.rank();
  bool isOverChannels = node.axis("axis", rank) == rank - 1 && (rank == 2 || features.channelsLast);
  if (!isOverChannels) node.refuse("axis", "the mean over the channels", describe(features.shape));
  node.expect("stash_type", 1);
  int64_t channels = node.channels("X");
  const Constant& weight = node.weights("Scale", std::vector<int64_t>{channels});
  std::vector<float> bias(static_cast<size_t>(channels), 0);
  if (node.given("B")) bias = node.weights("B", std::vector<int64_t>{channels}).floats;
  float eps = node.real("epsilon");
  if (eps < 0) node.refuse("epsilon", "a number of at least 0", numberText(eps));
  std::string path = node.importer.layerPath(node.node, node.inputName("Scale"), "layer_norm");
  node.importer.parameter(path + ".weight", {channels}, weight.floats);
  node.importer.parameter(path + ".bias", {channels}, std::move(bias));
  node.stage("X", "layer_norm" + (eps != 1e-5f ? "(eps = " + numberText(eps) + ")" : "") + " @" + path);
}

} // namespace cnn::onnx_import
