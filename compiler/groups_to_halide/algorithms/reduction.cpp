//===- reduction.cpp ---------------------------------------------------------------------------------===//

#include "reduction.h"

using namespace Halide;

namespace cnn::kernel {

std::function<Expr(Expr, Expr)> pictureSum(Builder& b, const std::string& role, int width, int height,
                                           const Expr& blocks,
                                           const std::function<Expr(const Coordinates&)>& term) {
  int columns = 1;
  for (int candidate : {8, 7, 6, 5, 4, 3, 2}) {
    if (columns == 1 && width % candidate == 0) columns = candidate;
  }
  Var column("column");
  RDom r = blocks.defined() ? b.rdom({width / columns, height, blocks}, role)
                            : b.rdom({width / columns, height}, role);
  Func partial = b.func(role);
  partial(b.lane, column, b.c) = b.zeroSum();
  Coordinates at{b.lane, r[0] * columns + column, r[1], b.c};
  if (blocks.defined()) at.push_back(r[2]);
  partial(b.lane, column, b.c) += b.widened(term(at));
  b.funcs[role] = partial;
  b.domains[role] = r;
  return [=](Expr lane, Expr c) {
    std::vector<Expr> parts;
    for (int i = 0; i < columns; ++i) parts.push_back(partial(lane, i, c));
    while (parts.size() > 1) {
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        parts[i] = parts[i] + parts[i + 1];
        parts.erase(parts.begin() + static_cast<int64_t>(i) + 1);
      }
    }
    return parts[0];
  };
}

std::function<Expr(Expr)> laneSum(Builder& b, const std::string& role, const Expr& images,
                                  const std::function<Expr(Expr, Expr)>& term) {
  RDom r = b.rdom({b.lanes}, role);
  Func total = b.func(role), values = b.func(role + "_values");
  Expr value = b.widened(term(b.lane, b.c));
  values(b.lane, b.c) = images.defined() ? select(b.lane < images, value, b.zeroSum()) : value;
  total(b.c) = b.zeroSum();
  total(b.c) += values(r, b.c);
  b.funcs[role] = total;
  b.funcs[role + "_values"] = values;
  b.domains[role] = r;
  return [=](Expr c) { return total(c); };
}

Schedule channelReductions(const Kernel&, const Op&) {
  return {"channel_reductions", {}};
}

Schedule pixelReductions(const Kernel&, const Op&) {
  return {"pixel_reductions", {}};
}

namespace {

/// dy -> [C]: the sum over everything but the channel. Lanes past the last image hold zeros.
Value channelSum(Builder& b, const Op& op) {
  Value dy = b.operand(op, 0);
  auto sums = pictureSum(b, "picture", int(dy.width()), int(dy.height()), b.scalar("blocks"),
                         [=](const Coordinates& at) { return dy.at(at); });
  auto total = laneSum(b, "lanes", Expr(), sums);
  Value value = b.result(op, dy, [=](const Coordinates& at) { return cast<float>(total(at[0])); });
  value.layout = Layout::plain;
  return value;
}

/// x -> [C, 1, 1], scaled
Value spatialSumScaled(Builder& b, const Op& op, float factor) {
  Value x = b.operand(op, 0);
  auto sums = pictureSum(b, "picture", int(x.width()), int(x.height()), Expr(),
                         [=](const Coordinates& at) { return x.at(at); });
  return b.result(op, x, [=](const Coordinates& at) {
    return cast<float>(factor == 1 ? sums(at[0], at[3]) : sums(at[0], at[3]) * factor);
  });
}

bool sumsPictures(const Kernel& kernel, const Op& op) {
  const Tensor& x = kernel.inputs[size_t(op.operands[0])];
  return x.layout == Layout::batchLanes && op.shape == std::vector<int64_t>{x.shape[0], 1, 1};
}

/// x -> a shape that broadcasts to x's: the sum over each dimension that the result does not have, or has
/// once.
Value spatialSum(Builder& b, const Op& op) {
  if (sumsPictures(b.kernel, op)) return spatialSumScaled(b, op, 1);
  Value x = b.operand(op, 0);
  bool inLanes = x.layout != Layout::plain;
  size_t first = inLanes ? 1 : 0, rank = x.shape.size(), kept = op.shape.size();
  std::vector<Var> variables;
  if (inLanes) variables.push_back(b.lane);
  for (size_t i = 0; i < kept; ++i) variables.emplace_back(); // named by Halide
  std::vector<Expr> extents{1}; // of the dimensions summed, the last first; a sum needs at least one
  Coordinates at(variables.begin(), variables.end());
  at.resize(first + rank, Expr(0));
  std::vector<size_t> summed;
  for (size_t i = 0; i < rank; ++i) {
    int64_t extent = x.shape[rank - 1 - i];
    if (extent == (i < kept ? op.shape[kept - 1 - i] : 1)) continue;
    summed.push_back(first + i);
    extents.push_back(static_cast<int>(extent));
  }
  RDom r = b.rdom(extents, "summed");
  for (size_t i = 0; i < summed.size(); ++i) at[summed[i]] = r[static_cast<int>(i) + 1];
  Func total = b.func("total");
  total(variables) = 0.0f;
  total(variables) += x.at(at);
  total.compute_root();
  if (inLanes) {
    std::vector<VarOrRVar> order{b.lane};
    for (int i = 0; i < r.dimensions(); ++i) order.emplace_back(r[i]);
    total.vectorize(b.lane).update().reorder(order).vectorize(b.lane);
  }
  return b.result(op, x, [=](const Coordinates& from) { return total(from); });
}

Schedule spatialSumSchedule(const Kernel& kernel, const Op& op) {
  return sumsPictures(kernel, op) ? channelReductions(kernel, op) : Schedule{"rows", {}};
}

Value globalAvgPool(Builder& b, const Op& op) {
  const Value& x = b.operand(op, 0);
  return spatialSumScaled(b, op, 1.0f / static_cast<float>(x.width() * x.height()));
}

Value globalAvgPoolBackward(Builder& b, const Op& op) {
  Value dy = b.operand(op, 0);
  float factor = 1.0f / static_cast<float>(op.shape[1] * op.shape[2]);
  return b.result(op, dy, [=](const Coordinates& at) { return dy.at({at[0], 0, 0, at[3]}) * factor; });
}

/// [1, 1, 1] -> plain [1]: the sum over the block's images.
Value laneSumOp(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  auto total =
      laneSum(b, "lanes", b.scalar("images"), [=](Expr lane, Expr c) { return x.at({lane, 0, 0, c}); });
  Value value = b.result(op, x, [=](const Coordinates& at) { return cast<float>(total(at[0])); });
  value.layout = Layout::plain;
  return value;
}

/// Partials [blocks][1] -> plain [1], in the order of the blocks.
Value blockMean(Builder& b, const Op& op) {
  Value partials = b.operand(op, 0);
  RDom blocks = b.rdom({b.scalar("blocks")}, "blocks");
  Func total = b.func("total");
  Var i("i");
  total(i) = b.zeroSum();
  total(i) += b.widened(partials.at({i, blocks}));
  total.compute_root();
  Expr scale = b.scalar("inverse_batch");
  return b.result(op, partials, [=](const Coordinates& at) { return cast<float>(total(at[0]) * scale); });
}

/// Plain [1] -> [1, 1, 1]: dy / N for each image.
Value batchMeanBackward(Builder& b, const Op& op) {
  Value dy = b.operand(op, 0);
  Expr images = b.scalar("images"), scale = b.scalar("inverse_batch");
  Value like = dy;
  like.layout = Layout::batchLanes;
  like.lanes = b.lanes;
  return b.result(op, like,
                  [=](const Coordinates& at) { return select(at[0] < images, dy.at({0}) * scale, 0.0f); });
}

/// A constant of any shape.
Value splat(Builder& b, const Op& op) {
  float number = static_cast<float>(floatOf(op, "value", 0));
  Value value = b.result(op, Value(), [=](const Coordinates&) { return Expr(number); });
  return value;
}

Schedule plainLoops(const Kernel&, const Op&) {
  return {"serial", {}};
}

constexpr Operation operations[] = {
    {"channel_sum", channelSum, channelReductions},
    {"spatial_sum", spatialSum, spatialSumSchedule},
    {"global_avg_pool", globalAvgPool, channelReductions},
    {"global_avg_pool_backward", globalAvgPoolBackward},
    {"lane_sum", laneSumOp, channelReductions},
    {"block_mean", blockMean, plainLoops, 1},
    {"batch_mean_backward", batchMeanBackward},
    {"splat", splat},
};

} // namespace

std::span<const Operation> reductionOperations() {
  return operations;
}

} // namespace cnn::kernel
