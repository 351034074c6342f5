//===- names.cpp - Names, paths and numbers as the language writes them ------------------------------===//

#include "importer.h"

#include <algorithm>
#include <charconv>

namespace cnn::onnx_import {
namespace {

constexpr size_t longestName = 200;

bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

/// Letters, digits and _; no digit first.
std::string identifier(const std::string& text) {
  std::string name;
  for (char c : text.substr(0, longestName)) name += isLetter(c) || isDigit(c) ? c : '_';
  if (name.empty() || isDigit(name[0])) name = "v" + name;
  return name;
}

/// Segments of letters, digits and _ between dots.
bool isPath(const std::string& text) {
  bool begins = true;
  for (char c : text) {
    if (c == '.' ? begins : !isLetter(c) && !isDigit(c) && c != '_') return false;
    begins = c == '.';
  }
  return !begins && text.size() <= longestName;
}

/// PyTorch names a node /layer1/layer1.0/conv1/Conv: the scopes, each with its own beginning.
std::string pathOfNodeName(const std::string& name) {
  if (name.empty() || name[0] != '/' || name.size() > 4 * longestName) return "";
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

} // namespace

std::string numberText(float number) {
  char buffer[64];
  auto end = std::to_chars(buffer, buffer + sizeof(buffer), number).ptr; // the shortest text of this number
  return {buffer, end};
}

std::string bracketed(const std::vector<int64_t>& numbers) {
  std::string text;
  for (int64_t number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return "[" + text + "]";
}

std::string listText(const std::vector<int64_t>& numbers) {
  bool equal = std::adjacent_find(numbers.begin(), numbers.end(), std::not_equal_to<>()) == numbers.end();
  return equal && !numbers.empty() ? std::to_string(numbers.front()) : bracketed(numbers);
}

std::string describe(const Shape& shape) {
  std::string text;
  for (const Size& size : shape)
    text += (text.empty() ? "" : ", ") + (size.name.empty()     ? std::to_string(size.value)
                                          : size.name[0] == '?' ? "?"
                                                                : size.name);
  return "[" + text + "]";
}

std::string continued(const std::string& value, const std::string& stage) {
  // A line for each layer and what follows it.
  size_t newline = value.rfind('\n');
  std::string_view line = std::string_view(value).substr(newline == std::string::npos ? 0 : newline + 1);
  bool isLayer = stage.starts_with("conv(") || stage.starts_with("linear(");
  bool breaks = line.size() + stage.size() > 100 || (isLayer && line.find("|>") != std::string_view::npos);
  return value + (breaks ? "\n    |> " : " |> ") + stage;
}

std::string Importer::freshName(const std::string& wanted) {
  std::string base = identifier(wanted), name = base;
  int64_t& next = nextOfName[base];
  while (!names.insert(name).second) name = base + std::to_string(++next);
  return name;
}

void Importer::noteName(const char* what, const std::string& inModel, const std::string& here) {
  if (inModel != here)
    result.notes.push_back(std::string(what) + " '" + printable(inModel) + "' is called " + here + " here");
}

std::string Importer::layerPath(const Node& node, const std::string& weight, const std::string& kind) {
  std::string path;
  if (weight.ends_with(".weight"))
    path = weight.substr(0, weight.size() - std::string_view(".weight").size());
  if (!isPath(path)) path = pathOfNodeName(node.name);
  if (!usedWeights.insert(weight).second) sharedWeights.insert(weight);
  std::string base = path.empty() ? kind : path + "_";
  int64_t& next = nextOfPath[base];
  while (path.empty() || !paths.insert(path).second) path = base + std::to_string(++next);
  return path;
}

} // namespace cnn::onnx_import
