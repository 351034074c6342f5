#include "cases.h"

using namespace mlir;

namespace cnn::test {

namespace {

using List = SmallVector<int64_t>;

/// A window op's shapes; lists have one entry a spatial dimension, padding has all lows, then all highs.
struct Shape {
  int64_t images, inputs, outputs, groups;
  List picture, kernel, stride, padding, dilation;
  bool ceilMode = false, other = false; ///< other: conv's bias, avg_pool's count_include_pad
};

bool fits(const Shape& s) {
  for (size_t i = 0; i < s.picture.size(); ++i)
    if (s.picture[i] + s.padding[i] + s.padding[s.picture.size() + i] < s.dilation[i] * (s.kernel[i] - 1) + 1)
      return false;
  return true;
}

/// No window lies on pads only.
bool everyWindowCoversPixels(const Shape& s) {
  for (size_t i = 0; i < s.picture.size(); ++i) {
    int64_t room = s.picture[i] + s.padding[i] + s.padding[s.picture.size() + i];
    for (int64_t start = 0; start + s.dilation[i] * (s.kernel[i] - 1) < room + (s.ceilMode ? s.stride[i] : 0);
         start += s.stride[i]) {
      bool covers = start >= s.padding[i] + s.picture[i]; // ceil_mode adds no window that starts there
      for (int64_t k = 0; k < s.kernel[i]; ++k) {
        int64_t pixel = start + k * s.dilation[i] - s.padding[i];
        covers = covers || (pixel >= 0 && pixel < s.picture[i]);
      }
      if (!covers) return false;
    }
  }
  return true;
}

Shape randomShape(Random& random) {
  Shape s;
  do {
    int64_t groups = pick(random, 1, 3);
    s = {pick(random, 1, 3),
         groups * pick(random, 1, 2),
         groups * pick(random, 1, 3),
         groups,
         {},
         {},
         {},
         {},
         {}};
    int64_t spatial = pick(random, 0, 3) ? 2 : 1;
    for (int64_t i = 0; i < spatial; ++i) {
      s.picture.push_back(pick(random, 1, 7));
      s.kernel.push_back(pick(random, 1, 4));
      s.stride.push_back(pick(random, 1, 3));
      s.dilation.push_back(pick(random, 1, 2));
    }
    for (int64_t i = 0; i < 2 * spatial; ++i) s.padding.push_back(pick(random, 0, s.kernel[i % spatial] / 2));
    s.ceilMode = pick(random, 0, 1);
    s.other = pick(random, 0, 1);
  } while (!fits(s));
  return s;
}

/// What is easy to get wrong, each with a name.
std::vector<std::pair<std::string, Shape>> nastyShapes() {
  return {
      {"one pixel", {1, 1, 1, 1, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}, {1, 1}}},
      {"one pixel, padded kernel", {2, 3, 2, 1, {1, 1}, {3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, false, true}},
      {"stride above the kernel", {2, 2, 3, 1, {7, 8}, {2, 1}, {3, 4}, {0, 0, 0, 0}, {1, 1}, false, true}},
      {"stride above the kernel, ceil",
       {1, 2, 2, 1, {8, 7}, {2, 2}, {3, 3}, {0, 0, 0, 0}, {1, 1}, true, true}},
      {"dilation", {1, 2, 2, 1, {7, 6}, {3, 2}, {1, 2}, {2, 1, 2, 1}, {2, 3}}},
      {"groups, odd channels", {2, 9, 15, 3, {3, 5}, {3, 3}, {1, 1}, {1, 1, 1, 1}, {1, 1}, false, true}},
      {"depthwise", {1, 7, 7, 7, {5, 5}, {3, 3}, {2, 2}, {1, 1, 1, 1}, {1, 1}}},
      {"kernel above the picture", {1, 2, 3, 1, {2, 3}, {5, 5}, {1, 1}, {2, 2, 2, 2}, {1, 1}, false, true}},
      {"pads on one side", {2, 1, 2, 1, {4, 4}, {2, 3}, {2, 1}, {0, 1, 1, 0}, {1, 1}, true}},
      {"one dimension", {3, 4, 6, 2, {9}, {3}, {2}, {1, 0}, {2}, true, true}},
      {"one dimension, one pixel", {1, 1, 1, 1, {1}, {1}, {1}, {0, 0}, {1}}},
      {"windows of pads only", {1, 1, 2, 1, {2, 2}, {1, 2}, {1, 1}, {2, 2, 2, 2}, {1, 1}, false, true}},
  };
}

List withChannels(int64_t channels, const List& picture) {
  List shape = {channels};
  shape.append(picture.begin(), picture.end());
  return shape;
}

std::unique_ptr<Program> conv(MLIRContext& context, Random& random, const Shape& s) {
  auto program = std::make_unique<Program>(context, random, s.images);
  Builder& b = program->builder;
  Value input = program->batched(withChannels(s.inputs, s.picture));
  List weightShape = {s.outputs, s.inputs / s.groups};
  weightShape.append(s.kernel.begin(), s.kernel.end());
  Value weight = program->fixed(weightShape);
  Value bias = s.other ? program->fixed({s.outputs}) : Value();
  program->finishWithMse(program->add<ConvOp>(
      input, weight, bias, b.getDenseI64ArrayAttr(s.stride), b.getDenseI64ArrayAttr(s.padding),
      b.getDenseI64ArrayAttr(s.dilation), b.getI64IntegerAttr(s.groups)));
  return program;
}

bool leavesSomething(const Shape& s) {
  for (size_t i = 0; i < s.picture.size(); ++i)
    if ((s.picture[i] - 1) * s.stride[i] - s.padding[i] - s.padding[s.picture.size() + i] +
            s.dilation[i] * (s.kernel[i] - 1) <
        0)
      return false;
  return true;
}

std::unique_ptr<Program> convTranspose(MLIRContext& context, Random& random, const Shape& s) {
  auto program = std::make_unique<Program>(context, random, s.images);
  Builder& b = program->builder;
  Value input = program->batched(withChannels(s.inputs, s.picture));
  List weightShape = {s.inputs, s.outputs / s.groups}, extra;
  weightShape.append(s.kernel.begin(), s.kernel.end());
  for (int64_t stride : s.stride) extra.push_back(s.ceilMode ? stride - 1 : 0);
  Value weight = program->fixed(weightShape);
  Value bias = s.other ? program->fixed({s.outputs}) : Value();
  program->finishWithMse(program->add<ConvTransposeOp>(
      input, weight, bias, b.getDenseI64ArrayAttr(s.stride), b.getDenseI64ArrayAttr(s.padding),
      b.getDenseI64ArrayAttr(extra), b.getDenseI64ArrayAttr(s.dilation), b.getI64IntegerAttr(s.groups)));
  return program;
}

std::unique_ptr<Program> maxPool(MLIRContext& context, Random& random, const Shape& s) {
  auto program = std::make_unique<Program>(context, random, s.images);
  Value input = program->batched(withChannels(s.inputs, s.picture), Values::wellSpaced);
  Value pooled = program->add<MaxPoolOp>(input, ArrayRef(s.kernel), ArrayRef(s.stride), ArrayRef(s.padding),
                                         ArrayRef(s.dilation), s.ceilMode);
  program->finishWithMse(pooled);
  return program;
}

std::unique_ptr<Program> avgPool(MLIRContext& context, Random& random, const Shape& s) {
  auto program = std::make_unique<Program>(context, random, s.images);
  Value input = program->batched(withChannels(s.inputs, s.picture));
  program->finishWithMse(program->add<AvgPoolOp>(input, ArrayRef(s.kernel), ArrayRef(s.stride),
                                                 ArrayRef(s.padding), s.ceilMode, s.other));
  return program;
}

using Change = bool (*)(Shape&);

/// Cases of shapes that `prepare` makes fit for the op, or refuses.
Family family(std::string name, std::unique_ptr<Program> (*build)(MLIRContext&, Random&, const Shape&),
              Change prepare) {
  Family result = {name, nullptr, {}};
  result.random = [=](MLIRContext& context, Random& random) {
    Shape shape = randomShape(random);
    while (!prepare(shape)) shape = randomShape(random);
    return build(context, random, shape);
  };
  for (auto& [text, nasty] : nastyShapes())
    if (Shape shape = nasty; prepare(shape))
      result.nasty.push_back(
          {text, [=](MLIRContext& context, Random& random) { return build(context, random, shape); }});
  return result;
}

} // namespace

std::vector<Family> windowFamilies() {
  Change any = [](Shape&) { return true; };
  Change undilated = [](Shape& s) {
    s.dilation.assign(s.dilation.size(), 1);
    return fits(s);
  };
  // The maximum of pads is -infinity, and so would be the loss.
  return {family("conv", conv, any),
          family("conv_transpose", convTranspose, [](Shape& s) { return leavesSomething(s); }),
          family("max_pool", maxPool, [](Shape& s) { return everyWindowCoversPixels(s); }),
          family("avg_pool", avgPool, undilated)};
}

} // namespace cnn::test
