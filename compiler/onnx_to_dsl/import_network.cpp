//===- import_network.cpp - The frame of a network around its operators -----------------------------===//

#include "importer.h"

#include "node_reader.h"

#include <algorithm>

namespace cnn::onnx_import {
namespace {

/// Where the text of a value becomes longer it gets a name, so that a chain of any length is written in
/// linear time and every line can be read.
constexpr size_t longestChain = 1500;
/// Elements of constants that are computed here, in all.
constexpr int64_t mostComputedElements = int64_t{1} << 26;
/// Layers that share weights have copies of them, in all at most so many times the weights that there are:
/// a small model does not take all memory.
constexpr size_t shareOfCopies = 64;
constexpr size_t mostDimensions = 4; // of the language's inputs

/// Thrown where a node reads what has failed, which has been said.
struct Silence {};

} // namespace

Importer::Importer(const Graph& graph, const std::set<std::string>& reserved, ImportedNetwork& result)
    : graph(graph), result(result), names(reserved) {
  names.insert("N");
  for (auto& [name, constant] : graph.constants) {
    constants[name] = &constant;
    mostParameterElements += shareOfCopies * constant.floats.size();
  }
}

// ---- Values ----

const Expression* Importer::value(const std::string& name) const {
  auto found = values.find(name);
  return found == values.end() ? nullptr : &found->second;
}

const Constant* Importer::constant(const std::string& name) const {
  auto found = constants.find(name);
  return found == constants.end() ? nullptr : found->second;
}

const Sizes* Importer::sizes(const std::string& name) const {
  auto found = computedSizes.find(name);
  return found == computedSizes.end() ? nullptr : &found->second;
}

void Importer::define(const std::string& name, Expression value) {
  values[name] = std::move(value);
  if (values[name].text.size() > longestChain) bind(name);
}

void Importer::keep(const std::string& name, Constant constant) {
  int64_t elements = constant.elements();
  if (elements > mostComputedElements - computedElements)
    throw Refusal{"output " + printable(name),
                  "at most " + std::to_string(mostComputedElements) + " elements of computed constants",
                  "more"};
  computedElements += elements;
  constants[name] = &computed.emplace_back(std::move(constant));
}

/// `let x3 = …` for a value that is used where only a name reads well.
void Importer::bind(const std::string& value) {
  Expression& expression = values[value];
  if (expression.form == Expression::Form::name) return;
  std::string name = freshName("x" + std::to_string(++counter));
  body += "  let " + name + " = " + expression.text + "\n";
  expression.text = name;
  expression.form = Expression::Form::name;
  expression.flat.clear();
}

Expression Importer::subject(const std::string& name) {
  if (!hasOneReader(name)) bind(name);
  Expression expression = values.at(name);
  if (expression.form == Expression::Form::sum) expression.text = "(" + expression.text + ")";
  expression.form = Expression::Form::chain;
  return expression;
}

std::string Importer::named(const std::string& name) {
  bind(name);
  return values.at(name).text;
}

Size Importer::freshSize() {
  return {-1, "?" + std::to_string(++unknownSizes)};
}

std::string Importer::bareParameter(const std::string& constant, const std::vector<int64_t>& shape) {
  auto [found, isNew] = bareParameters.try_emplace({constant, shape});
  if (!isNew) return found->second;
  std::string name = found->second = freshName(constant);
  body += "  param " + name + ": f32" + bracketed(shape) + " = zeros\n";
  parameter(name, shape, constants.at(constant)->floats);
  return name;
}

void Importer::parameter(const std::string& path, std::vector<int64_t> shape, std::vector<float> values) {
  parameterElements += values.size();
  if (parameterElements > mostParameterElements)
    throw Refusal{path,
                  "at most " + std::to_string(mostParameterElements) + " numbers in all copies of weights",
                  "more"};
  result.parameters.push_back({path, std::move(shape), std::move(values)});
}

// ---- Neighbours ----

bool Importer::isNeeded(const Node& node) const {
  return std::ranges::any_of(node.outputs, [&](const std::string& output) { return needed.count(output); });
}

void Importer::findReaders() {
  needed = neededValues(graph);
  for (const Tensor& output : graph.outputs) readers[output.name].push_back(nullptr);
  for (const Node& node : graph.nodes) {
    if (!isNeeded(node)) continue;
    for (const std::string& input : node.inputs)
      if (node.op == "Shape")
        shapesRead.insert(input);
      else
        readers[input].push_back(&node);
  }
}

const Node* Importer::onlyReader(const std::string& value) const {
  auto found = readers.find(value);
  if (found == readers.end() || found->second.size() != 1 || shapesRead.count(value)) return nullptr;
  const Node* reader = found->second[0];
  return reader && reader->domain.empty() && wellFormed.count(reader) ? reader : nullptr;
}

bool Importer::hasOneReader(const std::string& value) const {
  auto found = readers.find(value);
  return found != readers.end() && found->second.size() == 1;
}

bool Importer::isUsed(const std::string& value) const {
  return readers.count(value) || shapesRead.count(value);
}

// ---- Inputs ----

std::string Importer::inputProblem(const Tensor& input) const {
  bool isKnown =
      input.element == Element::f32 || input.element == Element::u8 || input.element == Element::i32;
  if (!isKnown) return "expected elements of f32, u8 or i32, found " + describe(input.element);
  if (!input.hasShape) return "expected a shape, found none";
  if (input.shape.empty() || input.shape.size() > mostDimensions)
    return "expected 1 to " + std::to_string(mostDimensions) +
           " dimensions, the first of them the batch, found " + std::to_string(input.shape.size());
  for (const Dimension& dimension : input.shape) {
    if (dimension.name.empty() && dimension.size < 1)
      return "expected sizes of at least 1, found " + std::to_string(dimension.size);
    if (&dimension != &input.shape[0] && !dimension.name.empty() && dimension.name == input.shape[0].name)
      return "expected the batch in the first dimension only, found " + printable(dimension.name) +
             " in another";
  }
  return "";
}

/// All inputs have the batch in common.
void Importer::checkBatch() {
  const Tensor* first = nullptr;
  for (const Tensor& input : graph.inputs) {
    if (!isUsed(input.name) || !inputProblem(input).empty()) continue;
    const Dimension& batch = input.shape[0];
    if (!first) {
      first = &input;
      if (batch.name.empty()) fixedBatch = batch.size;
      continue;
    }
    const Dimension& other = first->shape[0];
    if (batch.name.empty() != other.name.empty() || (batch.name.empty() && batch.size != other.size)) {
      auto text = [](const Dimension& d) {
        return d.name.empty() ? std::to_string(d.size) : printable(d.name);
      };
      result.problems.push_back("input " + printable(input.name) + ": expected a batch of " + text(other) +
                                " as input " + printable(first->name) + " has, found " + text(batch));
    }
  }
}

std::string Importer::dimensionText(const Tensor& input, size_t i) {
  const Dimension& dimension = input.shape[i];
  if (i == 0) return "N"; // whatever size the model was exported with
  if (dimension.name.empty()) return std::to_string(dimension.size);
  auto [found, isNew] = freeSizes.try_emplace(dimension.name);
  if (isNew) {
    std::string wanted = dimension.name;
    wanted[0] = static_cast<char>(wanted[0] >= 'a' && wanted[0] <= 'z' ? wanted[0] - 'a' + 'A' : wanted[0]);
    if (wanted[0] < 'A' || wanted[0] > 'Z') wanted = "D" + wanted;
    found->second.name = freshName(wanted);
    result.notes.push_back("input " + printable(input.name) + ": give its free size with --set " +
                           found->second.name + "=…");
  }
  return found->second.name;
}

void Importer::declareInputs() {
  for (const Tensor& input : graph.inputs) {
    std::string why = inputProblem(input);
    if (!why.empty()) {
      if (isUsed(input.name)) {
        result.problems.push_back("input " + printable(input.name) + ": " + why);
        values[input.name].failed = true;
      } else {
        result.notes.push_back("input " + printable(input.name) + " is not used, and left out: " + why);
      }
      continue;
    }
    std::string name = freshName(input.name), shape;
    noteName("input", input.name, name);
    Expression value{.text = name};
    value.element = input.element;
    for (size_t i = 0; i < input.shape.size(); ++i) {
      std::string size = dimensionText(input, i);
      shape += (i ? ", " : "") + size;
      bool isFree = i == 0 || !input.shape[i].name.empty();
      value.shape.push_back(isFree ? Size{-1, size} : Size{input.shape[i].size});
    }
    body += "  input " + name + ": " + describe(input.element) + "[" + shape + "]\n";
    values[input.name] = std::move(value);
  }
}

// ---- Nodes ----

void Importer::fail(const Node& node, const Refusal& refusal) {
  std::string found = refusal.found.empty() ? "" : ", found " + refusal.found;
  nodeProblems.emplace(static_cast<size_t>(&node - graph.nodes.data()),
                       describe(node) + ": " + refusal.what + ": expected " + refusal.expected + found);
  failSilently(node);
}

void Importer::failSilently(const Node& node) {
  for (const std::string& output : node.outputs)
    if (!output.empty()) values[output].failed = true;
}

void Importer::checkNodes() {
  for (const Node& node : graph.nodes) {
    if (!isNeeded(node)) continue;
    const OperatorSchema* schema = node.domain.empty() ? findOperator(node.op) : nullptr;
    try {
      if (schema && schema->since > graph.operatorSet)
        throw Refusal{"operator set", std::to_string(schema->since) + " or later for this operator",
                      std::to_string(graph.operatorSet)};
      if (schema) NodeReader(*this, node, *schema);
    } catch (const Refusal& refusal) {
      fail(node, refusal);
      continue;
    }
    if (schema) {
      wellFormed.insert(&node);
      continue;
    }
    nodeProblems[static_cast<size_t>(&node - graph.nodes.data())] =
        describe(node) + ": there is no such operator in the language";
    failSilently(node);
  }
}

void Importer::translate(const Node& node) {
  const OperatorSchema& schema = *findOperator(node.op);
  bool last = false, computed = false;
  for (const std::string& input : node.inputs) {
    const Expression* found = value(input);
    if (found && found->failed) throw Silence();
    last = last || (found && found->channelsLast);
    computed = computed || found;
  }
  NodeReader reader(*this, node, schema);
  if (!computed && schema.fold) {
    schema.fold(reader);
  } else if (!schema.translate) {
    reader.refuse("inputs", "constants, or sizes that are computed from shapes", "computed values");
  } else {
    if (last && !schema.channelsLast)
      reader.refuse("inputs", "the channels in dimension 1", "them in the last dimension");
    schema.translate(reader);
  }
  reader.finish();
}

void Importer::translateNodes() {
  for (const Node& node : graph.nodes) {
    if (!wellFormed.count(&node) || done.count(&node)) continue;
    try {
      translate(node);
    } catch (const Refusal& refusal) {
      fail(node, refusal);
    } catch (const Silence&) {
      failSilently(node);
    }
  }
  for (auto& [index, problem] : nodeProblems) result.problems.push_back(problem);
}

// ---- Outputs ----

std::string Importer::outputProblem(const Tensor& output) const {
  const Expression* found = value(output.name);
  if (!found) {
    if (constant(output.name)) return "expected a value computed from an input, found a constant";
    if (sizes(output.name)) return "expected a value computed from an input, found sizes";
    return "nothing gives it";
  }
  if (found->failed) return "";
  if (found->channelsLast)
    return "expected the channels in dimension 1, found them moved to the last dimension: " +
           describe(found->shape);
  if (output.element != Element::undefined && output.element != found->element)
    return "expected elements of " + describe(output.element) + " as the model says, found " +
           describe(found->element);
  if (!output.hasShape) return "";
  bool fits = output.shape.size() == found->rank();
  std::string said;
  for (size_t i = 0; i < output.shape.size(); ++i) {
    const Dimension& dimension = output.shape[i];
    said += (i ? ", " : "") +
            (dimension.name.empty() ? std::to_string(dimension.size) : printable(dimension.name));
    if (i == 0 || !fits) continue;
    bool differs =
        dimension.name.empty() && found->shape[i].isKnown() && found->shape[i].value != dimension.size;
    fits = fits && !differs;
  }
  return fits ? "" : "expected the shape [" + said + "] as the model says, found " + describe(found->shape);
}

void Importer::writeOutputs() {
  for (const Tensor& output : graph.outputs) {
    std::string why = outputProblem(output);
    const Expression* found = value(output.name);
    if (!why.empty() || !found || found->failed) {
      if (!why.empty()) result.problems.push_back("output " + printable(output.name) + ": " + why);
      continue;
    }
    std::string name = freshName(output.name);
    noteName("output", output.name, name);
    ImportedOutput& added = result.outputs.emplace_back(ImportedOutput{name, {}});
    for (const Size& size : found->shape) added.shape.push_back(size.value);
    body += "  output " + name + " = " + found->text + "\n";
  }
}

void Importer::run(const std::string& networkName) {
  result.problems = graph.problems;
  if (graph.operatorSet < oldestSet || graph.operatorSet > newestSet) {
    result.problems.push_back("opset_import: expected operator set " + std::to_string(oldestSet) + " to " +
                              std::to_string(newestSet) + ", found " +
                              (graph.operatorSet ? std::to_string(graph.operatorSet) : "none"));
    return;
  }
  if (graph.inputs.empty()) result.problems.push_back("the model has no input");
  if (graph.outputs.empty()) result.problems.push_back("the model has no output");
  names.insert(networkName);
  findReaders();
  checkBatch();
  declareInputs();
  checkNodes();
  translateNodes();
  writeOutputs();
  if (!sharedWeights.empty())
    result.notes.push_back(std::to_string(sharedWeights.size()) +
                           " of the model's weights serve several layers (" +
                           printable(*sharedWeights.begin()) + "); each layer has its own copy here");
  result.text = "/// Imported from an ONNX model" +
                (graph.producer.empty() ? "" : " that " + printable(graph.producer) + " wrote") +
                ".\nnetwork " + networkName + " {\n" + body + "}\n";
}

ImportedNetwork importNetwork(const Graph& graph, const std::string& name,
                              const std::set<std::string>& reserved) {
  ImportedNetwork result;
  Importer(graph, reserved, result).run(name);
  return result;
}

} // namespace cnn::onnx_import
