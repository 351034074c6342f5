#include "cases.h"

using namespace mlir;

namespace cnn::test {

namespace {

using List = SmallVector<int64_t>;
using Op = std::function<void(Program&, Random&, int64_t images, List shape)>;

/// Which tensors an op takes: [N, C, spatial...] with this many spatial dimensions.
struct Spatial {
  size_t least = 0, most = 2;
};

/// A family of cases of one op, on tensors [N, shape...].
Family family(std::string name, Op op, Spatial spatial = {}) {
  auto build = [=](MLIRContext& context, Random& random, int64_t images, const List& shape) {
    auto program = std::make_unique<Program>(context, random, images);
    op(*program, random, images, shape);
    return program;
  };
  Family result = {name, nullptr, {}};
  result.random = [=](MLIRContext& context, Random& random) {
    List shape = {pick(random, 1, 6)};
    for (int64_t i = pick(random, spatial.least, spatial.most); i > 0; --i)
      shape.push_back(pick(random, 1, 4));
    return build(context, random, pick(random, 1, 4), shape);
  };
  for (int64_t images : {1, 3})
    for (const List& shape : {List{1}, List{7}, List{1, 5}, List{1, 1, 1}, List{3, 1, 1}, List{7, 1, 5}}) {
      if (shape.size() < spatial.least + 1 || shape.size() > spatial.most + 1) continue;
      std::string text = std::to_string(images) + " images of";
      for (int64_t extent : shape) text += (" " + Twine(extent)).str();
      result.nasty.push_back({text, [=](MLIRContext& context, Random& random) {
                                return build(context, random, images, shape);
                              }});
    }
  return result;
}

template <typename Operator> Op activation(Values values = Values::smooth) {
  return [=](Program& p, Random&, int64_t, List shape) {
    p.finishWithMse(p.add<Operator>(p.batched(shape, values)));
  };
}

void leakyRelu(Program& p, Random&, int64_t, List shape) {
  p.finishWithMse(p.add<LeakyReluOp>(p.batched(shape), p.number(0.1)));
}

void gelu(Program& p, Random& random, int64_t, List shape) {
  Value erf = p.add<GeluOp>(p.batched(shape), false);
  p.finishWithMse(pick(random, 0, 1) ? erf : Value(p.add<GeluOp>(erf, true)));
}

void tanhGelu(Program& p, Random&, int64_t, List shape) {
  p.finishWithMse(p.add<GeluOp>(p.batched(shape), true));
}

/// A function that is defined, with its slope, above 0.
template <typename Operator> Op ofPositive() {
  return [=](Program& p, Random&, int64_t, List shape) {
    Value x = p.batched(shape);
    Value positive = p.add<ScaleOp>(p.add<MulOp>(x, x), p.number(1), p.number(0.5));
    p.finishWithMse(p.add<Operator>(positive));
  };
}

void power(Program& p, Random& random, int64_t, List shape) {
  constexpr double exponents[] = {2, 3, -1, 0.5, 1.7, -2.5, 1, 4};
  Value x = p.batched(shape);
  Value positive = p.add<ScaleOp>(p.add<MulOp>(x, x), p.number(1), p.number(0.5));
  p.finishWithMse(p.add<PowOp>(positive, p.number(exponents[pick(random, 0, 7)])));
}

/// One value a channel, or one an element.
Value sometimesRepeated(Program& p, Random& random, List shape) {
  if (pick(random, 0, 1))
    for (size_t i = 1; i < shape.size(); ++i) shape[i] = 1;
  return p.batched(shape);
}

/// Of two values that are nowhere near each other.
template <typename Operator> void choice(Program& p, Random& random, int64_t, List shape) {
  Value base = sometimesRepeated(p, random, shape);
  Value other = p.add<AddOp>(p.batched(shape), base);
  p.finishWithMse(pick(random, 0, 1) ? p.add<Operator>(base, other) : p.add<Operator>(other, base));
}

void select(Program& p, Random& random, int64_t, List shape) {
  Value x = p.batched(shape), zero = p.add<ScaleOp>(x, p.number(0), p.number(0));
  Value other = sometimesRepeated(p, random, shape);
  p.finishWithMse(p.add<SelectOp>(p.add<LessOp>(x, zero), p.add<MulOp>(x, x), other));
}

void divide(Program& p, Random& random, int64_t, List shape) {
  Value a = p.batched(shape), b = sometimesRepeated(p, random, shape);
  Value positive = p.add<ScaleOp>(p.add<MulOp>(b, b), p.number(1), p.number(0.5));
  p.finishWithMse(p.add<DivOp>(a, positive));
}

void scale(Program& p, Random&, int64_t, List shape) {
  p.finishWithMse(p.add<ScaleOp>(p.batched(shape), p.number(-1.5), p.number(0.3)));
}

/// Whole numbers have no gradient, and what they are multiplied with has.
void castOf(Program& p, Random&, int64_t, List shape) {
  p.finishWithMse(p.add<MulOp>(p.batched(shape), p.add<CastOp>(p.bytes(shape))));
}

void normalize(Program& p, Random& random, int64_t, List shape) {
  SmallVector<double> mean, deviation;
  for (int64_t c = 0; c < shape[0]; ++c) {
    mean.push_back(0.25 * pick(random, -4, 4));
    deviation.push_back(0.5 * pick(random, 1, 4));
  }
  p.finishWithMse(p.add<NormalizeOp>(p.batched(shape), p.builder.getDenseF64ArrayAttr(mean),
                                     p.builder.getDenseF64ArrayAttr(deviation)));
}

/// Some extents of 1, which repeat.
List withOnes(List shape, Random& random) {
  for (int64_t& extent : shape)
    if (pick(random, 0, 1)) extent = 1;
  return shape;
}

template <typename Operator> void binary(Program& p, Random& random, int64_t, List shape) {
  Value lhs = p.batched(shape), rhs = lhs;
  List other = shape;
  switch (pick(random, 0, 6)) {
  case 0: // one value a channel, as in squeeze-and-excitation
    for (size_t i = 1; i < other.size(); ++i) other[i] = 1;
    [[fallthrough]];
  case 1:
    rhs = p.batched(other);
    break;
  case 2:
    rhs = p.fixed(shape);
    break; // the same for all images: no batch dimension
  case 3:
    rhs = p.batched(withOnes(shape, random));
    break;
  case 4: // the last dimensions alone
    rhs = p.fixed(withOnes(List(ArrayRef(shape).take_back(pick(random, 1, shape.size()))), random));
    break;
  case 5: // neither has a batch
    lhs = p.fixed(shape);
    rhs = p.add<Operator>(lhs, p.fixed(withOnes(shape, random)));
    lhs = p.batched(shape);
    break;
  default:
    break; // one value twice
  }
  p.finishWithMse(pick(random, 0, 1) ? p.add<Operator>(lhs, rhs) : p.add<Operator>(rhs, lhs));
}

/// Each channel by a value of its own: [N, C, ...] * [N, C, 1, ...].
void channelwise(Program& p, Random&, int64_t, List shape) {
  List gate(shape.size(), 1);
  gate[0] = shape[0];
  p.finishWithMse(p.add<MulOp>(p.batched(shape), p.batched(gate)));
}

void concat(Program& p, Random& random, int64_t, List shape) {
  SmallVector<Value> inputs;
  for (int64_t count = pick(random, 1, 3); count > 0; --count) {
    shape[0] = pick(random, 1, 4);
    inputs.push_back(p.batched(shape));
  }
  inputs.push_back(inputs[0]);
  p.finishWithMse(p.add<ConcatOp>(inputs));
}

void slice(Program& p, Random& random, int64_t, List shape) {
  int64_t begin = pick(random, 0, shape[0] - 1), end = pick(random, begin + 1, shape[0]);
  p.finishWithMse(p.add<SliceOp>(p.batched(shape), p.whole(begin), p.whole(end)));
}

void reshape(Program& p, Random&, int64_t, List shape) {
  Value input = p.batched(shape);
  int64_t elements = 1;
  for (int64_t extent : shape) elements *= extent;
  auto type = cast<TensorType>(input.getType());
  MLIRContext* context = type.getContext();
  TensorType flat = type.withShape({type.getShape()[0], getAffineConstantExpr(elements, context)});
  p.finishWithMse(p.add<ReshapeOp>(flat, input));
}

void dropout(Program& p, Random& random, int64_t, List shape) {
  p.finishWithMse(
      p.add<DropoutOp>(p.batched(shape), p.number(0.1 * pick(random, 0, 6)), p.whole(pick(random, 0, 5))));
}

void linear(Program& p, Random& random, int64_t, List shape) {
  int64_t outputs = pick(random, 1, 5);
  Value weight = p.fixed({outputs, shape[0]}), bias = pick(random, 0, 1) ? p.fixed({outputs}) : Value();
  p.finishWithMse(p.add<LinearOp>(p.batched(shape), weight, bias));
}

void globalAvgPool(Program& p, Random& random, int64_t, List shape) {
  p.finishWithMse(p.add<GlobalAvgPoolOp>(p.batched(shape), pick(random, 0, 1)));
}

void batchNorm(Program& p, Random&, int64_t images, List shape) {
  // One value a channel has no variance: its gradient is a difference of rounding errors over eps.
  if (images == 1 && llvm::all_of(ArrayRef(shape).drop_front(), [](int64_t extent) { return extent == 1; }))
    shape.push_back(3);
  List channels = {shape[0]};
  Value input = p.batched(shape), weight = p.fixed(channels), bias = p.fixed(channels);
  Value mean = p.statistic(channels, Values::smooth), var = p.statistic(channels, Values::positive);
  Value norm = p.add<BatchNormOp>(input, weight, bias, mean, var, p.number(0.1), p.number(0.1));
  p.finishWithMse(norm);
}

/// By running statistics, which are frozen.
void frozenBatchNorm(Program& p, Random&, int64_t, List shape) {
  List channels = {shape[0]};
  Value input = p.batched(shape), weight = p.fixed(channels), bias = p.fixed(channels);
  Value mean = p.statistic(channels, Values::smooth, true),
        var = p.statistic(channels, Values::positive, true);
  p.finishWithMse(p.add<BatchNormOp>(input, weight, bias, mean, var, p.number(0.1), p.number(0.1)));
}

void layerNorm(Program& p, Random&, int64_t, List shape) {
  Value input = p.batched(shape), weight = p.fixed({shape[0]}), bias = p.fixed({shape[0]});
  p.finishWithMse(p.add<LayerNormOp>(input, weight, bias, p.number(0.1)));
}

void stochasticDepth(Program& p, Random& random, int64_t, List shape) {
  Value input = p.batched(shape);
  Value kept =
      p.add<StochasticDepthOp>(input, p.number(0.1 * pick(random, 1, 6)), p.whole(pick(random, 0, 5)));
  p.finishWithMse(p.add<AddOp>(input, kept));
}

void crossEntropy(Program& p, Random& random, int64_t, List shape) {
  Value logits = p.batched(shape), target = p.labels(shape[0]);
  p.finish(p.add<CrossEntropyOp>(logits, target, Value(), p.number(pick(random, 0, 1) * 0.1), IntegerAttr()));
}

/// A class for each pixel; one of the four does not count, in the batch or in each image.
void mask(Program& p, Random& random, int64_t, List shape) {
  shape[0] = 4;
  Value logits = p.batched(shape), target = p.bytes(ArrayRef(shape).drop_front());
  IntegerAttr ignored = p.whole(pick(random, 0, 3));
  Value counted = p.add<CountedOp>(target, ignored);
  if (pick(random, 0, 1)) counted = p.add<BatchMeanOp>(counted);
  p.finish(p.add<CrossEntropyOp>(logits, target, counted, p.number(pick(random, 0, 1) * 0.1), ignored));
}

/// Both sides of the loss depend on parameters.
void mse(Program& p, Random&, int64_t, List shape) {
  p.finish(p.add<MseOp>(p.batched(shape), p.batched(shape)));
}

void sampleMean(Program& p, Random&, int64_t, List shape) {
  Value input = p.batched(shape);
  p.finish(p.add<SampleMeanOp>(p.add<MulOp>(input, input)));
}

void bceWithLogits(Program& p, Random&, int64_t, List shape) {
  p.finish(p.add<BceWithLogitsOp>(p.batched(shape), p.batched(shape)));
}

} // namespace

std::vector<Family> opFamilies() {
  Spatial features = {0, 0}, pictures = {1, 2};
  return {family("relu", activation<ReluOp>()),
          family("relu6", activation<Relu6Op>(Values::wide)),
          family("leaky_relu", leakyRelu),
          family("sigmoid", activation<SigmoidOp>()),
          family("tanh", activation<TanhOp>()),
          family("silu", activation<SiluOp>()),
          family("gelu", gelu),
          family("gelu by tanh", tanhGelu),
          family("softmax", activation<SoftmaxOp>()),
          family("log_softmax", activation<LogSoftmaxOp>()),
          family("scale", scale),
          family("cast", castOf),
          family("normalize", normalize),
          family("add", binary<AddOp>),
          family("sub", binary<SubOp>),
          family("mul", binary<MulOp>),
          family("div", divide),
          family("max", choice<MaxOp>),
          family("min", choice<MinOp>),
          family("select", select),
          family("exp", activation<ExpOp>()),
          family("expm1", activation<Expm1Op>()),
          family("log", ofPositive<LogOp>()),
          family("log1p", ofPositive<Log1pOp>()),
          family("sqrt", ofPositive<SqrtOp>()),
          family("abs", activation<AbsOp>()),
          family("pow", power),
          family("mul by channel", channelwise, pictures),
          family("concat", concat),
          family("slice", slice),
          family("reshape", reshape),
          family("dropout", dropout),
          family("linear", linear, features),
          family("global_avg_pool", globalAvgPool, pictures),
          family("batch_norm", batchNorm),
          family("batch_norm by running statistics", frozenBatchNorm),
          family("layer_norm", layerNorm),
          family("stochastic_depth", stochasticDepth),
          family("cross_entropy", crossEntropy, features),
          family("mask", mask, pictures),
          family("mse", mse),
          family("sample_mean", sampleMean),
          family("bce_with_logits", bceWithLogits)};
}

} // namespace cnn::test
