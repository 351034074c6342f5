//===- import_network.cpp - The frame of a network around its operators -----------------------------===//

#include "importer.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace cnn::onnx_import {

std::string numberText(double number) {
  char buffer[64];
  float rounded = static_cast<float>(number); // the shortest text of what the model holds
  auto end = std::to_chars(buffer, buffer + sizeof(buffer), rounded).ptr;
  std::string text(buffer, end);
  return text;
}

std::string listText(const std::vector<int64_t>& numbers) {
  if (std::adjacent_find(numbers.begin(), numbers.end(), std::not_equal_to<>()) == numbers.end())
    return numbers.empty() ? "[]" : std::to_string(numbers.front());
  std::string text;
  for (int64_t number : numbers) text += (text.empty() ? "[" : ", ") + std::to_string(number);
  return text + "]";
}

namespace {

/// Letters, digits and _; no digit first.
std::string identifier(const std::string& text) {
  std::string name;
  for (char c : text) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) name = "v" + name;
  return name;
}

/// Segments of letters, digits and _ between dots.
bool isPath(const std::string& text) {
  bool begins = true;
  for (char c : text) {
    if (c == '.' ? begins : !std::isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
    begins = c == '.';
  }
  return !begins;
}

/// PyTorch names a node /layer1/layer1.0/conv1/Conv: the scopes, each with its own beginning.
std::string pathOfNodeName(const std::string& name) {
  if (name.empty() || name[0] != '/') return "";
  std::vector<std::string> segments;
  for (size_t at = 1; at != std::string::npos;) {
    size_t slash = name.find('/', at);
    if (slash == std::string::npos) break; // the operator itself
    std::string segment = name.substr(at, slash - at);
    if (!segments.empty() && segment.starts_with(segments.back() + "."))
      segments.back() = segment;
    else
      segments.push_back(segment);
    at = slash + 1;
  }
  std::string path;
  for (const std::string& segment : segments) path += (path.empty() ? "" : ".") + segment;
  return isPath(path) ? path : "";
}

const std::set<std::string> keywords = {
    "use",  "let",   "var",   "func",   "block",  "network", "train",  "return",  "if",     "else",
    "for",  "in",    "input", "output", "param",  "shared",  "assert", "init",    "and",    "or",
    "not",  "true",  "false", "as",     "budget", "kernels", "metric", "augment", "labels", "preprocess",
    "step", "phase", "group", "int",    "float",  "bool",    "string", "f32",     "u8",     "i32",
    "f64",  "bf16",  "i8",    "i64",    "except", "N"};

} // namespace

Importer::Importer(const Graph& graph, ImportedNetwork& result) : graph(graph), result(result) {
  names = keywords;
}

void Importer::problem(const Node& node, const std::string& why) {
  result.problems.push_back((node.name.empty() ? "" : node.name + ": ") + node.op + ": " + why);
}

bool Importer::hasInput(const Node& node, size_t index) const {
  return index < node.inputs.size() && !node.inputs[index].empty();
}

const Constant* Importer::constant(const Node& node, size_t index) const {
  if (!hasInput(node, index)) return nullptr;
  auto found = graph.constants.find(node.inputs[index]);
  return found == graph.constants.end() ? nullptr : &found->second;
}

std::optional<double> Importer::scalar(const Node& node, size_t index, const std::string& attribute) const {
  if (const Constant* value = constant(node, index); value && value->elements() == 1)
    return value->isFloat() ? double{value->floats[0]} : static_cast<double>(value->ints.at(0));
  auto found = node.attributes.find(attribute);
  if (found == node.attributes.end()) return std::nullopt;
  if (found->second.real) return double{*found->second.real};
  if (found->second.number) return static_cast<double>(*found->second.number);
  return std::nullopt;
}

std::vector<int64_t> Importer::wholes(const Node& node, size_t index, const std::string& attribute) const {
  if (const Constant* value = constant(node, index)) return value->ints;
  return node.numbers(attribute);
}

int64_t Importer::rank(const Node& node, size_t index) const {
  auto found = hasInput(node, index) ? values.find(node.inputs[index]) : values.end();
  return found == values.end() ? 0 : found->second.rank;
}

bool Importer::channelsLast(const Node& node, size_t index) const {
  auto found = hasInput(node, index) ? values.find(node.inputs[index]) : values.end();
  return found != values.end() && found->second.channelsLast;
}

std::string Importer::freshName(const std::string& wanted) {
  std::string name = identifier(wanted);
  for (int64_t next = 1; !names.insert(name).second; ++next) name = identifier(wanted) + std::to_string(next);
  return name;
}

/// `let x3 = …` for a value that is used where only a name reads well.
void Importer::bind(const std::string& value) {
  Expression& expression = values[value];
  if (expression.form == Expression::Form::name) return;
  std::string name = freshName("x" + std::to_string(++counter));
  body += "  let " + name + " = " + expression.text + "\n";
  expression.text = name;
  expression.form = Expression::Form::name;
}

Expression Importer::subject(const Node& node, size_t index) {
  const std::string& value = node.inputs.at(index);
  auto found = values.find(value);
  if (found == values.end()) { // a constant, or what could not be imported
    if (!graph.constants.count(value)) return {"_", Expression::Form::name, 0};
    return {bareParameter(node, index), Expression::Form::name,
            int64_t(graph.constants.at(value).shape.size())};
  }
  if (readers[value].size() > 1) bind(value);
  Expression expression = values[value];
  if (expression.form == Expression::Form::sum) expression.text = "(" + expression.text + ")";
  expression.form = Expression::Form::chain;
  return expression;
}

std::string Importer::named(const Node& node, size_t index) {
  const std::string& value = node.inputs.at(index);
  if (!values.count(value)) return subject(node, index).text;
  bind(value);
  return values[value].text;
}

void Importer::stage(const Node& node, size_t input, const std::string& text, int64_t rank) {
  Expression value = subject(node, input);
  // A line for each layer and what follows it.
  size_t newline = value.text.rfind('\n');
  std::string line = newline == std::string::npos ? value.text : value.text.substr(newline + 1);
  bool isLayer = text.starts_with("conv(") || text.starts_with("linear(");
  bool breaks = line.size() + text.size() > 100 || (isLayer && line.find("|>") != std::string::npos);
  define(node, {value.text + (breaks ? "\n    |> " : " |> ") + text, Expression::Form::chain, rank,
                value.channelsLast});
}

void Importer::define(const Node& node, Expression value, size_t output) {
  values[node.outputs.at(output)] = std::move(value);
}

std::string Importer::layerPath(const Node& node, size_t weightInput, const std::string& kind) {
  std::string path, weight = hasInput(node, weightInput) ? node.inputs[weightInput] : "";
  if (weight.ends_with(".weight")) path = weight.substr(0, weight.size() - sizeof(".weight") + 1);
  if (!isPath(path)) path = pathOfNodeName(node.name);
  if (!weight.empty() && !usedWeights.insert(weight).second) sharedWeights.insert(weight);
  std::string base = path.empty() ? kind : path;
  for (int64_t next = 1; path.empty() || !paths.insert(path).second; ++next)
    path = base + (path.empty() || base == kind ? "" : "_") + std::to_string(next);
  return path;
}

void Importer::parameter(const std::string& path, std::vector<int64_t> shape, std::vector<float> values) {
  result.parameters.push_back({path, std::move(shape), std::move(values)});
}

std::string Importer::bareParameter(const Node& node, size_t index) {
  const Constant& value = graph.constants.at(node.inputs[index]);
  if (!value.isFloat()) {
    problem(node, "expected numbers of f32 in " + node.inputs[index]);
    return "_";
  }
  std::string name = freshName(node.inputs[index]);
  std::string shape = listText(value.shape);
  if (shape[0] != '[') {
    shape = "[";
    for (size_t i = 0; i < value.shape.size(); ++i) shape += (i ? ", " : "") + std::to_string(value.shape[i]);
    shape += "]";
  }
  body += "  param " + name + ": f32" + (value.shape.empty() ? "[1]" : shape) + " = zeros\n";
  parameter(name, value.shape.empty() ? std::vector<int64_t>{1} : value.shape, value.floats);
  return name;
}

const Node* Importer::onlyReader(const Node& node) const {
  auto found = readers.find(node.outputs.at(0));
  bool one = found != readers.end() && found->second.size() == 1 && found->second[0];
  return one ? found->second[0] : nullptr;
}

/// What the outputs need. The shape that Reshape is given is computed from sizes that are known.
void Importer::findReachable() {
  for (const Node& node : graph.nodes)
    for (const std::string& output : node.outputs) makers[output] = &node;
  std::vector<std::string> wanted = graph.outputs;
  for (const std::string& output : graph.outputs) readers[output].push_back(nullptr);
  while (!wanted.empty()) {
    auto maker = makers.find(wanted.back());
    wanted.pop_back();
    if (maker == makers.end() || !reachable.insert(maker->second).second) continue;
    size_t count = maker->second->op == "Reshape" ? 1 : maker->second->inputs.size();
    for (size_t i = 0; i < std::min(count, maker->second->inputs.size()); ++i) {
      readers[maker->second->inputs[i]].push_back(maker->second);
      wanted.push_back(maker->second->inputs[i]);
    }
  }
}

void Importer::declareInputs() {
  for (const Tensor& input : graph.inputs) {
    std::string name = freshName(input.name), shape;
    if (input.element != "f32" && input.element != "u8" && input.element != "i32")
      result.problems.push_back("input " + input.name + ": expected elements of f32, u8 or i32, found " +
                                input.element);
    for (size_t i = 0; i < input.shape.size(); ++i) {
      const Dimension& dimension = input.shape[i];
      std::string size = std::to_string(dimension.size);
      if (i == 0) {
        size = "N"; // whatever size the model was exported with
      } else if (!dimension.name.empty()) {
        size = identifier(dimension.name);
        size[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(size[0])));
        if (size == "N") size = "N" + std::to_string(i);
        result.notes.push_back("input " + input.name + ": give its free size with --set " + size + "=…");
      }
      shape += (i ? ", " : "") + size;
    }
    body += "  input " + name + ": " + input.element + "[" + shape + "]\n";
    values[input.name] = {name, Expression::Form::name, static_cast<int64_t>(input.shape.size())};
  }
}

void Importer::writeOutputs() {
  for (const std::string& output : graph.outputs) {
    auto found = values.find(output);
    if (found == values.end()) continue; // a problem has been noted
    std::string text = found->second.text;
    body += "  output " + freshName(output) + " = " + text + "\n";
  }
}

void Importer::run(const std::string& networkName) {
  if (graph.inputs.empty()) result.problems.push_back("the model has no input");
  names.insert(networkName);
  findReachable();
  declareInputs();
  for (const Node& node : graph.nodes) {
    if (!reachable.count(&node) || done.count(&node)) continue;
    Translate translate = node.domain.empty() ? translationOf(node.op) : nullptr;
    bool last = false;
    for (size_t i = 0; i < node.inputs.size(); ++i) last = last || channelsLast(node, i);
    if (last && !knowsChannelsLast(node.op))
      problem(node, "expected the channels in dimension 1");
    else if (translate)
      translate(*this, node);
    else
      problem(node, "there is no such operator in the language" +
                        (node.domain.empty() ? "" : " (of " + node.domain + ")"));
    for (const std::string& output : node.outputs) // so that only the first of what fails is reported
      values.try_emplace(output, Expression{"_", Expression::Form::name, 4});
  }
  writeOutputs();
  if (!sharedWeights.empty())
    result.notes.push_back(std::to_string(sharedWeights.size()) +
                           " of the model's weights serve several layers (" + *sharedWeights.begin() +
                           "); each layer has its own copy here");
  result.text = "/// Imported from an ONNX model" +
                (graph.producer.empty() ? "" : " that " + graph.producer + " wrote") + ".\nnetwork " +
                networkName + " {\n" + body + "}\n";
}

ImportedNetwork importNetwork(const Graph& graph, const std::string& name) {
  ImportedNetwork result;
  Importer(graph, result).run(name);
  return result;
}

} // namespace cnn::onnx_import
