//===- pointwise.cpp - ONNX's activations, and softmax -----------------------------------------------===//

#include "onnx_names.h"
#include "operators.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cnn::onnx_import {

void translatePlain(NodeReader& node) {
  node.stage(node.schema.inputs[0].name, node.schema.word);
}

void translateSigmoid(NodeReader& node) {
  const Expression& x = node.value("X");
  const std::string input = node.inputName("X");
  const Node* next = node.importer.onlyReader(node.output());
  if (!next || next->op != "Mul" || (next->inputs[0] != input && next->inputs[1] != input))
    return translatePlain(node);
  // x sigmoid(x): both of x's readers are said at once.
  Expression silu = x;
  silu.text = node.importer.named(input) + " |> silu";
  silu.form = Expression::Form::chain;
  silu.flat.clear();
  node.importer.define(next->outputs[0], std::move(silu));
  node.importer.skip(*next);
}

void translateNamed(NodeReader& node) {
  const OnnxName& row = *node.schema.row;
  std::string arguments;
  for (const OnnxArgument& argument : row.arguments) {
    if (!*argument.attribute) continue;
    float value = node.real(argument.attribute);
    if (value == argument.otherwise) continue;
    if (!*argument.argument)
      node.refuse(argument.attribute, numberText(argument.otherwise), numberText(value));
    std::string name = row.arguments.size() == 1 ? "" : std::string(argument.argument) + " = ";
    arguments += (arguments.empty() ? "" : ", ") + name + numberText(value);
  }
  node.stage(row.input, row.word + (arguments.empty() ? "" : "(" + arguments + ")"));
}

void translatePow(NodeReader& node) {
  const Constant& exponent = node.constant("Y");
  bool one = exponent.isFloat() && exponent.elements() == 1 &&
             exponent.shape.size() <= node.value("X").rank() && std::isfinite(exponent.floats[0]);
  if (!one) node.refuse("Y", "one finite number of f32", bracketed(exponent.shape));
  node.stage("X", "pow(" + numberText(exponent.floats[0]) + ")");
}

/// max(0, min(1, alpha x + beta)), which is relu6(6 alpha x + 6 beta) / 6.
void translateHardSigmoid(NodeReader& node) {
  float alpha = node.real("alpha"), beta = node.real("beta");
  if (alpha == 1.0f / 6 && beta == 0.5f) return node.stage("X", "hardsigmoid");
  if (!std::isfinite(6 * alpha) || !std::isfinite(6 * beta))
    node.refuse("alpha", "numbers of which six times is finite",
                numberText(alpha) + " and " + numberText(beta));
  Expression y = node.value("X");
  std::string x = node.importer.named(node.inputName("X"));
  y.text = "((" + x + " * " + numberText(6 * alpha) + " + " + numberText(6 * beta) + ") |> relu6) / 6";
  y.form = Expression::Form::sum;
  y.flat.clear();
  node.define(std::move(y));
}

void translateGelu(NodeReader& node) {
  std::string approximate = node.text("approximate");
  if (approximate != "none" && approximate != "tanh")
    node.refuse("approximate", "none or tanh", printable(approximate));
  node.stage("X", approximate == "tanh" ? "gelu(tanh = true)" : "gelu");
}

void translateClip(NodeReader& node) {
  constexpr float unbounded = std::numeric_limits<float>::max();
  auto bound = [&](const char* name, float otherwise) {
    bool isInput = node.operatorSet >= 11;
    return isInput && !node.given(name) ? otherwise : node.real(name);
  };
  float least = bound("min", -unbounded), most = bound("max", unbounded);
  if (least == -unbounded && most == unbounded) return node.stage("input", "identity");
  if (least != 0 || (most != 6 && most != unbounded))
    node.refuse("min", "a range from 0 to 6 or without an upper end",
                numberText(least) + " to " + (most == unbounded ? "any" : numberText(most)));
  node.stage("input", most == 6 ? "relu6" : "relu");
}

/// The language's softmax is over dimension 1. Before operator set 13 it was over all dimensions from `axis`
/// on together.
void translateSoftmax(NodeReader& node) {
  const Expression& x = node.value("input");
  if (x.rank() < 2) node.refuse("input", "at least [N, C]", describe(x.shape));
  size_t axis = node.axis("axis", x.rank());
  bool together = node.operatorSet < 13;
  bool rest =
      std::all_of(x.shape.begin() + 2, x.shape.end(), [](const Size& size) { return size.value == 1; });
  bool fits = together ? axis == 1 && (rest || x.rank() == 2) : textDimension(x, axis) == 1;
  if (together && x.channelsLast) fits = fits && x.rank() == 2;
  if (!fits)
    node.refuse("axis",
                together ? "1, of [N, C]: before operator set 13 all dimensions from there on count as one"
                         : "the channels",
                std::to_string(axis) + " of " + describe(x.shape));
  node.stage("input", node.schema.word);
}

void translateDropout(NodeReader& node) {
  node.ignore("seed"); // of training
  if (node.given("training_mode")) {
    const Constant& training = node.constant("training_mode");
    bool isFalse = training.element == Element::boolean && training.ints == std::vector<int64_t>{0};
    if (!isFalse) node.refuse("training_mode", "false", "a value that is not");
  }
  // As an input the ratio may be left out.
  float ratio = node.operatorSet < 12 || node.given("ratio") ? node.real("ratio") : 0.5f;
  if (!(ratio >= 0 && ratio < 1)) node.refuse("ratio", "a number from 0 to below 1", numberText(ratio));
  node.stage("data", "dropout(" + numberText(ratio) + ")");
}

void translateCast(NodeReader& node) {
  Expression x = node.value("input");
  auto to = static_cast<Element>(node.whole("to"));
  node.ignore("saturate"); // these are about elements of eight bits
  node.ignore("round_mode");
  if (to == x.element) return node.stage("input", "identity");
  if (to != Element::f32) node.refuse("to", "f32", describe(to));
  node.stage("input", "cast(f32)");
  Expression result = *node.importer.value(node.output());
  result.element = Element::f32;
  node.define(std::move(result));
}

} // namespace cnn::onnx_import
