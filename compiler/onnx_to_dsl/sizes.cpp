//===- sizes.cpp - Constants and sizes that are computed now -----------------------------------------===//
//
// Exporters compute the shape that Reshape is given from that of another value, and turn or widen constants.
//
//===---------------------------------------------------------------------------------------------------===//

#include "operators.h"

#include <algorithm>
#include <utility>

namespace cnn::onnx_import {
namespace {

/// Places of a list that the indices, negative ones from the end, pick.
size_t place(NodeReader& node, const std::string& name, int64_t index, size_t count) {
  return node.dimension(name, index, count);
}

bool isSizes(NodeReader& node, const std::string& name) {
  const std::string input = node.inputName(name);
  const Constant* known = node.importer.constant(input);
  return node.importer.sizes(input) || (known && known->problem.empty() && known->shape.size() <= 1 &&
                                        (known->element == Element::i64 || known->element == Element::i32));
}

int64_t quotient(NodeReader& node, int64_t a, int64_t b) {
  if (b == 0 || (a == INT64_MIN && b == -1)) node.refuse("B", "a number to divide by", std::to_string(b));
  return a / b;
}

Size combined(NodeReader& node, const Size& a, const Size& b) {
  const std::string& op = node.node.op;
  bool bothKnown = a.name.empty() && b.name.empty();
  if (!bothKnown) {
    // A free size times or over one is the same; any other result is one of its own.
    if ((op == "Mul" || op == "Div") && b == Size{1}) return a;
    if (op == "Mul" && a == Size{1}) return b;
    if ((op == "Add" || op == "Sub") && b == Size{0}) return a;
    if (op == "Add" && a == Size{0}) return b;
    return node.importer.freshSize();
  }
  int64_t result = 0;
  bool overflow = op == "Add"   ? __builtin_add_overflow(a.value, b.value, &result)
                  : op == "Sub" ? __builtin_sub_overflow(a.value, b.value, &result)
                  : op == "Mul" ? __builtin_mul_overflow(a.value, b.value, &result)
                                : (result = quotient(node, a.value, b.value), false);
  if (overflow) node.refuse("B", "a result of 64 bits", "more");
  return {result};
}

} // namespace

void foldSame(NodeReader& node) {
  const std::string input = node.inputName(node.schema.inputs[0].name);
  if (const Sizes* sizes = node.importer.sizes(input)) return node.importer.define(node.output(), *sizes);
  node.importer.define(node.output(), &node.constant(node.schema.inputs[0].name));
}

void foldCast(NodeReader& node) {
  auto to = static_cast<Element>(node.whole("to"));
  node.ignore("saturate");
  node.ignore("round_mode");
  bool toWhole = to == Element::i64 || to == Element::i32;
  if (node.importer.sizes(node.inputName("input")) && toWhole) return foldSame(node);
  Constant from = node.constant("input");
  bool fromFloat = from.element == Element::f32 || from.element == Element::f64 ||
                   from.element == Element::f16 || from.element == Element::bf16;
  if (from.element == to) return foldSame(node);
  if (to != Element::f32 && !(toWhole && !fromFloat && from.element != Element::i64))
    node.refuse("to", "f32", describe(to) + " from " + describe(from.element));
  if (to == Element::f32 && !fromFloat)
    for (int64_t number : std::exchange(from.ints, {})) from.floats.push_back(static_cast<float>(number));
  from.element = to;
  node.importer.keep(node.output(), std::move(from));
}

void foldShape(NodeReader& node) {
  Shape shape;
  const std::string input = node.inputName("data");
  if (const Sizes* sizes = node.importer.sizes(input)) {
    if (!sizes->isScalar) shape = {{static_cast<int64_t>(sizes->list.size())}};
  } else if (node.importer.constant(input)) {
    for (int64_t extent : node.constant("data").shape) shape.push_back({extent});
  } else {
    shape = node.value("data").shape;
  }
  auto rank = static_cast<int64_t>(shape.size());
  auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  int64_t begin = clamped(node.whole("start"));
  bool toEnd = node.operatorSet < 15 || !node.given("end");
  int64_t end = toEnd ? rank : clamped(node.whole("end"));
  shape.resize(static_cast<size_t>(end));
  shape.erase(shape.begin(), shape.begin() + std::min(begin, end));
  node.importer.define(node.output(), Sizes{std::move(shape)});
}

void foldGather(NodeReader& node) {
  if (!isSizes(node, "data")) node.refuse("data", "sizes", "other constants");
  Sizes from = node.sizes("data"), indices = node.sizes("indices");
  node.axis("axis", 1);
  if (from.isScalar) node.refuse("data", "a list", "one number");
  Sizes result{{}, indices.isScalar};
  for (int64_t index : node.wholes("indices"))
    result.list.push_back(from.list[place(node, "indices", index, from.list.size())]);
  node.importer.define(node.output(), std::move(result));
}

void foldConcat(NodeReader& node) {
  node.axis("axis", 1);
  Sizes result;
  for (const std::string& input : node.node.inputs) {
    const Sizes* sizes = node.importer.sizes(input);
    const Constant* known = node.importer.constant(input);
    bool isList =
        sizes ? !sizes->isScalar
              : known && known->problem.empty() && known->element == Element::i64 && known->shape.size() == 1;
    if (!isList)
      node.refuse("inputs", "values computed from an input, or lists of sizes",
                  "the constant " + printable(input));
    if (sizes)
      result.list.insert(result.list.end(), sizes->list.begin(), sizes->list.end());
    else
      for (int64_t number : known->ints) result.list.push_back({number});
  }
  node.importer.define(node.output(), std::move(result));
}

void foldSlice(NodeReader& node) {
  if (!isSizes(node, "data")) node.refuse("data", "a value computed from an input, or sizes", "a constant");
  Sizes from = node.sizes("data");
  std::vector<int64_t> begins = node.wholes("starts"), ends = node.wholes("ends"), axes = node.wholes("axes"),
                       steps = node.wholes("steps");
  bool fits = !from.isScalar && begins.size() == 1 && ends.size() == 1 && axes.size() <= 1 &&
              steps.size() <= 1 && (axes.empty() || axes[0] == 0 || axes[0] == -1) &&
              (steps.empty() || steps[0] == 1);
  if (!fits) node.refuse("starts", "one part of a list, each of it", bracketed(begins));
  auto count = static_cast<int64_t>(from.list.size());
  auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + count : at, 0, count); };
  int64_t begin = clamped(begins[0]), end = std::max(begin, clamped(ends[0]));
  node.importer.define(node.output(), Sizes{{from.list.begin() + begin, from.list.begin() + end}});
}

/// Unsqueeze and Squeeze: of sizes between one number and a list of it, of constants the shape only.
void foldUnsqueeze(NodeReader& node) {
  bool adds = node.node.op == "Unsqueeze", axesGiven = node.given("axes");
  std::vector<int64_t> said = node.wholes("axes");
  if (node.importer.sizes(node.inputName("data"))) {
    Sizes sizes = node.sizes("data");
    bool fits = (axesGiven ? said.size() == 1 && (said[0] == 0 || said[0] == -1) : !adds) &&
                (adds ? sizes.isScalar : !sizes.isScalar && sizes.list.size() == 1);
    if (!fits) node.refuse("axes", "a list of one number from it, or back", bracketed(said));
    sizes.isScalar = !adds;
    return node.importer.define(node.output(), std::move(sizes));
  }
  Constant constant = node.constant("data");
  size_t rank = constant.shape.size() + (adds ? said.size() : 0);
  std::set<size_t> axes;
  for (int64_t axis : said)
    if (!axes.insert(node.dimension("axes", axis, rank)).second)
      node.refuse("axes", "each dimension once", bracketed(said));
  std::vector<int64_t> shape;
  size_t from = 0;
  for (size_t i = 0; i < rank; ++i) {
    bool changes = axes.count(i) || (!adds && !axesGiven && constant.shape[i] == 1);
    if (adds) {
      shape.push_back(changes ? 1 : constant.shape[from++]);
    } else if (!changes) {
      shape.push_back(constant.shape[i]);
    } else if (constant.shape[i] != 1) {
      node.refuse("axes", "dimensions of 1", bracketed(said) + " of " + bracketed(constant.shape));
    }
  }
  constant.shape = std::move(shape);
  node.importer.keep(node.output(), std::move(constant));
}

void foldReshape(NodeReader& node) {
  bool allowZero = node.flag("allowzero");
  std::vector<int64_t> wanted = node.wholes("shape");
  Constant constant = node.constant("data");
  int64_t known = 1;
  std::optional<size_t> open;
  bool fits = true;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == 0 && !allowZero && i < constant.shape.size()) wanted[i] = constant.shape[i];
    if (wanted[i] == -1 && !open)
      open = i;
    else
      fits = fits && wanted[i] > 0 && !__builtin_mul_overflow(known, wanted[i], &known);
  }
  int64_t elements = constant.elements();
  if (fits && open && elements % known == 0) wanted[*open] = elements / known;
  if (!fits || (open ? elements % known != 0 : elements != known))
    node.refuse("shape", "as many elements as " + bracketed(constant.shape), bracketed(wanted));
  constant.shape = std::move(wanted);
  node.importer.keep(node.output(), std::move(constant));
}

void foldTranspose(NodeReader& node) {
  Constant from = node.constant("data");
  std::vector<int64_t> order = node.wholes("perm");
  bool isMatrix = from.shape.size() == 2 && (!node.given("perm") || order == std::vector<int64_t>{1, 0});
  if (!isMatrix || !from.isFloat())
    node.refuse("data", "a matrix of f32 that is turned", describe(from.element) + bracketed(from.shape));
  Constant to = from;
  auto rows = static_cast<size_t>(from.shape[0]), columns = static_cast<size_t>(from.shape[1]);
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) to.floats[c * rows + r] = from.floats[r * columns + c];
  std::swap(to.shape[0], to.shape[1]);
  node.importer.keep(node.output(), std::move(to));
}

void foldArithmetic(NodeReader& node) {
  for (const char* side : {"A", "B"})
    if (!isSizes(node, side)) {
      node.constant(side);
      node.refuse(side, "at least one side that is computed from an input", "constants");
    }
  Sizes a = node.sizes("A"), b = node.sizes("B");
  size_t count = std::max(a.list.size(), b.list.size());
  bool fits =
      (a.list.size() == count || a.list.size() == 1) && (b.list.size() == count || b.list.size() == 1);
  if (!fits) node.refuse("B", "as many numbers as " + describe(a.list), describe(b.list));
  Sizes result{{}, a.isScalar && b.isScalar};
  for (size_t i = 0; i < count; ++i)
    result.list.push_back(
        combined(node, a.list[a.list.size() == 1 ? 0 : i], b.list[b.list.size() == 1 ? 0 : i]));
  node.importer.define(node.output(), std::move(result));
}

} // namespace cnn::onnx_import
