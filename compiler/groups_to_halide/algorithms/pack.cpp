//===- pack.cpp - From the parameters of a network to those that inference reads ---------------------===//
//
// Batch norm is folded: with scale = gamma / sqrt(variance + eps), weights become w * scale and the bias
// becomes beta + (b - mean) * scale. Lanes past the last output channel and packed input channels past the
// last one are zero, so that the pads of activations never matter.
//
//===---------------------------------------------------------------------------------------------------===//

#include "convolution.h"
#include "winograd.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

int lanesOf(const Op& op) {
  return static_cast<int>(intOf(op, "lanes", 0, 1));
}

/// gamma / sqrt(variance + eps) of an output channel.
Expr foldedScale(const Op& op, const Value& gamma, const Value& variance, const Expr& channel) {
  float eps = static_cast<float>(floatOf(op, "eps", 1e-5));
  return gamma.at({channel}) / sqrt(variance.at({channel}) + eps);
}

Value plainResult(Builder& b, const Op& op, std::function<Expr(const Coordinates&)> at) {
  Value like;
  like.layout = Layout::plain;
  return b.result(op, like, std::move(at));
}

/// Weights with batch norm folded in, zero outside of the tensor, read as (tap..., input channel, output
/// channel); both channels may lie in the pads. The input channel counts from 0 over all groups where
/// `dense`. Those of a transposed convolution lie as [I, O / groups, ...] (`transposed`) and, where it runs
/// as a convolution, in the opposite order of taps (`turned`).
class FoldedWeights {
public:
  FoldedWeights(Builder& b, const Op& op) : op(op), weights(b.operand(op, 0)), folds(b.hasOperand(op, 2)) {
    if (folds) gamma = b.operand(op, 1), variance = b.operand(op, 2);
    outs = static_cast<int>(weights.shape.at(0));
    ins = static_cast<int>(weights.shape.at(1));
    transposed = intOf(op, "transposed", 0, 0), turned = intOf(op, "turned", 0, 0);
    if (!transposed) return;
    groups = static_cast<int>(intOf(op, "groups", 0, 1));
    std::swap(outs, ins);
    outs *= groups, ins /= groups;
  }

  int64_t inputs() const { return ins; } ///< of a group

  Expr at(Coordinates tap, const Expr& in, const Expr& out, int denseGroups = 1) const {
    Expr outInside = min(out, outs - 1);
    Expr inGroup = in;
    if (denseGroups > 1) inGroup = in - outInside / (outs / denseGroups) * ins;
    for (size_t i = 0; turned && i < tap.size(); ++i)
      tap[i] = int(weights.shape.at(weights.shape.size() - 1 - i)) - 1 - tap[i];
    Expr inInside = clamp(inGroup, 0, ins - 1);
    int outGroup = outs / groups;
    if (transposed) {
      tap.push_back(outInside % outGroup);
      tap.push_back(outInside / outGroup * ins + inInside);
    } else {
      tap.push_back(inInside);
      tap.push_back(outInside);
    }
    Expr value = weights.at(tap);
    if (folds) value *= foldedScale(op, gamma, variance, outInside);
    return select(out < outs && inGroup >= 0 && inGroup < ins, value, 0.0f);
  }

private:
  const Op& op;
  Value weights, gamma, variance;
  bool folds, transposed = false, turned = false;
  int outs, ins, groups = 1;
};

/// [oc blocks / vectors][ic blocks][ky][kx][ic lanes][vectors][lanes]
Value packDirect(Builder& b, const Op& op) {
  FoldedWeights weights(b, op);
  int lanes = lanesOf(op), vectors = int(op.shape.at(5)), inLanes = int(op.shape.at(4));
  int64_t groups = intOf(op, "groups", 0, 1);
  int64_t inBlocks = op.shape.at(1);
  // As planned: groups that are not made of whole blocks become zeros in one dense convolution.
  bool dense = groups > 1 && inBlocks * inLanes >= weights.inputs() * groups;
  return plainResult(b, op, [=](const Coordinates& at) {
    Expr out = (at[6] * vectors + at[1]) * lanes + at[0];
    return weights.at({at[3], at[4]}, at[5] * inLanes + at[2], out, dense ? int(groups) : 1);
  });
}

/// U = G g G^T, [oc blocks / vectors][n * n][ic blocks][ic lanes][vectors][lanes]
Value packWinograd(Builder& b, const Op& op) {
  FoldedWeights weights(b, op);
  Winograd matrices = makeWinograd(int(intOf(op, "outputs", 0, 4)), 3);
  int lanes = lanesOf(op), vectors = int(op.shape.at(4)), inLanes = int(op.shape.at(3)), n = matrices.points;
  auto coefficient = [=](const Expr& row, int column) {
    std::vector<Expr> values;
    for (int i = 0; i < n; ++i) values.push_back(float(matrices.weightTransform.at(i, column)));
    return mux(row, values);
  };
  return plainResult(b, op, [=](const Coordinates& at) {
    Expr out = (at[5] * vectors + at[1]) * lanes + at[0], in = at[3] * inLanes + at[2];
    Expr sum = 0.0f;
    for (int ky = 0; ky < 3; ++ky) {
      for (int kx = 0; kx < 3; ++kx) {
        sum += coefficient(at[4] / n, ky) * coefficient(at[4] % n, kx) * weights.at({kx, ky}, in, out);
      }
    }
    return sum;
  });
}

/// U = G g along y only, [oc blocks / vectors][n][kx][ic blocks][ic lanes][vectors][lanes]
Value packWinogradRows(Builder& b, const Op& op) {
  FoldedWeights weights(b, op);
  int taps = int(intOf(op, "kernel", 0, 5));
  Winograd matrices = makeWinograd(int(intOf(op, "outputs", 0, 2)), taps);
  int lanes = lanesOf(op), vectors = int(op.shape.at(5)), inLanes = int(op.shape.at(4)), n = matrices.points;
  return plainResult(b, op, [=](const Coordinates& at) {
    Expr out = (at[6] * vectors + at[1]) * lanes + at[0], in = at[3] * inLanes + at[2];
    Expr sum = 0.0f;
    for (int ky = 0; ky < taps; ++ky) {
      std::vector<Expr> coefficients;
      for (int i = 0; i < n; ++i) coefficients.push_back(float(matrices.weightTransform.at(i, ky)));
      sum += mux(at[5], coefficients) * weights.at({at[4], ky}, in, out);
    }
    return sum;
  });
}

/// [channel blocks][ky][kx][lanes]
Value packDepthwise(Builder& b, const Op& op) {
  FoldedWeights weights(b, op);
  int lanes = lanesOf(op);
  return plainResult(
      b, op, [=](const Coordinates& at) { return weights.at({at[1], at[2]}, 0, at[3] * lanes + at[0]); });
}

/// [O][I / groups][ky][kx]: only folded.
Value packRows(Builder& b, const Op& op) {
  FoldedWeights weights(b, op);
  return plainResult(b, op, [=](const Coordinates& at) { return weights.at({at[0], at[1]}, at[2], at[3]); });
}

/// [oc blocks / vectors][input element in memory order, halo left out][vectors][lanes]
Value packLinear(Builder& b, const Op& op) {
  FoldedWeights weights(b, op);
  int lanes = lanesOf(op), vectors = int(op.shape.at(2));
  int inLanes = int(intOf(op, "input_lanes", 0, 1));
  int channels = int(intOf(op, "input", 0, 1)),
      pixels = int(intOf(op, "input", 1, 1) * intOf(op, "input", 2, 1));
  return plainResult(b, op, [=](const Coordinates& at) {
    Expr element = at[2], channel = element / (inLanes * pixels) * inLanes + element % inLanes;
    Expr feature = channel * pixels + element / inLanes % pixels;
    feature = select(channel < channels, feature, -1);
    return weights.at({}, feature, (at[3] * vectors + at[1]) * lanes + at[0]);
  });
}

/// Operands: [b][, gamma, beta, mean, variance]; the number tells which.
Value packBias(Builder& b, const Op& op) {
  size_t count = op.operands.size();
  if (count == 0) return plainResult(b, op, [](const Coordinates&) { return Expr(0.0f); });
  bool hasBias = count % 4 == 1, folds = count >= 4;
  std::vector<Value> values;
  for (size_t i = 0; i < count; ++i) values.push_back(b.operand(op, i));
  int outs = static_cast<int>(values[0].shape.at(0));
  return plainResult(b, op, [=](const Coordinates& at) {
    Expr channel = min(at[0], outs - 1);
    Expr bias = hasBias ? values[0].at({channel}) : Expr(0.0f);
    if (folds) {
      size_t first = hasBias ? 1 : 0;
      Expr scale = foldedScale(op, values[first], values[first + 3], channel);
      bias = values[first + 1].at({channel}) + (bias - values[first + 2].at({channel})) * scale;
    }
    return select(at[0] < outs, bias, 0.0f);
  });
}

constexpr Operation operations[] = {
    {"pack_direct", packDirect},
    {"pack_winograd", packWinograd},
    {"pack_depthwise", packDepthwise},
    {"pack_rows", packRows},
    {"pack_linear", packLinear},
    {"pack_bias", packBias},
    {"pack_winograd_rows", packWinogradRows},
};

} // namespace

std::span<const Operation> packOperations() {
  return operations;
}

} // namespace cnn::kernel
