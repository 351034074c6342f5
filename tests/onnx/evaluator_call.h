/// What the evaluator's operators share.
#pragma once

#include "evaluator.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace cnn::test {

using Shape = std::vector<int64_t>;

inline int64_t count(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

inline void demand(bool holds, const char* what) {
  if (!holds) throw Invalid(what);
}

/// The coordinates of element `i`.
inline Shape places(int64_t i, const Shape& shape) {
  Shape at(shape.size());
  for (size_t d = shape.size(); d-- > 0; i /= shape[d]) at[d] = i % shape[d];
  return at;
}
inline int64_t flat(const Shape& at, const Shape& shape) {
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

inline size_t axisOf(int64_t axis, int64_t rank) {
  demand(axis >= -rank && axis < rank, "an axis that is not there");
  return static_cast<size_t>(axis < 0 ? axis + rank : axis);
}

inline Shape broadcastShape(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    demand(x == y || x == 1 || y == 1, "shapes that do not broadcast");
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

inline double broadcastAt(const Array& array, const Shape& at) {
  int64_t i = 0;
  size_t skipped = at.size() - array.shape.size();
  for (size_t d = 0; d < array.shape.size(); ++d)
    i = i * array.shape[d] + (array.shape[d] == 1 ? 0 : at[d + skipped]);
  return array.data[static_cast<size_t>(i)];
}

// evaluate_windows.cpp
void pool(Call& call);
void conv(Call& call);
void convTranspose(Call& call);
void globalAverage(Call& call);

// evaluate_moves.cpp
void concat(Call& call);
void slice(Call& call);
void split(Call& call);
void reshape(Call& call);
void flatten(Call& call);
void transpose(Call& call);
void squeeze(Call& call);
void shapeOf(Call& call);
void gather(Call& call);

} // namespace cnn::test
