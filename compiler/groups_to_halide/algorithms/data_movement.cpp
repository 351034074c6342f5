//===- data_movement.cpp - Between the caller's memory and batch lanes, and between channels ---------===//

#include "registry.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// Plain images to batch lanes, with zeros in the halo. Lanes from `images` on repeat the last image, so that
/// no function of what lies there gives an infinity or a NaN that the images do not have.
Value load(Builder& b, const Op& op) {
  const Value& x = b.operand(op, 0);
  if (b.kernel.ops.size() != 1) fail("load: expected to be the kernel's only operation");
  b.writesHalo = true;
  Expr images = b.scalar("images");
  int height = int(x.height()), width = int(x.width());
  const Tensor& tensor = b.kernel.outputs.at(0);
  bool halo = tensor.haloX > 0 || tensor.haloY > 0;
  Type type = halideType(op.element);
  Value like = x;
  like.layout = Layout::batchLanes;
  like.lanes = tensor.lanes;
  return b.result(op, like, [=](const Coordinates& at) {
    Coordinates read{at[1], at[2], at[3], min(at[0], images - 1)};
    if (!halo) return cast(type, x.at(read));
    Expr isInside = at[1] >= 0 && at[1] < width && at[2] >= 0 && at[2] < height;
    read[0] = clamp(at[1], 0, width - 1), read[1] = clamp(at[2], 0, height - 1);
    return select(isInside, cast(type, x.at(read)), cast(type, 0));
  });
}

/// Batch lanes to plain images: the output's last dimension is the image, below the scalar `images`.
Value store(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Value value = b.result(op, x, [=](const Coordinates& at) {
    Coordinates read{at.back()};
    read.insert(read.end(), at.begin(), at.end() - 1);
    return x.at(read);
  });
  value.layout = Layout::plain;
  return value;
}

/// Zeros in the halo of the output, and nothing else.
Value fillHalo(Builder& b, const Op& op) {
  const Tensor& t = b.kernel.outputs.at(0);
  if (t.layout == Layout::plain) fail("fill_halo: expected a lane layout");
  int width = int(t.shape[2]), height = int(t.shape[1]), haloX = t.haloX, haloY = t.haloY;
  Func out = b.func("output0");
  Type type = halideType(t.element);
  out(b.lane, b.x, b.y, b.c) = undef(type);
  auto fill = [&](int x, int y, int columns, int rows) {
    if (columns <= 0 || rows <= 0) return;
    std::string role = "halo" + std::to_string(out.num_update_definitions());
    RDom r = b.rdom({columns, rows}, role);
    out(b.lane, r[0] + x, r[1] + y, b.c) = cast(type, 0);
    b.domains[role] = r;
  };
  fill(-haloX, -haloY, width + 2 * haloX, haloY);
  fill(-haloX, height, width + 2 * haloX, haloY);
  fill(-haloX, 0, haloX, height);
  fill(width, 0, haloX, height);
  b.bindOutput(out, 0);
  b.outputs.push_back(out);
  Value like;
  like.layout = t.layout;
  return b.result(op, like, nullptr);
}

/// Channels of several values one after the other: a region of the output each.
Value concat(Builder& b, const Op& op) {
  std::vector<Value> parts;
  int64_t first = 0;
  for (size_t i = 0; i < op.operands.size(); ++i) {
    parts.push_back(b.operand(op, i));
    Builder::Region region;
    region.firstChannel = first;
    region.channels = parts[i].channels();
    b.regions.push_back(region);
    first += region.channels;
  }
  Builder* builder = &b;
  return b.result(op, parts.at(0), [=](const Coordinates& at) {
    size_t index = builder->region->index;
    return parts[index].at({at[0], at[1], at[2], at[3] - int(builder->regions[index].firstChannel)});
  });
}

Value slice(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  int begin = static_cast<int>(intOf(op, "begin", 0, 0));
  return b.result(op, x, [=](const Coordinates& at) { return x.at({at[0], at[1], at[2], at[3] + begin}); });
}

/// dy in channels [begin, end), zeros in the others.
Value sliceBackward(Builder& b, const Op& op) {
  Value dy = b.operand(op, 0);
  int64_t begin = intOf(op, "begin", 0, 0), end = begin + dy.channels();
  auto add = [&](int64_t first, int64_t channels) {
    Builder::Region region;
    region.firstChannel = first, region.channels = channels;
    if (channels > 0) b.regions.push_back(region);
  };
  add(begin, dy.channels());
  add(0, begin);
  add(end, op.shape[0] - end);
  Builder* builder = &b;
  return b.result(op, dy, [=](const Coordinates& at) {
    return builder->region->index == 0 ? dy.at({at[0], at[1], at[2], at[3] - int(begin)}) : Expr(0.0f);
  });
}

/// The same elements in the order C, H, W, in another shape.
Value reshape(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  int width = int(x.width()), height = int(x.height());
  std::vector<int64_t> shape = op.shape;
  return b.result(op, x, [=](const Coordinates& at) {
    Expr i = (at[3] * int(shape[1]) + at[2]) * int(shape[2]) + at[1];
    return x.at({at[0], i % width, i / width % height, i / (width * height)});
  });
}

Schedule chooseRows(const Kernel&, const Op&) {
  return {"windows", {{"x", 4}}};
}
Schedule chooseHalo(const Kernel&, const Op&) {
  return {"halo", {}};
}

constexpr Operation operations[] = {
    {"load", load, chooseRows, 1},       {"store", store},
    {"fill_halo", fillHalo, chooseHalo}, {"concat", concat, chooseRows},
    {"slice", slice, chooseRows},        {"slice_backward", sliceBackward, chooseRows},
    {"reshape", reshape, chooseRows},
};

} // namespace

std::span<const Operation> dataMovementOperations() {
  return operations;
}

} // namespace cnn::kernel
