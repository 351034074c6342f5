//===- convolution.cpp - Reference of conv and linear --------------------------------------------===//
#include "dialect/reference/loops.h"

namespace cnn {

using namespace reference;

/// Calls body(place in the result, pixel of the input, element of the weight) for every product that a
/// convolution sums up. Input [N, I, ...], weight [O, I / groups, ...], result [N, O, ...].
template <typename Op, typename Body>
static void forEachProduct(Op op, const std::vector<int64_t>& input, const std::vector<int64_t>& weight,
                           const std::vector<int64_t>& result, Body body) {
  llvm::ArrayRef<int64_t> kernel = llvm::ArrayRef(weight).drop_front(2);
  Window window(input, result, kernel, op.getStride(), op.getPadding(), op.getDilation());
  std::vector<std::vector<Tap>> taps = window.taps();
  int64_t kernelSize = 1, pixels = 1, places = taps.size();
  for (int64_t extent : kernel) kernelSize *= extent;
  for (int64_t extent : window.picture) pixels *= extent;
  int64_t images = input[0], inputs = input[1], outputs = weight[0], inputsInGroup = weight[1];
  int64_t outputsInGroup = outputs / op.getGroups();
  for (int64_t n = 0; n < images; ++n)
    for (int64_t o = 0; o < outputs; ++o)
      for (int64_t place = 0; place < places; ++place)
        for (int64_t i = 0; i < inputsInGroup; ++i)
          for (Tap tap : taps[place]) {
            int64_t channel = o / outputsInGroup * inputsInGroup + i;
            body((n * outputs + o) * places + place, (n * inputs + channel) * pixels + tap.picture,
                 (o * inputsInGroup + i) * kernelSize + tap.kernel);
          }
}

/// The result, which has the bias everywhere at first, where there is one.
static Tensor& withBias(Frame& frame) {
  Tensor& result = frame.result();
  if (frame.hasOperand(2)) {
    Planes y(result);
    for (int64_t n = 0; n < y.images; ++n)
      for (int64_t c = 0; c < y.channels; ++c)
        for (int64_t p = 0; p < y.pixels; ++p) result.data[y.at(n, c, p)] = frame.operand(2).data[c];
  }
  return result;
}

void ConvOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &weight = frame.operand(1);
  Tensor& result = withBias(frame);
  forEachProduct(*this, input.shape, weight.shape, result.shape,
                 [&](int64_t y, int64_t x, int64_t w) { result.data[y] += input.data[x] * weight.data[w]; });
}

/// Each pixel of the input is a place of the convolution that is turned around.
void ConvTransposeOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &weight = frame.operand(1);
  Tensor& result = withBias(frame);
  forEachProduct(*this, result.shape, weight.shape, input.shape,
                 [&](int64_t x, int64_t y, int64_t w) { result.data[y] += input.data[x] * weight.data[w]; });
}

void ConvBackwardInputOp::evaluate(Frame& frame) {
  const Tensor &dy = frame.operand(0), &weight = frame.operand(1);
  Tensor& dx = frame.result();
  forEachProduct(*this, dx.shape, weight.shape, dy.shape,
                 [&](int64_t y, int64_t x, int64_t w) { dx.data[x] += dy.data[y] * weight.data[w]; });
}

void ConvBackwardWeightOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &dy = frame.operand(1);
  Tensor& dweight = frame.result();
  forEachProduct(*this, input.shape, dweight.shape, dy.shape,
                 [&](int64_t y, int64_t x, int64_t w) { dweight.data[w] += dy.data[y] * input.data[x]; });
}

void ChannelSumOp::evaluate(Frame& frame) {
  const Tensor& dy = frame.operand(0);
  Planes planes(dy);
  for (int64_t n = 0; n < planes.images; ++n)
    for (int64_t c = 0; c < planes.channels; ++c)
      for (int64_t p = 0; p < planes.pixels; ++p) frame.result().data[c] += dy.data[planes.at(n, c, p)];
}

void LinearOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &weight = frame.operand(1);
  int64_t images = input.shape[0], inputs = weight.shape[1], outputs = weight.shape[0];
  for (int64_t n = 0; n < images; ++n)
    for (int64_t o = 0; o < outputs; ++o) {
      double sum = frame.hasOperand(2) ? frame.operand(2).data[o] : 0;
      for (int64_t i = 0; i < inputs; ++i) sum += input.data[n * inputs + i] * weight.data[o * inputs + i];
      frame.result().data[n * outputs + o] = sum;
    }
}

void LinearBackwardInputOp::evaluate(Frame& frame) {
  const Tensor &dy = frame.operand(0), &weight = frame.operand(1);
  int64_t images = dy.shape[0], inputs = weight.shape[1], outputs = weight.shape[0];
  for (int64_t n = 0; n < images; ++n)
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t o = 0; o < outputs; ++o)
        frame.result().data[n * inputs + i] += dy.data[n * outputs + o] * weight.data[o * inputs + i];
}

void LinearBackwardWeightOp::evaluate(Frame& frame) {
  const Tensor &input = frame.operand(0), &dy = frame.operand(1);
  int64_t images = dy.shape[0], inputs = input.shape[1], outputs = dy.shape[1];
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t i = 0; i < inputs; ++i)
      for (int64_t n = 0; n < images; ++n)
        frame.result().data[o * inputs + i] += dy.data[n * outputs + o] * input.data[n * inputs + i];
}

} // namespace cnn
