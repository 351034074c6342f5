//===- arithmetic.cpp - Reference of parameters, arithmetic and data movement --------------------===//
#include "dialect/reference/loops.h"

#include <cmath>

namespace cnn {

using namespace reference;

void GetOp::evaluate(Frame& frame) {
  frame.result().data = frame.state().parameters[getParameter().str()].data;
}

void SplatOp::evaluate(Frame& frame) {
  for (double& value : frame.result().data) value = getValue().convertToDouble();
}

template <typename Function> static void broadcast(Frame& frame, Function f) {
  const Tensor &lhs = frame.operand(0), &rhs = frame.operand(1);
  Tensor& result = frame.result();
  for (int64_t i = 0; i < result.size(); ++i)
    result.data[i] = f(lhs.data[broadcastIndex(i, result.shape, lhs.shape)],
                       rhs.data[broadcastIndex(i, result.shape, rhs.shape)]);
}

void AddOp::evaluate(Frame& frame) {
  broadcast(frame, [](double a, double b) { return a + b; });
}
void SubOp::evaluate(Frame& frame) {
  broadcast(frame, [](double a, double b) { return a - b; });
}
void MulOp::evaluate(Frame& frame) {
  broadcast(frame, [](double a, double b) { return a * b; });
}

void DivOp::evaluate(Frame& frame) {
  broadcast(frame, [](double a, double b) { return a / b; });
}
// A NaN is neither above nor below, and it stays.
void MaxOp::evaluate(Frame& frame) {
  broadcast(frame, [](double a, double b) { return std::isnan(a) || a > b ? a : b; });
}
void MinOp::evaluate(Frame& frame) {
  broadcast(frame, [](double a, double b) { return std::isnan(a) || a < b ? a : b; });
}
void LessOp::evaluate(Frame& frame) {
  broadcast(frame, [](double a, double b) { return a < b ? 1 : 0; });
}
void EqualOp::evaluate(Frame& frame) {
  broadcast(frame, [](double a, double b) { return a == b ? 1 : 0; });
}
void SelectOp::evaluate(Frame& frame) {
  Tensor& result = frame.result();
  auto read = [&](unsigned operand, int64_t i) {
    const Tensor& tensor = frame.operand(operand);
    return tensor.data[broadcastIndex(i, result.shape, tensor.shape)];
  };
  for (int64_t i = 0; i < result.size(); ++i) result.data[i] = read(0, i) != 0 ? read(1, i) : read(2, i);
}

void ScaleOp::evaluate(Frame& frame) {
  double factor = getFactor().convertToDouble(), offset = getOffset().convertToDouble();
  for (int64_t i = 0; i < frame.result().size(); ++i)
    frame.result().data[i] = factor * frame.operand(0).data[i] + offset;
}

void CastOp::evaluate(Frame& frame) {
  frame.result().data = frame.operand(0).data;
}

void NormalizeOp::evaluate(Frame& frame) {
  const Tensor& x = frame.operand(0);
  Planes planes(x);
  for (int64_t n = 0; n < planes.images; ++n)
    for (int64_t c = 0; c < planes.channels; ++c)
      for (int64_t p = 0; p < planes.pixels; ++p)
        frame.result().data[planes.at(n, c, p)] =
            (x.data[planes.at(n, c, p)] - getMean()[c]) / getDeviation()[c];
}

void SpatialSumOp::evaluate(Frame& frame) {
  const Tensor& input = frame.operand(0);
  Tensor& result = frame.result();
  for (int64_t i = 0; i < input.size(); ++i)
    result.data[broadcastIndex(i, input.shape, result.shape)] += input.data[i];
}

/// Copies `count` channels of every image from channel `from` of one tensor to channel `to` of another.
static void copyChannels(const Tensor& source, int64_t from, Tensor& target, int64_t to, int64_t count) {
  Planes in(source), out(target);
  for (int64_t n = 0; n < in.images; ++n)
    for (int64_t c = 0; c < count; ++c)
      for (int64_t p = 0; p < in.pixels; ++p)
        target.data[out.at(n, to + c, p)] = source.data[in.at(n, from + c, p)];
}

void ConcatOp::evaluate(Frame& frame) {
  int64_t begin = 0;
  for (unsigned i = 0; frame.hasOperand(i); ++i) {
    int64_t channels = frame.operand(i).shape[1];
    copyChannels(frame.operand(i), 0, frame.result(), begin, channels);
    begin += channels;
  }
}

void SliceOp::evaluate(Frame& frame) {
  copyChannels(frame.operand(0), getBegin(), frame.result(), 0, getEnd() - getBegin());
}

void SliceBackwardOp::evaluate(Frame& frame) {
  copyChannels(frame.operand(0), 0, frame.result(), getBegin(), getEnd() - getBegin());
}

void ReshapeOp::evaluate(Frame& frame) {
  frame.result().data = frame.operand(0).data;
}

} // namespace cnn
