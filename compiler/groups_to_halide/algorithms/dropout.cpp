//===- dropout.cpp - Random zeros that depend on nothing but the element -----------------------------===//

#include "registry.h"
#include "strict_float.h"

#include <cmath>

using namespace Halide;

namespace cnn::kernel {

namespace {

/// Word `which` (0 to 3, an expression) of Philox4x32-10: Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", 2011.
Expr philoxWord(Expr counter[4], Expr key0, Expr key1, const Expr& which) {
  auto product = [](const Expr& a, uint32_t b) { return cast<uint64_t>(a) * Expr(uint64_t(b)); };
  auto high = [](const Expr& p) { return cast<uint32_t>(p >> Expr(uint64_t(32))); };
  auto low = [](const Expr& p) { return cast<uint32_t>(p); };
  Expr c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  for (int round = 0; round < 10; ++round) {
    Expr first = product(c0, 0xD2511F53u), second = product(c2, 0xCD9E8D57u);
    Expr n0 = high(second) ^ c1 ^ key0, n2 = high(first) ^ c3 ^ key1;
    c0 = n0, c1 = low(second), c2 = n2, c3 = low(first);
    key0 = key0 + Expr(uint32_t(0x9E3779B9u)), key1 = key1 + Expr(uint32_t(0xBB67AE85u));
  }
  return select(which == 0, c0, which == 1, c1, which == 2, c2, c3);
}

/// x scaled where word i % 4 of Philox is at least p 2^32, else multiplied with 0: see dropout for its key
/// and counter.
Expr keptOrZero(Builder& b, const Op& op, const Expr& i, const Expr& x) {
  double p = floatOf(op, "p", 0.5);
  auto threshold = static_cast<uint64_t>(std::floor(p * 4294967296.0));
  float scale = p < 1 ? static_cast<float>(1 / (1 - p)) : 0.0f;
  Expr seedLow = cast<uint32_t>(b.scalar("seed_low")), seedHigh = cast<uint32_t>(b.scalar("seed_high"));
  Expr step = cast<uint32_t>(b.scalar("step"));
  Expr stream = Expr(static_cast<uint32_t>(intOf(op, "stream", 0, 0)));
  Expr quarter = i >> Expr(uint64_t(2));
  Expr counter[4] = {cast<uint32_t>(quarter), cast<uint32_t>(quarter >> Expr(uint64_t(32))), step, stream};
  Expr word = philoxWord(counter, seedLow, seedHigh, cast<uint32_t>(i) & Expr(uint32_t(3)));
  return strict::mul(x, select(cast<uint64_t>(word) < Expr(threshold), 0.0f, scale));
}

Expr imageOf(Builder& b, const Coordinates& at) {
  return cast<uint64_t>(b.scalar("first_image")) + cast<uint64_t>(at[0]);
}

/// Element i of the batch, i = image * C*H*W + its row-major offset in the image, is dropped where word i % 4
/// of Philox with key (seed_low, seed_high) and counter (low(i / 4), high(i / 4), step, stream) is below p *
/// 2^32. Backward is the same with dy.
Value dropout(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  std::vector<int64_t> shape = op.shape;
  return b.result(op, x, [=, &b](const Coordinates& at) {
    Expr offset = (at[3] * int(shape[1]) + at[2]) * int(shape[2]) + at[1];
    uint64_t perImage = static_cast<uint64_t>(shape[0] * shape[1] * shape[2]);
    Expr i = imageOf(b, at) * Expr(perImage) + cast<uint64_t>(offset);
    return keptOrZero(b, op, i, x.at(at));
  });
}

/// Whole images: i is the image's place in the batch.
Value stochasticDepth(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  return b.result(op, x,
                  [=, &b](const Coordinates& at) { return keptOrZero(b, op, imageOf(b, at), x.at(at)); });
}

constexpr Operation operations[] = {
    {"dropout", dropout},
    {"dropout_backward", dropout},
    {"stochastic_depth", stochasticDepth},
    {"stochastic_depth_backward", stochasticDepth},
};

} // namespace

std::span<const Operation> dropoutOperations() {
  return operations;
}

} // namespace cnn::kernel
