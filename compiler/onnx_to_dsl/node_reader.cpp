//===- node_reader.cpp - Reads all of a node, or refuses it ------------------------------------------===//

#include "node_reader.h"

#include <algorithm>
#include <cmath>

namespace cnn::onnx_import {
namespace {

const char* typeName(const AttributeSchema& schema) {
  static constexpr const char* names[] = {"INT", "FLOAT", "STRING", "INTS"};
  return names[schema.otherwise.index()];
}

bool hasType(const Attribute& attribute, const AttributeSchema& schema) {
  switch (schema.otherwise.index()) {
  case 0:
    return std::holds_alternative<int64_t>(attribute.value);
  case 1:
    return std::holds_alternative<float>(attribute.value);
  case 2:
    return std::holds_alternative<std::string>(attribute.value);
  default:
    return std::holds_alternative<std::vector<int64_t>>(attribute.value);
  }
}

std::string countText(size_t least, size_t most) {
  if (most == SIZE_MAX) return "at least " + std::to_string(least);
  return least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
}

} // namespace

NodeReader::NodeReader(Importer& importer, const Node& node, const OperatorSchema& schema)
    : importer(importer), node(node), schema(schema), operatorSet(importer.graph.operatorSet) {
  checkAttributes();
  checkInputs();
  size_t most = schema.variadicOutputs ? SIZE_MAX : schema.outputs;
  if (node.outputs.empty() || node.outputs.size() > most)
    refuse("outputs", countText(1, most), std::to_string(node.outputs.size()));
}

void NodeReader::refuse(const std::string& what, const std::string& expected,
                        const std::string& found) const {
  throw Refusal{what, expected, found};
}

void NodeReader::checkAttributes() {
  for (auto& [name, attribute] : node.attributes) {
    const AttributeSchema* known = this->attribute(name);
    if (!known) {
      std::string all;
      for (const AttributeSchema& each : schema.attributes)
        if (each.sets.contains(operatorSet)) all += (all.empty() ? "" : ", ") + std::string(each.name);
      refuse(printable(name), all.empty() ? "no attribute" : "one of the attributes " + all,
             "an attribute that this operator does not have in operator set " + std::to_string(operatorSet));
    }
    if (!hasType(attribute, *known)) refuse(name, typeName(*known), attribute.typeName);
    unread.insert(name);
  }
  for (const AttributeSchema& each : schema.attributes)
    if (each.required && each.sets.contains(operatorSet) && !node.attributes.count(each.name))
      refuse(each.name, "the attribute to be given", "none");
}

void NodeReader::checkInputs() {
  size_t least = 0, most = 0;
  for (const InputSchema& input : schema.inputs) {
    if (!input.sets.contains(operatorSet)) continue;
    inputs.emplace(input.name, most++);
    if (!input.optional) least = most;
  }
  if (schema.variadicInputs) most = SIZE_MAX;
  if (node.inputs.size() < least || node.inputs.size() > most)
    refuse("inputs", countText(least, most), std::to_string(node.inputs.size()));
  for (auto& [name, index] : inputs) {
    if (!given(name)) {
      if (index < least) refuse(name, "the input to be given", "none");
      continue;
    }
    unread.insert(name);
  }
  for (const std::string& input : node.inputs)
    if (schema.variadicInputs && input.empty()) refuse("inputs", "all of them to be given", "an empty name");
}

const AttributeSchema* NodeReader::attribute(const std::string& name) const {
  for (const AttributeSchema& each : schema.attributes)
    if (each.name == name && each.sets.contains(operatorSet)) return &each;
  return nullptr;
}

bool NodeReader::given(const std::string& name) const {
  if (node.attributes.count(name)) return true;
  auto input = inputs.find(name);
  return input != inputs.end() && input->second < node.inputs.size() && !node.inputs[input->second].empty();
}

std::string NodeReader::inputName(const std::string& name) {
  unread.erase(name);
  return node.inputs[inputs.at(name)];
}

/// The attribute's value, or null where it is not given.
template <typename T> const T* NodeReader::stored(const std::string& name) {
  unread.erase(name);
  auto found = node.attributes.find(name);
  return found == node.attributes.end() ? nullptr : &std::get<T>(found->second.value);
}

int64_t NodeReader::whole(const std::string& name) {
  if (const auto* found = stored<int64_t>(name)) return *found;
  const AttributeSchema* known = attribute(name);
  return known ? std::get<int64_t>(known->otherwise) : 0;
}

bool NodeReader::flag(const std::string& name) {
  int64_t number = whole(name);
  if (number != 0 && number != 1) refuse(name, "0 or 1", std::to_string(number));
  return number == 1;
}

float NodeReader::real(const std::string& name) {
  float number = 0;
  if (inputs.count(name)) {
    const Constant& scalar = constant(name);
    if (!scalar.isFloat() || scalar.elements() != 1)
      refuse(name, "one number of f32",
             std::to_string(scalar.elements()) + " of " + describe(scalar.element));
    number = scalar.floats[0];
  } else if (const auto* found = stored<float>(name)) {
    number = *found;
  } else {
    number = std::get<float>(attribute(name)->otherwise);
  }
  if (!std::isfinite(number)) refuse(name, "a finite number", numberText(number));
  return number;
}

std::string NodeReader::text(const std::string& name) {
  if (const auto* found = stored<std::string>(name)) return *found;
  const AttributeSchema* known = attribute(name);
  return known ? std::get<const char*>(known->otherwise) : "";
}

std::vector<int64_t> NodeReader::inputWholes(const std::string& name) {
  std::vector<int64_t> numbers;
  Sizes found = sizes(name);
  for (const Size& size : found.list) {
    // Negative numbers are known as well: only free sizes have names.
    if (!size.name.empty()) refuse(name, "numbers that are known", describe(found.list));
    numbers.push_back(size.value);
  }
  return numbers;
}

std::vector<int64_t> NodeReader::wholes(const std::string& name) {
  if (inputs.count(name)) return given(name) ? inputWholes(name) : std::vector<int64_t>();
  const auto* found = stored<std::vector<int64_t>>(name);
  return found ? *found : std::vector<int64_t>();
}

std::vector<int64_t> NodeReader::wholes(const std::string& name, size_t count, int64_t least,
                                        int64_t otherwise) {
  bool isGiven = given(name);
  std::vector<int64_t> numbers = wholes(name);
  if (!isGiven) numbers.assign(count, otherwise);
  bool fits = numbers.size() == count && std::ranges::all_of(numbers, [&](int64_t number) {
                return number >= least && number <= INT32_MAX;
              });
  if (!fits)
    refuse(name, std::to_string(count) + " numbers of at least " + std::to_string(least), bracketed(numbers));
  return numbers;
}

size_t NodeReader::dimension(const std::string& name, int64_t axis, size_t rank) const {
  auto count = static_cast<int64_t>(rank);
  if (axis < -count || axis >= count)
    refuse(name, "a dimension of " + std::to_string(rank), std::to_string(axis));
  return static_cast<size_t>(axis < 0 ? axis + count : axis);
}

size_t NodeReader::axis(const std::string& name, size_t rank) {
  return dimension(name, whole(name), rank);
}

void NodeReader::expect(const std::string& name, int64_t value) {
  if (!attribute(name)) return;
  int64_t found = whole(name);
  if (found != value) refuse(name, std::to_string(value), std::to_string(found));
}

void NodeReader::ignore(const std::string& name) {
  unread.erase(name);
}

bool NodeReader::isUsed(size_t output) const {
  return output < node.outputs.size() && importer.isUsed(node.outputs[output]);
}

static std::string describeInput(const Importer& importer, const std::string& input) {
  if (const Expression* value = importer.value(input))
    return "the computed value " + printable(input) + " " + describe(value->shape);
  if (importer.constant(input)) return "the constant " + printable(input);
  if (const Sizes* sizes = importer.sizes(input)) return "the sizes " + describe(sizes->list);
  return printable(input) + ", which nothing gives before";
}

const Expression& NodeReader::valueAt(size_t index) {
  const std::string& input = node.inputs.at(index);
  const InputSchema& known = schema.inputs[std::min(index, schema.inputs.size() - 1)];
  const Expression* found = importer.value(input);
  if (!found) refuse(known.name, "a value computed from an input", describeInput(importer, input));
  if (known.kind != InputKind::moved && found->element != Element::f32)
    refuse(known.name, "elements of f32", describe(found->element));
  return *found;
}

const Expression& NodeReader::value(const std::string& name) {
  unread.erase(name);
  return valueAt(inputs.at(name));
}

const Constant& NodeReader::constant(const std::string& name) {
  std::string input = inputName(name);
  const Constant* found = importer.constant(input);
  if (!found) refuse(name, "a constant", describeInput(importer, input));
  if (!found->problem.empty()) refuse(name, "a constant that can be read", found->problem);
  return *found;
}

const Constant& NodeReader::weights(const std::string& name, size_t rank) {
  const Constant& found = constant(name);
  if (!found.isFloat()) refuse(name, "elements of f32", describe(found.element));
  if (found.shape.size() != rank) refuse(name, std::to_string(rank) + " dimensions", bracketed(found.shape));
  if (found.elements() == 0) refuse(name, "at least one element", bracketed(found.shape));
  return found;
}

const Constant& NodeReader::weights(const std::string& name, const std::vector<int64_t>& shape) {
  const Constant& found = weights(name, shape.size());
  if (found.shape != shape) refuse(name, "the shape " + bracketed(shape), bracketed(found.shape));
  return found;
}

Sizes NodeReader::sizes(const std::string& name) {
  std::string input = inputName(name);
  if (const Sizes* computed = importer.sizes(input)) return *computed;
  const Constant& known = constant(name);
  bool isWhole = known.element == Element::i64 || known.element == Element::i32;
  if (!isWhole || known.shape.size() > 1)
    refuse(name, "a list of whole numbers", describe(known.element) + bracketed(known.shape));
  Sizes sizes{{}, known.shape.empty()};
  for (int64_t number : known.ints) sizes.list.push_back({number});
  return sizes;
}

int64_t NodeReader::channels(const std::string& name) {
  const Expression& found = value(name);
  if (found.rank() < 2) refuse(name, "at least [N, C]", describe(found.shape));
  const Size& size = found.channelsLast ? found.shape.back() : found.shape[1];
  if (!size.isKnown()) refuse(name, "a fixed number of channels", describe(found.shape));
  return size.value;
}

void NodeReader::define(Expression value, size_t output) {
  defined.insert(output);
  importer.define(node.outputs.at(output), std::move(value));
}

void NodeReader::stage(const std::string& input, const std::string& text, Shape shape) {
  value(input);
  Expression from = importer.subject(inputName(input));
  Expression to{.text = continued(from.text, text), .form = Expression::Form::chain};
  to.shape = std::move(shape);
  to.element = from.element;
  to.channelsLast = from.channelsLast;
  define(std::move(to));
}

void NodeReader::stage(const std::string& input, const std::string& text) {
  stage(input, text, value(input).shape);
}

void NodeReader::finish() {
  if (schema.variadicInputs) unread.erase(schema.inputs[0].name);
  if (!unread.empty())
    refuse(*unread.begin(), "nothing that changes the meaning", "a value that is not understood");
  for (size_t i = 1; i < node.outputs.size(); ++i)
    if (isUsed(i) && !defined.count(i))
      refuse("output " + printable(node.outputs[i]), "not to be used", "a reader of it");
}

size_t textDimension(const Expression& value, size_t dimension) {
  if (!value.channelsLast || dimension == 0) return dimension;
  return dimension + 1 == value.rank() ? 1 : dimension + 1;
}

} // namespace cnn::onnx_import
