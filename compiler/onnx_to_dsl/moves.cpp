//===- moves.cpp - ONNX's operators that move values -------------------------------------------------===//

#include "operators.h"

#include <algorithm>
#include <numeric>

namespace cnn::onnx_import {
namespace {

/// The number of elements of some dimensions: a number times free sizes.
struct Product {
  int64_t factor = 1;
  std::multiset<std::string> names;

  void multiply(const Size& size) {
    if (size.isKnown()) {
      if (__builtin_mul_overflow(factor, size.value, &factor)) factor = INT64_MAX;
    } else {
      names.insert(size.name);
    }
  }
  bool operator==(const Product&) const = default;
};

Product productOf(Shape::const_iterator begin, Shape::const_iterator end) {
  Product product;
  for (; begin != end; ++begin) product.multiply(*begin);
  return product;
}

/// [N, everything else], of what follows a mean that kept its dimensions without them.
void flattenTo(NodeReader& node, const std::string& input, const Shape& shape) {
  const Expression& x = node.value(input);
  if (x.rank() == 2) return node.stage(input, "identity");
  if (x.rank() < 2) node.refuse(input, "at least [N, C]", describe(x.shape));
  const std::string name = node.inputName(input);
  if (x.flat.empty() || !node.importer.hasOneReader(name)) return node.stage(input, "flatten", shape);
  Expression flat = x;
  flat.text = x.flat;
  flat.flat.clear();
  flat.shape = shape;
  node.define(std::move(flat));
}

/// The shape that Reshape makes of `from`: 0 is the same extent, -1 is what is left.
Shape reshaped(NodeReader& node, const Shape& from, const Shape& wanted, bool allowZero) {
  Shape to = wanted;
  std::optional<size_t> open;
  for (size_t i = 0; i < to.size(); ++i) {
    if (!to[i].name.empty() || to[i].value > 0) continue;
    if (to[i].value == 0 && !allowZero && i < from.size())
      to[i] = from[i];
    else if (to[i].value == -1 && !open)
      open = i;
    else
      node.refuse("shape", "possible extents for " + describe(from), describe(wanted));
  }
  if (to.empty()) node.refuse("shape", "at least [N, features]", "[]");
  const Size& batch = from[0];
  Product all = productOf(from.begin() + 1, from.end());
  // The batch by its size in this model.
  if (open != 0u && node.importer.fixedBatch && to[0].value == *node.importer.fixedBatch) to[0] = batch;
  if (open == 0u) {
    if (productOf(to.begin() + 1, to.end()) != all)
      node.refuse("shape", "the batch to stay in dimension 0 of " + describe(from), describe(wanted));
    to[0] = batch;
  } else if (open) {
    Product others, left = all;
    for (size_t i = 1; i < to.size(); ++i)
      if (i != *open) others.multiply(to[i]);
    for (const std::string& name : others.names) {
      auto found = left.names.find(name);
      if (found == left.names.end()) node.refuse("shape", "extents that are known", describe(wanted));
      left.names.erase(found);
    }
    if (others.factor < 1 || left.factor % others.factor)
      node.refuse("shape", "as many elements as " + describe(from), describe(wanted));
    left.factor /= others.factor;
    bool single = left.names.size() == 1 && left.factor == 1;
    to[*open] = left.names.empty() ? Size{left.factor}
                : single           ? Size{-1, *left.names.begin()}
                                   : node.importer.freshSize();
  }
  if (to[0] != batch)
    node.refuse("shape", "the batch to stay in dimension 0 of " + describe(from), describe(wanted));
  bool isOpen = open && *open > 0; // then it fits by its making
  if (!isOpen && productOf(to.begin() + 1, to.end()) != all)
    node.refuse("shape", "as many elements as " + describe(from), describe(wanted));
  return to;
}

} // namespace

void translateFlatten(NodeReader& node) {
  const Expression& x = node.value("input");
  if (node.operatorSet < 9 && x.element != Element::f32)
    node.refuse("input", "elements of f32 before operator set 9", describe(x.element));
  int64_t axis = node.whole("axis");
  auto rank = static_cast<int64_t>(x.rank());
  if (axis < -rank || axis > rank)
    node.refuse("axis", "a dimension of " + describe(x.shape), std::to_string(axis));
  if (axis < 0 && node.operatorSet < 11) node.refuse("axis", "a number of at least 0", std::to_string(axis));
  if ((axis < 0 ? axis + rank : axis) != 1)
    node.refuse("axis", "1, which keeps the batch", std::to_string(axis) + " of " + describe(x.shape));
  Product features = productOf(x.shape.begin() + 1, x.shape.end());
  flattenTo(node, "input",
            {x.shape[0], features.names.empty() ? Size{features.factor}
                         : features.names.size() == 1 && features.factor == 1
                             ? Size{-1, *features.names.begin()}
                             : node.importer.freshSize()});
}

void translateReshape(NodeReader& node) {
  const Expression& x = node.value("data");
  bool allowZero = node.flag("allowzero");
  Sizes wanted = node.sizes("shape");
  if (wanted.isScalar) node.refuse("shape", "a list of whole numbers", "one number");
  Shape to = reshaped(node, x.shape, wanted.list, allowZero);
  if (to == x.shape) return node.stage("data", "identity");
  if (to.size() != 2)
    node.refuse("shape", "[N, features]", describe(wanted.list) + " of " + describe(x.shape));
  flattenTo(node, "data", to);
}

/// The channels to the last dimension, or back: nothing where layers say which dimension they mean.
void translateTranspose(NodeReader& node) {
  Expression x = node.value("data");
  size_t rank = x.rank();
  std::vector<int64_t> order = node.wholes("perm"), same(rank);
  std::iota(same.begin(), same.end(), 0);
  if (!node.given("perm")) order.assign(same.rbegin(), same.rend());
  std::vector<int64_t> sorted = order;
  std::ranges::sort(sorted);
  if (sorted != same)
    node.refuse("perm", "each dimension of " + describe(x.shape) + " once", bracketed(order));
  if (order == same) return node.stage("data", "identity");
  std::vector<int64_t> there = same, back = same;
  if (rank > 2) {
    std::rotate(there.begin() + 1, there.begin() + 2, there.end());
    std::rotate(back.begin() + 1, back.end() - 1, back.end());
  }
  if (rank < 3 || order != (x.channelsLast ? back : there))
    node.refuse("perm", "the channels moved to the last dimension, or back",
                bracketed(order) + " of " + describe(x.shape));
  const Shape from = x.shape;
  x = node.importer.subject(node.inputName("data"));
  for (size_t i = 0; i < rank; ++i) x.shape[i] = from[static_cast<size_t>(order[i])];
  x.channelsLast = !x.channelsLast;
  x.flat.clear();
  node.define(std::move(x));
}

void translateConcat(NodeReader& node) {
  const Expression& first = node.valueAt(0);
  size_t axis = node.axis("axis", first.rank());
  if (textDimension(first, axis) != 1)
    node.refuse("axis", "the channels", std::to_string(axis) + " of " + describe(first.shape));
  Expression result = first;
  Size channels{0};
  std::string list;
  for (size_t i = 0; i < node.node.inputs.size(); ++i) {
    const Expression& part = node.valueAt(i);
    bool fits = part.rank() == first.rank() && part.channelsLast == first.channelsLast &&
                part.element == first.element;
    for (size_t k = 0; fits && k < part.rank(); ++k) fits = k == axis || part.shape[k] == first.shape[k];
    if (!fits)
      node.refuse("inputs",
                  "the shape and elements of " + describe(first.element) + describe(first.shape) +
                      " but for the channels",
                  describe(part.element) + describe(part.shape));
    const Size& more = part.shape[axis];
    channels =
        channels.isKnown() && more.isKnown() ? Size{channels.value + more.value} : node.importer.freshSize();
    list += (i ? ", " : "") + node.importer.named(node.node.inputs[i]);
  }
  result.shape[axis] = channels;
  result.text = node.node.inputs.size() == 1 ? list : "concat([" + list + "])";
  result.form = Expression::Form::chain;
  result.flat.clear();
  node.define(std::move(result));
}

void translateSlice(NodeReader& node) {
  const Expression& x = node.value("data");
  std::vector<int64_t> begins = node.wholes("starts"), ends = node.wholes("ends"), axes = node.wholes("axes"),
                       steps = node.wholes("steps");
  if (!node.given("axes")) {
    axes.resize(begins.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (!node.given("steps")) steps.assign(begins.size(), 1);
  if (ends.size() != begins.size() || axes.size() != begins.size() || steps.size() != begins.size())
    node.refuse("starts", "as many as ends, axes and steps",
                bracketed(begins) + ", " + bracketed(ends) + ", " + bracketed(axes) + " and " +
                    bracketed(steps));
  std::set<size_t> seen;
  Shape shape = x.shape;
  std::string text = "identity";
  for (size_t i = 0; i < axes.size(); ++i) {
    size_t axis = node.dimension("axes", axes[i], x.rank());
    if (!seen.insert(axis).second) node.refuse("axes", "each dimension once", bracketed(axes));
    if (steps[i] != 1) node.refuse("steps", "1", bracketed(steps));
    const Size& size = x.shape[axis];
    if (begins[i] == 0 && ends[i] >= INT32_MAX) continue; // all of it, whatever its size
    if (textDimension(x, axis) != 1 && !size.isKnown())
      node.refuse("axes", "a part of the channels", std::to_string(axis) + " of " + describe(x.shape));
    if (!size.isKnown()) node.refuse("axes", "a fixed number of channels", describe(x.shape));
    auto clamped = [&](int64_t at) {
      return std::clamp<int64_t>(at < 0 ? at + size.value : at, 0, size.value);
    };
    int64_t begin = clamped(begins[i]), end = clamped(ends[i]);
    if (begin >= end)
      node.refuse("starts", "a part that is not empty of " + describe(x.shape),
                  std::to_string(begins[i]) + " to " + std::to_string(ends[i]));
    if (begin == 0 && end == size.value) continue;
    if (textDimension(x, axis) != 1)
      node.refuse("axes", "a part of the channels", std::to_string(axis) + " of " + describe(x.shape));
    shape[axis] = {end - begin};
    text = "slice(" + std::to_string(begin) + (end == size.value ? "" : ", " + std::to_string(end)) + ")";
  }
  node.stage("data", text, shape);
}

void translateSplit(NodeReader& node) {
  const Expression x = node.value("input");
  size_t axis = node.axis("axis", x.rank()), parts = node.node.outputs.size();
  if (textDimension(x, axis) != 1)
    node.refuse("axis", "the channels", std::to_string(axis) + " of " + describe(x.shape));
  int64_t channels = node.channels("input"), count = static_cast<int64_t>(parts);
  std::vector<int64_t> sizes = node.wholes("split");
  if (node.given("num_outputs")) {
    if (node.given("split")) node.refuse("num_outputs", "not to be given beside split", "both");
    if (int64_t said = node.whole("num_outputs"); said != count)
      node.refuse("num_outputs", std::to_string(count) + " as there are outputs", std::to_string(said));
  }
  if (!node.given("split") && !node.given("num_outputs") && node.operatorSet >= 18)
    node.refuse("split", "sizes or num_outputs, one of them from operator set 18 on", "neither");
  if (!node.given("split")) {
    bool mayDiffer = node.given("num_outputs"); // the last part may then be smaller
    if (channels % count && !mayDiffer)
      node.refuse("split", "the sizes of parts that are not equal",
                  std::to_string(channels) + " channels in " + std::to_string(count) + " parts");
    int64_t each = (channels + count - 1) / count;
    sizes.assign(parts, each);
    sizes.back() = channels - each * (count - 1);
  }
  bool fits = sizes.size() == parts &&
              std::ranges::all_of(sizes, [](int64_t size) { return size > 0 && size <= INT32_MAX; }) &&
              std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) == channels;
  if (!fits)
    node.refuse("split", std::to_string(parts) + " sizes, " + std::to_string(channels) + " in all",
                bracketed(sizes));
  std::string text = node.importer.named(node.inputName("input"));
  int64_t at = 0;
  for (size_t i = 0; i < parts; at += sizes[i++]) {
    if (node.node.outputs[i].empty()) continue;
    Expression part = x;
    part.text = text + " |> slice(" + std::to_string(at) + ", " + std::to_string(at + sizes[i]) + ")";
    part.form = Expression::Form::chain;
    part.flat.clear();
    part.shape[axis] = {sizes[i]};
    node.define(std::move(part), i);
  }
}

} // namespace cnn::onnx_import
