//===- arithmetic.cpp - Sums, products, and what exporters spell with them ---------------------------===//

#include "operators.h"

#include <algorithm>
#include <cmath>

namespace cnn::onnx_import {
namespace {

/// The single number of a constant that broadcasts to a value of this rank without adding dimensions.
std::optional<float> number(const Importer& importer, const std::string& input, size_t rank) {
  const Constant* found = importer.constant(input);
  bool fits = found && found->isFloat() && found->problem.empty() && found->elements() == 1 &&
              found->shape.size() <= rank && std::isfinite(found->floats[0]);
  return fits ? std::optional(found->floats[0]) : std::nullopt;
}

/// The other input of a node with two.
const std::string& other(const Node& node, const std::string& input) {
  return node.inputs[node.inputs[0] == input ? 1 : 0];
}

bool isAbout(std::optional<float> found, double wanted) {
  constexpr double roundings = 2.5e-7; // two of f32: exporters compute it in different ways
  return found && std::abs(double{*found} - wanted) <= roundings * wanted;
}

/// x Phi(x) as exporters spell it without an operator of its own: erf(x / sqrt 2), + 1, times x, times 0.5.
/// The nodes from the division on, in order; empty where they do not.
std::vector<const Node*> geluNodes(NodeReader& node, size_t rank) {
  const Importer& importer = node.importer;
  const Node& first = node.node;
  std::optional<float> scale = number(importer, first.inputs[1], rank);
  bool starts = (first.op == "Div" && isAbout(scale, std::sqrt(2.0))) ||
                (first.op == "Mul" && isAbout(scale, std::sqrt(0.5)));
  const Node* erf = starts ? importer.onlyReader(first.outputs[0]) : nullptr;
  if (!erf || erf->op != "Erf") return {};
  const Node* plus = importer.onlyReader(erf->outputs[0]);
  if (!plus || plus->op != "Add" || number(importer, other(*plus, erf->outputs[0]), rank) != 1.0f) return {};
  const Node* product = importer.onlyReader(plus->outputs[0]);
  if (!product || product->op != "Mul" || other(*product, plus->outputs[0]) != first.inputs[0]) return {};
  const Node* half = importer.onlyReader(product->outputs[0]);
  if (!half || half->op != "Mul" || number(importer, other(*half, product->outputs[0]), rank) != 0.5f)
    return {};
  return {erf, plus, product, half};
}

bool translateGeluNodes(NodeReader& node) {
  const Expression* x = node.importer.value(node.node.inputs[0]);
  if (!x) return false;
  std::vector<const Node*> spelled = geluNodes(node, x->rank());
  if (spelled.empty()) return false;
  Expression gelu = node.value("A");
  node.inputName("B");
  gelu.text = node.importer.named(node.node.inputs[0]) + " |> gelu";
  gelu.form = Expression::Form::chain;
  gelu.flat.clear();
  node.importer.define(spelled.back()->outputs[0], std::move(gelu));
  for (const Node* part : spelled) node.importer.skip(*part);
  return true;
}

/// A constant with a number for each channel of a value [N, C, …], or null.
const Constant* channelNumbers(const Importer& importer, const std::string& input, const Expression& value) {
  const Constant* numbers = importer.constant(input);
  if (!numbers || !numbers->isFloat() || !numbers->problem.empty() || value.rank() < 3) return nullptr;
  std::vector<int64_t> shape(value.rank() - 1, 1);
  shape[0] = value.shape[1].value;
  std::vector<int64_t> batched = shape;
  batched.insert(batched.begin(), 1);
  return numbers->shape == shape || numbers->shape == batched ? numbers : nullptr;
}

/// (x - mean) / deviation, with constants for each channel.
bool translateNormalization(NodeReader& node) {
  const Expression* x = node.importer.value(node.node.inputs[0]);
  const Node* next = node.importer.onlyReader(node.output());
  if (!x || x->channelsLast || !next || next->op != "Div" || next->inputs[0] != node.output()) return false;
  const Constant* mean = channelNumbers(node.importer, node.node.inputs[1], *x);
  const Constant* deviation = channelNumbers(node.importer, next->inputs[1], *x);
  if (!mean || !deviation) return false;
  bool fits = std::ranges::all_of(mean->floats, [](float n) { return std::isfinite(n); }) &&
              std::ranges::all_of(deviation->floats, [](float n) { return std::isfinite(n) && n > 0; });
  if (!fits) return false;
  auto list = [](const Constant& constant) {
    std::string text;
    for (float n : constant.floats) text += (text.empty() ? "" : ", ") + numberText(n);
    return "[" + text + "]";
  };
  node.inputName("B");
  node.stage("A", "normalize(mean = " + list(*mean) + ", std = " + list(*deviation) + ")");
  node.importer.define(next->outputs[0], *node.importer.value(node.output()));
  node.importer.skip(*next);
  return true;
}

/// One side of an operation, as text and as it broadcasts.
struct Side {
  std::string text;
  Shape shape;
  bool isNumber = false;
};

/// A constant beside a value: a number, or a parameter without the leading ones.
Side constantSide(NodeReader& node, const std::string& name, const Expression& value) {
  const std::string input = node.inputName(name);
  const Constant& found = node.constant(name);
  if (!found.isFloat()) node.refuse(name, "elements of f32", describe(found.element));
  if (found.elements() == 0) node.refuse(name, "at least one element", bracketed(found.shape));
  if (found.shape.size() > value.rank())
    node.refuse(name, "at most the " + std::to_string(value.rank()) + " dimensions of the other side",
                bracketed(found.shape));
  if (auto single = number(node.importer, input, value.rank())) return {numberText(*single), {}, true};
  std::vector<int64_t> shape = found.shape;
  shape.insert(shape.begin(), value.rank() - shape.size(), 1);
  if (shape[0] != 1) node.refuse(name, "1 in the first dimension, the batch", bracketed(found.shape));
  Side side;
  for (int64_t extent : shape) side.shape.push_back({extent});
  // Elements keep their order in memory only where a moved dimension has nothing to move past.
  std::vector<int64_t> written = textOrder(shape, value.channelsLast);
  bool moves = value.channelsLast &&
               std::any_of(shape.begin() + 1, shape.end() - 1, [](int64_t n) { return n != 1; }) &&
               shape.back() != 1;
  if (moves)
    node.refuse(name, "one number for each channel, or the same for all of them", bracketed(found.shape));
  auto begin = std::ranges::find_if(written, [](int64_t n) { return n != 1; });
  written.erase(written.begin(), begin);
  if (written.empty()) written = {1};
  side.text = node.importer.bareParameter(input, written);
  return side;
}

/// What two shapes of one rank broadcast to.
Shape broadcast(NodeReader& node, const Shape& a, const Shape& b) {
  Shape result;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i] || b[i].value == 1) {
      result.push_back(a[i]);
    } else if (a[i].value == 1) {
      result.push_back(b[i]);
    } else if (a[i].isKnown() && b[i].isKnown()) {
      node.refuse("B", "a shape that broadcasts with " + describe(a), describe(b));
    } else {
      node.refuse("B", "a shape that is known to broadcast with " + describe(a), describe(b));
    }
  }
  return result;
}

} // namespace

void translateArithmetic(NodeReader& node) {
  const std::string& op = node.node.op;
  if ((op == "Div" || op == "Mul") && translateGeluNodes(node)) return;
  if (op == "Sub" && translateNormalization(node)) return;
  const Expression *a = node.importer.value(node.node.inputs[0]),
                   *b = node.importer.value(node.node.inputs[1]);
  if (!a && !b) node.value("A"); // refuses
  Expression result = a ? node.value("A") : node.value("B");
  Side sides[2];
  for (size_t i = 0; i < 2; ++i) {
    const char* name = i ? "B" : "A";
    const Expression* computed = i ? b : a;
    sides[i] = computed ? Side{node.importer.named(node.inputName(name)), node.value(name).shape}
                        : constantSide(node, name, result);
  }
  if (a && b && a->rank() != b->rank())
    node.refuse("B", "as many dimensions as " + describe(a->shape), describe(b->shape));
  if (a && b && a->channelsLast != b->channelsLast)
    node.refuse("B", "the channels in the same dimension as " + describe(a->shape), describe(b->shape));
  if (op == "Div" && sides[1].isNumber && number(node.importer, node.node.inputs[1], result.rank()) == 0.0f)
    node.refuse("B", "a number other than 0 to divide by", "0");
  if (!sides[0].isNumber && !sides[1].isNumber)
    result.shape = broadcast(node, sides[0].shape, sides[1].shape);
  const char* sign = op == "Add" ? " + " : op == "Sub" ? " - " : op == "Mul" ? " * " : " / ";
  result.text = sides[0].text + sign + sides[1].text;
  result.form = Expression::Form::sum;
  result.flat.clear();
  node.define(std::move(result));
}

void translateExtreme(NodeReader& node) {
  const std::vector<std::string>& inputs = node.node.inputs;
  auto first = std::ranges::find_if(inputs, [&](auto& input) { return node.importer.value(input); });
  if (first == inputs.end()) node.valueAt(0); // refuses
  Expression result = node.valueAt(size_t(first - inputs.begin()));
  std::string list;
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::string text;
    if (node.importer.value(inputs[i])) {
      const Expression& other = node.valueAt(i);
      if (other.rank() != result.rank() || other.channelsLast != result.channelsLast)
        node.refuse("data_0", "values with the dimensions of " + describe(result.shape),
                    describe(other.shape));
      result.shape = broadcast(node, result.shape, other.shape);
      text = node.importer.named(inputs[i]);
    } else if (auto single = number(node.importer, inputs[i], result.rank())) {
      text = numberText(*single);
    } else {
      node.refuse("data_0", "values, and constants of one number", "another constant");
    }
    list += (list.empty() ? "" : ", ") + text;
  }
  result.text = inputs.size() == 1 ? list : (node.node.op == "Max" ? "max(" : "min(") + list + ")";
  result.form = inputs.size() == 1 ? Expression::Form::name : Expression::Form::chain;
  result.flat.clear();
  node.define(std::move(result));
}

void translateErf(NodeReader& node) {
  node.value("input");
  node.refuse("input", "to be part of a GELU, x * 0.5 * (1 + erf(x / sqrt 2))", "another use");
}

} // namespace cnn::onnx_import
