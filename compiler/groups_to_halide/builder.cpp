//===- builder.cpp -----------------------------------------------------------------------------------===//

#include "builder.h"

#include "compile.h"
#include "registry.h"

#include "schedules/schedules.h"

using namespace Halide;

namespace cnn::kernel {

Type halideType(Element element) {
  switch (element) {
  case Element::f32:
    return Float(32);
  case Element::i32:
    return Int(32);
  case Element::u8:
    return UInt(8);
  case Element::i64:
    return Int(64);
  }
  return Float(32);
}

void fail(const std::string& message) {
  throw CompileError(message);
}

int64_t intOf(const Op& op, const std::string& name, size_t index, int64_t otherwise) {
  auto found = op.ints.find(name);
  return found != op.ints.end() && index < found->second.size() ? found->second[index] : otherwise;
}

double floatOf(const Op& op, const std::string& name, double otherwise) {
  auto found = op.floats.find(name);
  return found != op.floats.end() ? found->second : otherwise;
}

namespace {

int lanesOf(const Kernel& kernel) {
  for (auto* tensors : {&kernel.inputs, &kernel.outputs}) {
    for (const Tensor& tensor : *tensors) {
      if (tensor.layout != Layout::plain) return tensor.lanes;
    }
  }
  return vectorLanes(kernel.target);
}

Type scalarType(ScalarType type) {
  switch (type) {
  case ScalarType::i32:
    return Int(32);
  case ScalarType::u32:
    return UInt(32);
  case ScalarType::f32:
    return Float(32);
  }
  return Int(32);
}

void checkTensor(const Tensor& tensor, const std::string& what) {
  for (int64_t extent : tensor.shape) {
    if (extent < 1) fail(what + " has an extent below 1");
  }
  if (tensor.layout != Layout::plain && (tensor.shape.size() != 3 || tensor.lanes < 1)) {
    fail(what + " is in a lane layout: expected shape [C, H, W] and at least one lane");
  }
}

} // namespace

Builder::Builder(const Kernel& kernel, const std::string& symbol)
    : kernel(kernel), symbol(symbol), lanes(lanesOf(kernel)), rangeMinParam(symbol + "_range_min"),
      rangeExtentParam(symbol + "_range_extent") {
  if (kernel.results.size() != kernel.outputs.size()) fail("kernel: results and outputs differ in number");
  for (const Scalar& scalar : kernel.scalars) {
    scalars.emplace(scalar.name, Param<void>(scalarType(scalar.type), symbol + "_" + scalar.name));
  }
  for (size_t i = 0; i < kernel.inputs.size(); ++i) bindInput(i);
  for (const Tensor& output : kernel.outputs) checkTensor(output, "an output");
}

RDom Builder::rdom(const std::vector<Expr>& extents, const std::string& role) const {
  Halide::Region bounds;
  for (const Expr& extent : extents) bounds.emplace_back(0, cast<int>(extent));
  return RDom(bounds, symbol + "_" + role);
}

Type Builder::sumType() const {
  return hasWideSums(kernel) ? Float(64) : Float(32);
}

Expr Builder::scalar(const std::string& name) const {
  auto found = scalars.find(name);
  if (found == scalars.end()) fail("kernel: the scalar '" + name + "' is missing");
  return found->second;
}

const Value& Builder::operand(const Op& op, size_t index) const {
  if (index >= op.operands.size()) fail(op.name + ": operand " + std::to_string(index) + " is missing");
  int value = op.operands[index];
  if (value < 0 || static_cast<size_t>(value) >= values.size())
    fail(op.name + ": an operand is not defined yet");
  return values[value];
}

std::vector<Builder::Dimension> Builder::dimensions(const Tensor& tensor, bool perImage,
                                                    bool perBlock) const {
  std::vector<Dimension> result;
  int64_t stride = 1;
  auto add = [&](int64_t min, int64_t extent) {
    result.push_back({min, Expr(static_cast<int>(extent)), Expr(static_cast<int>(stride))});
    stride *= extent;
  };
  if (tensor.layout == Layout::plain) {
    for (size_t i = tensor.shape.size(); i-- > 0;) add(0, tensor.shape[i]);
    // Optimizers run over flat arrays of any length.
    if (tensor.shape.size() == 1 && hasScalar("count")) result[0].extent = scalar("count");
  } else {
    int64_t planes = tensor.shape[0];
    if (tensor.layout == Layout::channelLanes) planes = (planes + tensor.lanes - 1) / tensor.lanes;
    add(0, tensor.lanes);
    add(-tensor.haloX, tensor.shape[2] + 2 * tensor.haloX);
    add(-tensor.haloY, tensor.shape[1] + 2 * tensor.haloY);
    add(0, planes);
  }
  if (perImage || perBlock) {
    result.push_back({0, scalar(perImage ? "images" : "blocks"), Expr(static_cast<int>(stride))});
  }
  return result;
}

void Builder::bindInput(size_t index) {
  const Tensor& tensor = kernel.inputs[index];
  checkTensor(tensor, "input " + std::to_string(index));
  bool parts = holdsParts(kernel, index), blocks = hasScalar("blocks");
  bool perImage = parts && !blocks, perBlock = blocks && (parts || tensor.layout == Layout::batchLanes);
  auto dims = dimensions(tensor, perImage, perBlock);
  ImageParam input(halideType(tensor.element), static_cast<int>(dims.size()),
                   symbol + "_input" + std::to_string(index));
  for (size_t d = 0; d < dims.size(); ++d) {
    input.dim(d).set_bounds(static_cast<int>(dims[d].min), dims[d].extent).set_stride(dims[d].stride);
  }
  // Blocks follow each other without a gap, so that no more than a vector's own alignment is certain.
  if (tensor.layout != Layout::plain)
    input.set_host_alignment(tensor.lanes * (tensor.element == Element::u8 ? 1 : 4));
  inputs.push_back(input);

  Value value;
  value.at = [input](const Coordinates& at) { return input(std::vector<Expr>(at)); };
  value.layout = tensor.layout;
  value.shape = tensor.shape;
  value.element = tensor.element;
  value.lanes = tensor.lanes;
  value.haloY = tensor.haloY;
  value.haloX = tensor.haloX;
  values.push_back(std::move(value));
}

Value Builder::padded(const Value& value, int64_t top, int64_t left, int64_t bottom, int64_t right,
                      const Expr& outside, bool selects) const {
  bool inMemory = !selects && Internal::is_const_zero(outside) && std::max(top, bottom) <= value.haloY &&
                  std::max(left, right) <= value.haloX;
  bool needed = top > 0 || left > 0 || bottom > 0 || right > 0;
  if (inMemory || !needed) return value;
  Value guarded = value;
  size_t yAt = value.layout == Layout::plain ? 1 : 2, xAt = yAt - 1;
  int width = static_cast<int>(value.width()), height = static_cast<int>(value.height());
  guarded.at = [=](const Coordinates& at) {
    Coordinates inside = at;
    Expr isInside = Internal::const_true();
    if (left > 0 || right > 0) {
      inside[xAt] = clamp(at[xAt], 0, width - 1);
      isInside = isInside && at[xAt] >= 0 && at[xAt] < width;
    }
    if (top > 0 || bottom > 0) {
      inside[yAt] = clamp(at[yAt], 0, height - 1);
      isInside = isInside && at[yAt] >= 0 && at[yAt] < height;
    }
    return select(isInside, value.at(inside), outside);
  };
  return guarded;
}

Value Builder::result(const Op& op, const Value& like, std::function<Expr(const Coordinates&)> at) const {
  Value value;
  value.at = std::move(at);
  value.layout = like.layout;
  value.shape = op.shape;
  value.element = op.element;
  value.lanes = like.lanes;
  return value;
}

std::vector<Var> Builder::outputVariables(size_t index) const {
  const Tensor& tensor = kernel.outputs[index];
  if (tensor.layout != Layout::plain) return {lane, x, y, c};
  std::vector<Var> variables;
  static const char* names[] = {"d0", "d1", "d2", "d3", "d4", "d5", "d6"};
  size_t rank = tensor.shape.size() + (isStored(kernel, index) ? 1 : 0);
  if (rank > std::size(names)) fail("an output has too many dimensions");
  for (size_t i = 0; i < rank; ++i) variables.push_back(Var(names[i]));
  return variables;
}

void Builder::bindOutput(Func& f, size_t index, size_t part) const {
  const Tensor& tensor = kernel.outputs[index];
  auto dims = dimensions(tensor, isStored(kernel, index), false);
  OutputImageParam buffer = f.output_buffers()[part];
  for (size_t d = 0; d < dims.size(); ++d) {
    // Halide takes the bounds of a tuple's other buffers from the first.
    if (part == 0) buffer.dim(d).set_bounds(static_cast<int>(dims[d].min), dims[d].extent);
    buffer.dim(d).set_stride(dims[d].stride);
  }
  if (tensor.layout != Layout::plain)
    buffer.set_host_alignment(tensor.lanes * (tensor.element == Element::u8 ? 1 : 4));
}

void Builder::boundLoops(Func& f, size_t index) const {
  const Tensor& tensor = kernel.outputs[index];
  auto dims = dimensions(tensor, isStored(kernel, index), false);
  auto variables = outputVariables(index);
  bool lanesLayout = tensor.layout != Layout::plain;
  for (size_t d = 0; d < dims.size(); ++d) {
    Expr min = static_cast<int>(dims[d].min), extent = dims[d].extent;
    if (lanesLayout && !writesHalo && d == 1) min = 0, extent = static_cast<int>(tensor.shape[2]);
    if (lanesLayout && !writesHalo && d == 2) min = 0, extent = static_cast<int>(tensor.shape[1]);
    size_t rank = lanesLayout ? 4 : tensor.shape.size();
    bool isRange = index == 0 && ((kernel.range == Range::channel && d + 1 == rank) ||
                                  (kernel.range == Range::row && d + 2 == rank));
    if (isRange) min = rangeMinParam, extent = rangeExtentParam;
    f.bound(variables[d], min, extent);
  }
}

void Builder::build() {
  for (const Op& op : kernel.ops) {
    const Operation* operation = findOperation(kernel, op);
    if (!operation) fail("there is no kernel for the operation '" + op.name + "'");
    values.push_back(operation->build(*this, op));
  }
  if (!outputs.empty()) return;
  for (int result : kernel.results) {
    if (result < 0 || static_cast<size_t>(result) >= values.size())
      fail("a result of the kernel is not defined");
  }
  if (!regions.empty()) return buildRegions();

  auto valueOf = [&](size_t index, const std::vector<Var>& variables) {
    Expr value = values[kernel.results[index]].at(Coordinates(variables.begin(), variables.end()));
    return cast(halideType(kernel.outputs[index].element), value);
  };
  // Outputs of one form come out of one loop.
  bool alike = true;
  for (const Tensor& t : kernel.outputs) {
    const Tensor& first = kernel.outputs[0];
    alike &= t.layout == first.layout && t.shape == first.shape && t.haloX == first.haloX &&
             t.haloY == first.haloY;
  }
  if (alike && kernel.outputs.size() > 1) {
    auto variables = outputVariables(0);
    std::vector<Expr> tuple;
    for (size_t i = 0; i < kernel.outputs.size(); ++i) tuple.push_back(valueOf(i, variables));
    Func out = func("outputs");
    out(variables) = Tuple(tuple);
    for (size_t i = 0; i < kernel.outputs.size(); ++i) bindOutput(out, i, i);
    boundLoops(out, 0);
    outputs.push_back(out);
    return;
  }
  for (size_t i = 0; i < kernel.outputs.size(); ++i) {
    auto variables = outputVariables(i);
    Func out = func("output" + std::to_string(i));
    out(variables) = valueOf(i, variables);
    bindOutput(out, i);
    boundLoops(out, i);
    outputs.push_back(out);
  }
}

void Builder::buildRegions() {
  if (kernel.outputs.size() != 1 || kernel.outputs[0].layout == Layout::plain) {
    fail("this anchor needs one output in lanes");
  }
  const Tensor& tensor = kernel.outputs[0];
  bool channelLanes = tensor.layout == Layout::channelLanes;
  int64_t planes = channelLanes ? (tensor.shape[0] + tensor.lanes - 1) / tensor.lanes : tensor.shape[0];
  Type type = halideType(tensor.element);
  Func out = func("output0");
  out(lane, x, y, c) = undef(type);
  for (size_t i = 0; i < regions.size(); ++i) {
    const Region& r = regions[i];
    int width = static_cast<int>((tensor.shape[2] - r.x + r.strideX - 1) / r.strideX);
    int height = static_cast<int>((tensor.shape[1] - r.y + r.strideY - 1) / r.strideY);
    if (width <= 0 || height <= 0) continue;
    bool ranged = kernel.range == Range::channel && r.channels == 0;
    bool rows = kernel.range == Range::row && channelLanes;
    if (kernel.range != Range::none && !ranged && !rows) fail("this anchor cannot be split into ranges");
    int channels = static_cast<int>(r.channels ? r.channels : planes);
    auto tile = [&](const char* name, int most) {
      auto found = kernel.schedule.tiles.find(name);
      return found == kernel.schedule.tiles.end() ? 1
                                                  : static_cast<int>(std::min<int64_t>(found->second, most));
    };
    int xTile = tile("x", width), channelTile = tile("channels", channels);
    Expr firstChannel = ranged ? rangeMin() : Expr(int(r.firstChannel));
    // Packed weights are addressed by group of blocks: a chunk starts at a whole one.
    if (ranged && channelLanes) firstChannel = rangeMin() / channelTile * channelTile;
    Expr extent = ranged ? rangeExtent() : Expr(channels);
    // A chunk of rows starts at the first phase, so that this one has as many rows in it as there are before.
    Expr firstRow = rows ? rangeMin() / int(r.strideY) : Expr(0);
    Expr rowCount = rows ? (rangeExtent() - int(r.y) + int(r.strideY) - 1) / int(r.strideY) : Expr(height);
    // The loops of an update cannot be reordered by a schedule, so they are made in its order.
    Expr xTiles = (width + xTile - 1) / xTile, channelTiles = (extent + channelTile - 1) / channelTile;
    bool inside = channelsInside(kernel.schedule);
    RDom loops =
        rdom({xTile, channelTile, inside ? channelTiles : xTiles, inside ? xTiles : channelTiles, rowCount},
             "region" + std::to_string(i));
    RVar xLoop = loops[inside ? 3 : 2], channelLoop = loops[inside ? 2 : 3];
    // The last tile moves back to end at the border: it writes some elements once more. Blocks of channels
    // are whole tiles.
    Expr column = min(xLoop * xTile, width - xTile) + loops[0];
    Expr firstOfTile = channelLoop * channelTile;
    if (!channelLanes) firstOfTile = min(firstOfTile, extent - channelTile);
    Expr channel = firstOfTile + loops[1] + firstChannel;
    Expr row = firstRow + loops[4];
    region = InRegion{i, column, row};
    Coordinates at{lane, column * int(r.strideX) + int(r.x), row * int(r.strideY) + int(r.y), channel};
    out(at) = cast(type, values[kernel.results[0]].at(at));
    domains["region" + std::to_string(out.num_update_definitions() - 1)] = loops;
    region.reset();
  }
  bindOutput(out, 0);
  outputs.push_back(out);
}

std::vector<Argument> Builder::arguments() const {
  std::vector<Argument> result(inputs.begin(), inputs.end());
  for (const Scalar& scalar : kernel.scalars) result.push_back(scalars.at(scalar.name));
  if (kernel.range != Range::none) {
    result.push_back(rangeMinParam);
    result.push_back(rangeExtentParam);
  }
  return result;
}

} // namespace cnn::kernel
