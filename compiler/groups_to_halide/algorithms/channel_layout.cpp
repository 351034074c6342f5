//===- channel_layout.cpp - Between plain tensors and channel_lanes ---------------------------------------===//

#include "registry.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// x of any layout -> channel_lanes; zeros in the pad channels.
Value toChannelLanes(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  int lanes = b.lanes, channels = static_cast<int>(x.channels());
  Value like;
  like.layout = Layout::channelLanes;
  like.lanes = lanes;
  return b.result(op, like, [=](const Coordinates& at) {
    Expr channel = at[3] * lanes + at[0], inside = min(channel, channels - 1);
    Expr value = x.layout == Layout::plain ? x.at({at[1], at[2], inside})
                                           : x.at({inside % x.lanes, at[1], at[2], inside / x.lanes});
    value = cast<float>(value);
    return channels % lanes ? select(channel < channels, value, 0.0f) : value;
  });
}

/// x of any layout, also of another shape with as many elements -> plain, in the logical order C, H, W.
Value toPlain(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  std::vector<int64_t> shape = op.shape;
  bool same = shape == x.shape;
  int width = int(x.width()), height = int(x.height());
  Value like;
  like.layout = Layout::plain;
  return b.result(op, like, [=](const Coordinates& at) {
    Expr column, row, channel;
    if (same) {
      column = at[0], row = at[1], channel = at[2];
    } else {
      Expr element = at.back();
      for (size_t d = at.size() - 1; d-- > 0;) element = element * int(shape[shape.size() - 1 - d]) + at[d];
      column = element % width, row = element / width % height, channel = element / (width * height);
    }
    if (x.layout == Layout::plain) return x.at({column, row, channel});
    return x.at({channel % x.lanes, column, row, channel / x.lanes});
  });
}

constexpr Operation operations[] = {
    {"to_channel_lanes", toChannelLanes},
    {"to_plain", toPlain},
};

} // namespace

std::span<const Operation> channelLayoutOperations() { return operations; }

} // namespace cnn::kernel
