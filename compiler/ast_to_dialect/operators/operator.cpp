#include "ast_to_dialect/operators/operator.h"

#include <algorithm>

namespace cnn {

std::string_view describe(Takes takes) {
  switch (takes) {
  case Takes::Int:
    return "a whole number";
  case Takes::Float:
    return "a number";
  case Takes::Bool:
    return "true or false";
  case Takes::String:
    return "a string";
  case Takes::Ints:
    return "a whole number, or a list with one for each spatial dimension";
  case Takes::Padding:
    return "a whole number, a list with one for each spatial dimension, \"same\" or \"valid\"";
  case Takes::Floats:
    return "a number or a list of numbers";
  case Takes::Strings:
    return "a list of selectors";
  case Takes::Type:
    return "an element type";
  case Takes::Tile:
    return "a list of two or three whole numbers of at least 1";
  case Takes::Any:
    return "a value";
  }
  return "a value";
}

std::string_view describe(Elements elements) {
  switch (elements) {
  case Elements::Real:
    return "numbers with a fraction, f32";
  case Elements::Bytes:
    return "bytes, u8";
  case Elements::Any:
    return "a tensor";
  }
  return "a tensor";
}

const OperatorArgument* Operator::argument(std::string_view argumentName) const {
  for (const OperatorArgument& candidate : arguments)
    if (candidate.name == argumentName) return &candidate;
  return nullptr;
}

static std::vector<Operator> collect() {
  std::vector<Operator> all;
  for (auto family : {convolutionOperators, poolingOperators, normalisationOperators, activationOperators,
                      composedOperators, shapeOperators, pictureOperators, lossOperators, trainingSettings,
                      dataSettings, pictureSettings, initialisers, algorithms}) {
    std::vector<Operator> table = family();
    all.insert(all.end(), table.begin(), table.end());
  }
  std::sort(all.begin(), all.end(), [](const Operator& a, const Operator& b) { return a.name < b.name; });
  return all;
}

std::span<const Operator> allOperators() {
  static const std::vector<Operator> all = collect();
  return all;
}

const Operator* findOperator(std::string_view name) {
  std::span<const Operator> all = allOperators();
  auto at = std::lower_bound(all.begin(), all.end(), name,
                             [](const Operator& op, std::string_view n) { return op.name < n; });
  return at != all.end() && at->name == name ? &*at : nullptr;
}

} // namespace cnn
