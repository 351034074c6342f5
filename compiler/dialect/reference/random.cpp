//===- random.cpp - Reference of dropout and stochastic depth ------------------------------------===//
#include "dialect/reference/philox.h"
#include "dialect/reference/reference.h"

#include <cmath>

using namespace mlir;

namespace cnn {

namespace reference {

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t left = uint64_t(0xD2511F53) * counter[0], right = uint64_t(0xCD9E8D57) * counter[2];
    uint32_t leftHigh = left >> 32, leftLow = left, rightHigh = right >> 32, rightLow = right;
    counter = {rightHigh ^ counter[1] ^ key[0], rightLow, leftHigh ^ counter[3] ^ key[1], leftLow};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

} // namespace reference

using namespace reference;

/// Whether dropout of `stream` with probability p keeps element i of the batch in this step; i counts images
/// for stochastic depth.
static bool keeps(uint64_t i, double p, int64_t stream, const State& state) {
  uint64_t block = i / 4;
  std::array<uint32_t, 4> words =
      philox({uint32_t(block), uint32_t(block >> 32), uint32_t(state.step), uint32_t(stream)},
             {uint32_t(state.seed), uint32_t(state.seed >> 32)});
  return words[i % 4] >= uint64_t(std::floor(p * 4294967296.0));
}

/// What is dropped is multiplied with 0, so that NaN and infinity show. `perDraw`: how many elements of the
/// result share a draw.
static void dropOut(Frame& frame, double p, int64_t stream, int64_t perDraw = 1) {
  for (int64_t i = 0; i < frame.result().size(); ++i)
    frame.result().data[i] =
        frame.operand(0).data[i] * (keeps(i / perDraw, p, stream, frame.state()) ? 1 / (1 - p) : 0);
}

static int64_t elementsOfImage(Frame& frame) {
  return frame.result().size() / frame.result().shape[0];
}

static bool isInference(Operation* op) {
  auto function = op->getParentOfType<FunctionOp>();
  return function && function.getSymName() == "predict";
}

void DropoutOp::evaluate(Frame& frame) {
  if (isInference(*this))
    frame.result() = frame.operand(0);
  else
    dropOut(frame, getP().convertToDouble(), getStream());
}

void DropoutBackwardOp::evaluate(Frame& frame) {
  dropOut(frame, getP().convertToDouble(), getStream());
}

void StochasticDepthOp::evaluate(Frame& frame) {
  if (isInference(*this))
    frame.result() = frame.operand(0);
  else
    dropOut(frame, getP().convertToDouble(), getStream(), elementsOfImage(frame));
}

void StochasticDepthBackwardOp::evaluate(Frame& frame) {
  dropOut(frame, getP().convertToDouble(), getStream(), elementsOfImage(frame));
}

} // namespace cnn
