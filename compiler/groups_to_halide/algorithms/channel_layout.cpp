//===- channel_layout.cpp - One image: between layouts, between channels, and over channels ----------===//
//
// The forms that operations take where a kernel computes one image (findOperation in registry.h prefers
// image_X to X there). Lanes are channels, so whatever moves or mixes channels differs from its form over
// batch lanes.
//
//===---------------------------------------------------------------------------------------------------===//

#include "channel_conv.h"
#include "vector_math.h"

#include <limits>

using namespace Halide;

namespace cnn::kernel {

namespace {

/// The logical channel of coordinates in `value`'s layout.
Expr channelAt(const Value& value, const Coordinates& at) {
  return value.layout == Layout::plain ? at.back() : at[3] * value.lanes + at[0];
}

/// Coordinates of a logical element in `value`'s layout.
Coordinates place(const Value& value, const Expr& x, const Expr& y, const Expr& channel) {
  if (value.layout == Layout::plain) return {x, y, channel};
  return {channel % value.lanes, x, y, channel / value.lanes};
}

Expr columnOf(const Coordinates& at) {
  return at[at.size() == 3 ? 0 : 1];
}
Expr rowOf(const Coordinates& at) {
  return at[at.size() == 3 ? 1 : 2];
}

/// The form of the result: what the kernel stores, for only elementwise ops may follow.
Value resultForm(Builder& b) {
  const Tensor& out = b.kernel.outputs.at(0);
  Value like;
  like.layout = out.layout;
  like.lanes = out.lanes;
  return like;
}

/// x of any layout -> channel_lanes; zeros in the pad channels.
Value toChannelLanes(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Value like;
  like.layout = Layout::channelLanes;
  like.lanes = b.lanes;
  int channels = static_cast<int>(x.channels());
  Type type = halideType(op.element);
  return b.result(op, like, [=](const Coordinates& at) {
    Expr channel = channelAt(like, at);
    bool pads = channels % like.lanes != 0;
    Expr value = cast(type, x.at(place(x, at[1], at[2], pads ? min(channel, channels - 1) : channel)));
    return pads ? select(channel < channels, value, cast(type, 0)) : value;
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
  Type type = halideType(op.element);
  return b.result(op, like, [=](const Coordinates& at) {
    if (same) return cast(type, x.at(place(x, at[0], at[1], at[2])));
    Expr element = at.back();
    for (size_t d = at.size() - 1; d-- > 0;) element = element * int(shape[shape.size() - 1 - d]) + at[d];
    return cast(type, x.at(place(x, element % width, element / width % height, element / (width * height))));
  });
}

Value load(Builder& b, const Op& op) {
  return b.kernel.outputs.at(0).layout == Layout::plain ? toPlain(b, op) : toChannelLanes(b, op);
}

/// The same elements in the order C, H, W, in another shape.
Value reshape(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Value like = resultForm(b);
  int width = int(x.width()), height = int(x.height()), count = width * height * int(x.channels());
  std::vector<int64_t> shape = op.shape;
  return b.result(op, like, [=](const Coordinates& at) {
    Expr element = (channelAt(like, at) * int(shape[1]) + rowOf(at)) * int(shape[2]) + columnOf(at);
    element = min(element, count - 1); // pad channels repeat the last element
    return x.at(place(x, element % width, element / width % height, element / (width * height)));
  });
}

/// Channels of several values one after the other.
Value concat(Builder& b, const Op& op) {
  std::vector<Value> parts;
  for (size_t i = 0; i < op.operands.size(); ++i) parts.push_back(b.operand(op, i));
  Value like = resultForm(b);
  return b.result(op, like, [=](const Coordinates& at) {
    Expr channel = channelAt(like, at), value;
    // From the last part to the first, so that each takes what lies before its end.
    int first = 0;
    for (const Value& part : parts) first += int(part.channels());
    for (size_t i = parts.size(); i-- > 0;) {
      const Value& part = parts[i];
      int end = first, count = int(part.channels());
      first -= count;
      bool whole = like.layout == Layout::channelLanes && part.layout == Layout::channelLanes &&
                   first % like.lanes == 0 && part.lanes == like.lanes;
      // Whole blocks move as vectors; where a part starts within a block, its channels are gathered.
      Expr block = clamp(at.back() - first / like.lanes, 0, (count - 1) / like.lanes);
      Expr own = whole ? part.at({at[0], at[1], at[2], block})
                       : part.at(place(part, columnOf(at), rowOf(at), clamp(channel - first, 0, count - 1)));
      if (!value.defined()) {
        value = own;
      } else if (whole && end % like.lanes == 0) {
        value = select(at.back() < end / like.lanes, own, value);
      } else {
        value = select(channel < end, own, value);
      }
    }
    return value;
  });
}

Value slice(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Value like = resultForm(b);
  int begin = static_cast<int>(intOf(op, "begin", 0, 0)), count = int(op.shape.at(0));
  bool blocks = x.layout == Layout::channelLanes && like.layout == x.layout && begin % x.lanes == 0;
  return b.result(op, like, [=](const Coordinates& at) {
    if (blocks) return x.at({at[0], at[1], at[2], at[3] + begin / x.lanes});
    return x.at(place(x, columnOf(at), rowOf(at), min(channelAt(like, at), count - 1) + begin));
  });
}

/// f(lane, x, y) over the blocks of channels, then over lanes: `first` and `next` of a maximum or a sum.
Func overChannels(Builder& b, const Value& x, const std::string& role, const Expr& first,
                  const std::function<Expr(const Expr&, const Expr&)>& combine,
                  const std::function<Expr(const Expr&)>& term) {
  int channels = int(x.channels()), lanes = x.layout == Layout::plain ? 1 : x.lanes;
  RDom blocks = b.rdom({(channels + lanes - 1) / lanes}, role + "_blocks"), all = b.rdom({lanes}, role);
  Func partial = b.func(role + "_lanes"), total = b.func(role);
  partial(b.lane, b.x, b.y) = first;
  Expr channel = blocks * lanes + b.lane;
  Expr value = term(x.at(x.layout == Layout::plain ? Coordinates{b.x, b.y, blocks}
                                                   : Coordinates{b.lane, b.x, b.y, blocks}));
  if (channels % lanes) value = select(channel < channels, value, first);
  partial(b.lane, b.x, b.y) = combine(partial(b.lane, b.x, b.y), value);
  total(b.x, b.y) = first;
  total(b.x, b.y) = combine(total(b.x, b.y), partial(all, b.x, b.y));
  b.funcs[role + "_lanes"] = partial;
  b.funcs[role] = total;
  return total;
}

struct Normalizer {
  Func largest, sum;
};

Normalizer normalizerOf(Builder& b, const Value& x) {
  Func largest = overChannels(
      b, x, "largest", std::numeric_limits<float>::lowest(),
      [](const Expr& f, const Expr& v) { return max(f, v); }, [](const Expr& v) { return v; });
  Func sum = overChannels(
      b, x, "sum", 0.0f, [](const Expr& f, const Expr& v) { return f + v; },
      [&](const Expr& v) { return vectorExp(v - largest(b.x, b.y)); });
  return {largest, sum};
}

Value softmax(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Normalizer n = normalizerOf(b, x);
  return b.result(op, x, [=](const Coordinates& at) {
    return vectorExp(x.at(at) - n.largest(columnOf(at), rowOf(at))) / n.sum(columnOf(at), rowOf(at));
  });
}

Value logSoftmax(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Normalizer n = normalizerOf(b, x);
  return b.result(op, x, [=](const Coordinates& at) {
    return x.at(at) - n.largest(columnOf(at), rowOf(at)) - vectorLog(n.sum(columnOf(at), rowOf(at)));
  });
}

Schedule choosePixels(const Kernel&, const Op&) {
  return {"image_pixels", {}};
}

constexpr Operation operations[] = {
    {"image_load", load, choosePixels},
    {"image_store", toPlain},
    {"image_reshape", reshape, choosePixels},
    {"image_concat", concat, choosePixels},
    {"image_slice", slice, choosePixels},
    {"image_softmax", softmax, choosePixels},
    {"image_log_softmax", logSoftmax, choosePixels},
};

} // namespace

std::span<const Operation> channelLayoutOperations() {
  return operations;
}

} // namespace cnn::kernel
