// What moves values, of the evaluator.
#include "evaluator_call.h"

#include <optional>

namespace cnn::test {

void concat(Call& call) {
  demand(call.attribute("axis") && call.node.input_size() > 0, "an axis");
  Array y = call.input(0);
  size_t axis = axisOf(call.whole("axis", 0), y.rank());
  y.shape[axis] = 0;
  for (int i = 0; i < call.node.input_size(); ++i) {
    Shape shape = call.input(i).shape;
    demand(shape.size() == y.shape.size() && call.input(i).type == y.type,
           "parts of different ranks or types");
    y.shape[axis] += shape[axis];
    for (size_t d = 0; d < shape.size(); ++d)
      demand(d == axis || shape[d] == y.shape[d], "parts of different shapes");
  }
  y.data.assign(static_cast<size_t>(count(y.shape)), 0);
  int64_t begin = 0;
  for (int i = 0; i < call.node.input_size(); ++i) {
    const Array& part = call.input(i);
    for (size_t k = 0; k < part.data.size(); ++k) {
      Shape at = places(static_cast<int64_t>(k), part.shape);
      at[axis] += begin;
      y.data[static_cast<size_t>(flat(at, y.shape))] = part.data[k];
    }
    begin += part.shape[axis];
  }
  call.output(std::move(y));
}

static Array sliced(const Array& x, size_t axis, int64_t begin, int64_t end) {
  Array y(x.type, x.shape);
  y.shape[axis] = std::max<int64_t>(0, end - begin);
  y.data.resize(static_cast<size_t>(count(y.shape)));
  for (size_t i = 0; i < y.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), y.shape);
    at[axis] += begin;
    y.data[i] = x.data[static_cast<size_t>(flat(at, x.shape))];
  }
  return y;
}

void slice(Call& call) {
  Array y = call.input(0);
  Shape starts = call.either("starts", 9, 1), ends = call.either("ends", 9, 2),
        axes = call.either("axes", 9, 3), steps = call.set < 10 ? Shape() : call.wholeInput(4);
  if (!call.hasEither("axes", 9, 3)) axes.resize(starts.size()), std::iota(axes.begin(), axes.end(), 0);
  demand(ends.size() == starts.size() && axes.size() == starts.size() &&
             (steps.empty() || steps.size() == starts.size()),
         "lists of different lengths");
  for (int64_t step : steps)
    if (step != 1) throw Unknown("steps");
  std::vector<bool> seen(y.shape.size());
  for (size_t i = 0; i < axes.size(); ++i) {
    size_t axis = axisOf(axes[i], y.rank());
    demand(!seen[axis], "an axis twice");
    seen[axis] = true;
    int64_t size = y.shape[axis];
    auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size); };
    y = sliced(y, axis, clamped(starts[i]), clamped(ends[i]));
  }
  if (y.data.empty()) throw Unknown("an empty value");
  call.output(std::move(y));
}

void split(Call& call) {
  const Array x = call.input(0);
  size_t axis = axisOf(call.whole("axis", 0), x.rank());
  int64_t parts = call.node.output_size();
  bool given = call.hasEither("split", 12, 1), counted = call.attribute("num_outputs");
  Shape sizes = call.either("split", 12, 1);
  demand(!(given && counted), "split beside num_outputs");
  if (counted) demand(call.whole("num_outputs", 0) == parts, "num_outputs");
  if (!given && call.set >= 18 && !counted) throw Unknown("neither sizes nor a number of parts");
  if (!given) {
    int64_t each = (x.shape[axis] + parts - 1) / parts;
    demand(counted || x.shape[axis] % parts == 0, "parts that are not equal");
    sizes.assign(static_cast<size_t>(parts), each);
    sizes.back() = x.shape[axis] - each * (parts - 1);
  }
  demand(static_cast<int64_t>(sizes.size()) == parts &&
             std::accumulate(sizes.begin(), sizes.end(), int64_t{0}) == x.shape[axis],
         "sizes of the parts");
  int64_t begin = 0;
  for (int i = 0; i < parts; begin += sizes[static_cast<size_t>(i++)]) {
    if (sizes[static_cast<size_t>(i)] <= 0) throw Unknown("an empty part");
    call.output(sliced(x, axis, begin, begin + sizes[static_cast<size_t>(i)]), i);
  }
}

void reshape(Call& call) {
  Array y = call.input(0);
  Shape shape = call.wholeInput(1);
  demand(call.input(1).type == onnx::TensorProto::INT64 && call.input(1).rank() == 1,
         "a shape of other elements");
  std::optional<size_t> open;
  int64_t known = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && call.whole("allowzero", 0)) throw Unknown("an empty value");
    if (shape[i] == 0)
      demand(i < y.shape.size(), "0 for a dimension that is not there"), shape[i] = y.shape[i];
    demand(shape[i] >= -1 && !(shape[i] == -1 && open), "extents of a shape");
    if (shape[i] == -1)
      open = i;
    else
      demand(!__builtin_mul_overflow(known, shape[i], &known), "extents of a shape");
  }
  if (open)
    demand(known > 0 && count(y.shape) % known == 0, "a shape that does not fit"),
        shape[*open] = count(y.shape) / known;
  demand(count(shape) == count(y.shape), "a shape that does not fit");
  y.shape = shape;
  call.output(std::move(y));
}

void flatten(Call& call) {
  Array y = call.input(0);
  int64_t axis = call.whole("axis", 1);
  demand(axis <= y.rank() && axis >= -y.rank() && (axis >= 0 || call.set >= 11), "an axis that is not there");
  auto at = static_cast<std::ptrdiff_t>(axis < 0 ? axis + y.rank() : axis);
  y.shape = {count({y.shape.begin(), y.shape.begin() + at}), count({y.shape.begin() + at, y.shape.end()})};
  call.output(std::move(y));
}

void transpose(Call& call) {
  const Array& x = call.input(0);
  Shape order = call.wholes("perm"), same(x.shape.size());
  std::iota(same.begin(), same.end(), 0);
  if (!call.attribute("perm")) order.assign(same.rbegin(), same.rend());
  Shape sorted = order;
  std::sort(sorted.begin(), sorted.end());
  demand(sorted == same, "perm");
  Array y(x.type, x.shape);
  for (size_t d = 0; d < order.size(); ++d) y.shape[d] = x.shape[static_cast<size_t>(order[d])];
  for (size_t i = 0; i < y.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), y.shape), from(at.size());
    for (size_t d = 0; d < order.size(); ++d) from[static_cast<size_t>(order[d])] = at[d];
    y.data[i] = x.data[static_cast<size_t>(flat(from, x.shape))];
  }
  call.output(std::move(y));
}

void squeeze(Call& call) {
  Array y = call.input(0);
  bool adds = call.node.op_type() == "Unsqueeze", given = call.hasEither("axes", 12, 1);
  Shape axes = call.either("axes", 12, 1), shape;
  demand(given || !adds, "axes");
  int64_t rank = y.rank() + (adds ? static_cast<int64_t>(axes.size()) : 0);
  std::vector<bool> changes(static_cast<size_t>(rank));
  for (int64_t axis : axes) {
    size_t at = axisOf(axis, rank);
    demand(!changes[at], "an axis twice");
    changes[at] = true;
  }
  size_t from = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (adds) {
      shape.push_back(changes[i] ? 1 : y.shape[from++]);
      continue;
    }
    demand(!changes[i] || y.shape[i] == 1, "a dimension that is not 1");
    if (!(given ? changes[i] : y.shape[i] == 1)) shape.push_back(y.shape[i]);
  }
  y.shape = shape;
  call.output(std::move(y));
}

void shapeOf(Call& call) {
  const Array& x = call.input(0);
  auto clamped = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + x.rank() : at, 0, x.rank()); };
  int64_t begin = clamped(call.whole("start", 0)), end = clamped(call.whole("end", x.rank()));
  Array y(onnx::TensorProto::INT64, {std::max<int64_t>(0, end - begin)});
  for (size_t i = 0; i < y.data.size(); ++i)
    y.data[i] = static_cast<double>(x.shape[static_cast<size_t>(begin) + i]);
  call.output(std::move(y));
}

void gather(Call& call) {
  const Array &x = call.input(0), &indices = call.input(1);
  if (x.rank() != 1 || axisOf(call.whole("axis", 0), 1) != 0) throw Unknown("a gather of other than lists");
  Array y(x.type, indices.shape);
  for (size_t i = 0; i < y.data.size(); ++i)
    y.data[i] = x.data[axisOf(static_cast<int64_t>(indices.data[i]), x.shape[0])];
  call.output(std::move(y));
}

} // namespace cnn::test
