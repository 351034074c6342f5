//===- batch_norm.cpp - Batch normalisation in training ----------------------------------------------===//
//
// Statistics are taken block by block and combined in the order of the blocks, so that they depend on nothing
// but the data: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample
// variances", 1979.
//
//===---------------------------------------------------------------------------------------------------===//

#include "broadcast.h"
#include "reduction.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// x -> plain [2, C]: mean and sum of squared differences of the block's images.
Value statistics(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  int width = static_cast<int>(x.width()), height = static_cast<int>(x.height());
  Expr images = b.scalar("images");
  auto sums = pictureSum(b, "sum", width, height, Expr(), [=](const Coordinates& at) { return x.at(at); });
  auto total = laneSum(b, "total", images, sums);
  Expr inverseCount = 1.0f / b.widened(images * (width * height));
  Func mean = b.func("mean");
  mean(b.c) = cast<float>(total(b.c) * inverseCount);
  b.funcs["mean"] = mean;
  auto squares = pictureSum(b, "squares", width, height, Expr(), [=](const Coordinates& at) {
    Expr difference = x.at(at) - mean(at[3]);
    return difference * difference;
  });
  auto totalSquares = laneSum(b, "total_squares", images, squares);
  Value value = b.result(op, x, [=](const Coordinates& at) {
    return select(at[1] == 0, mean(at[0]), cast<float>(totalSquares(at[0])));
  });
  value.layout = Layout::plain;
  return value;
}

/// Partials [blocks][2, C] -> stat [2, C]; running_mean and running_var are updated in place.
Value combine(Builder& b, const Op& op) {
  Value partials = b.operand(op, 0);
  Expr blocks = b.scalar("blocks"), batch = b.scalar("batch");
  int lanes = b.lanes;
  int64_t perImage = intOf(op, "count_per_image", 0, 1);
  float eps = static_cast<float>(floatOf(op, "eps", 1e-5)),
        momentum = static_cast<float>(floatOf(op, "momentum", 0.1));
  RDom r = b.rdom({blocks}, "blocks");
  Func combined = b.func("combined"); // mean, sum of squared differences, count
  combined(b.c) = Tuple(b.zeroSum(), b.zeroSum(), b.zeroSum());
  Expr count = combined(b.c)[2];
  Expr added = b.widened(min(lanes, batch - r * lanes)) * static_cast<float>(perImage);
  Expr difference = b.widened(partials.at({b.c, 0, r})) - combined(b.c)[0];
  Expr share = added / (count + added);
  combined(b.c) =
      Tuple(combined(b.c)[0] + difference * share,
            combined(b.c)[1] + b.widened(partials.at({b.c, 1, r})) + difference * difference * count * share,
            count + added);
  combined.compute_root();

  auto variables = b.outputVariables(0);
  Func stat = b.func("output0");
  Var c = variables[0];
  Expr variance = combined(c)[1] / combined(c)[2];
  stat(variables) = cast<float>(select(variables[1] == 0, combined(c)[0], 1.0f / sqrt(variance + eps)));
  b.bindOutput(stat, 0);
  b.boundLoops(stat, 0);
  b.outputs.push_back(stat);
  for (size_t i = 1; i < b.kernel.outputs.size(); ++i) {
    Func running = b.func("output" + std::to_string(i));
    Var k = b.outputVariables(i)[0];
    Expr unbiased = combined(k)[1] / max(combined(k)[2] - 1.0f, 1.0f);
    running(k) = undef<float>();
    running(k) =
        cast<float>((1.0f - momentum) * running(k) + momentum * (i == 1 ? combined(k)[0] : unbiased));
    b.bindOutput(running, i);
    b.boundLoops(running, i);
    b.outputs.push_back(running);
  }
  return b.result(op, partials, nullptr);
}

/// x, weight, bias, running mean, running variance: batch norm that no convolution could take into its
/// weights.
Value batchNorm(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), weight = b.operand(op, 1), bias = b.operand(op, 2);
  Value mean = b.operand(op, 3), variance = b.operand(op, 4);
  float eps = static_cast<float>(floatOf(op, "eps", 1e-5));
  return b.result(op, x, [=](const Coordinates& at) {
    auto of = [&](const Value& parameter) { return perChannelAt(parameter, x, at); };
    return (x.at(at) - of(mean)) * (of(weight) / sqrt(of(variance) + eps)) + of(bias);
  });
}

/// (x - mean) * invstd * gamma + beta
Value normalize(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), stat = b.operand(op, 1), gamma = b.operand(op, 2), beta = b.operand(op, 3);
  return b.result(op, x, [=](const Coordinates& at) {
    Expr c = channelOf(x, at);
    Expr factor = stat.at({c, 1}) * gamma.at({c});
    return (x.at(at) - stat.at({c, 0})) * factor + beta.at({c});
  });
}

/// x, dy, stat -> plain [2, C]: the block's sums of dy and dy * xhat. dy is zero in lanes past the last
/// image.
Value backwardStatistics(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), dy = b.operand(op, 1), stat = b.operand(op, 2);
  int width = static_cast<int>(x.width()), height = static_cast<int>(x.height());
  auto sums = pictureSum(b, "sum", width, height, Expr(), [=](const Coordinates& at) { return dy.at(at); });
  auto products = pictureSum(b, "products", width, height, Expr(), [=](const Coordinates& at) {
    return dy.at(at) * (x.at(at) - stat.at({at[3], 0}));
  });
  auto total = laneSum(b, "total", Expr(), sums),
       totalProducts = laneSum(b, "total_products", Expr(), products);
  Value value = b.result(op, x, [=](const Coordinates& at) {
    return cast<float>(select(at[1] == 0, total(at[0]), totalProducts(at[0]) * stat.at({at[0], 1})));
  });
  value.layout = Layout::plain;
  return value;
}

/// Partials [blocks][2, C] -> dgamma [C], dbeta [C].
Value backwardCombine(Builder& b, const Op& op) {
  Value partials = b.operand(op, 0);
  RDom r = b.rdom({b.scalar("blocks")}, "blocks");
  for (size_t i = 0; i < b.kernel.outputs.size(); ++i) {
    Func sum = b.func("output" + std::to_string(i));
    Var c = b.outputVariables(i)[0];
    sum(c) = 0.0f;
    sum(c) += partials.at({c, i == 0 ? 1 : 0, r});
    b.bindOutput(sum, i);
    b.boundLoops(sum, i);
    b.outputs.push_back(sum);
  }
  return b.result(op, partials, nullptr);
}

/// dx = gamma * invstd * (dy - dbeta / count - xhat * dgamma / count)
Value backwardInput(Builder& b, const Op& op) {
  Value x = b.operand(op, 0), dy = b.operand(op, 1), stat = b.operand(op, 2), gamma = b.operand(op, 3);
  Value dgamma = b.operand(op, 4), dbeta = b.operand(op, 5);
  Expr images = b.scalar("images"), inverseCount = b.scalar("inverse_count");
  return b.result(op, x, [=](const Coordinates& at) {
    Expr c = channelOf(x, at);
    Expr invstd = stat.at({c, 1}), factor = gamma.at({c}) * invstd;
    Expr slope = dgamma.at({c}) * invstd * inverseCount, offset = dbeta.at({c}) * inverseCount;
    Expr dx = factor * (dy.at(at) - offset - (x.at(at) - stat.at({c, 0})) * slope);
    return select(at[0] < images, dx, 0.0f);
  });
}

Schedule plainLoops(const Kernel&, const Op&) {
  return {"serial", {}};
}

constexpr Operation operations[] = {
    {"batch_norm", batchNorm},
    {"batch_norm_statistics", statistics, channelReductions},
    {"batch_norm_combine", combine, plainLoops, 1},
    {"batch_norm_normalize", normalize},
    {"batch_norm_backward_statistics", backwardStatistics, channelReductions},
    {"batch_norm_backward_combine", backwardCombine, plainLoops, 1},
    {"batch_norm_backward_input", backwardInput},
};

} // namespace

std::span<const Operation> batchNormOperations() {
  return operations;
}

} // namespace cnn::kernel
