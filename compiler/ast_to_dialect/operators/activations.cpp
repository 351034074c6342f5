/// Activations and softmax.
#include "ast_to_dialect/operators/application.h"

namespace cnn {

template <typename Op> static Value plain(Application& a) {
  return a.build<Op>();
}

static Value leakyRelu(Application& a) {
  return a.build<LeakyReluOp>(a.inputs(), [&](LeakyReluOp::Properties& p) {
    p.setNegativeSlope(a.attributes().getF64FloatAttr(a.real("negative_slope")));
  });
}

static Value power(Application& a) {
  return a.build<PowOp>(a.inputs(), [&](PowOp::Properties& p) {
    p.setExponent(a.attributes().getF64FloatAttr(a.real("exponent")));
  });
}

static Value gelu(Application& a) {
  return a.build<GeluOp>(
      a.inputs(), [&](GeluOp::Properties& p) { p.setTanh(a.attributes().getBoolAttr(a.flag("tanh"))); });
}

static Value hardsigmoid(Application& a) {
  Value shifted = a.scale(a.input(), 1, 3);
  if (!shifted.tensor()) return Value();
  return a.scale(a.build<Relu6Op>(shifted.tensor()), 1.0 / 6, 0);
}

static Value hardswish(Application& a) {
  Value gate = hardsigmoid(a);
  return gate.tensor() ? a.build<MulOp>({a.input(), gate.tensor()}) : Value();
}

static Value needsClasses(Application& a, Value (*build)(Application&)) {
  if (a.type().getRank() < 2) a.fail("", "expected at least [N, C], found " + a.type().shapeText());
  return a.failed() ? Value() : build(a);
}

static Value softmax(Application& a) {
  return needsClasses(a, plain<SoftmaxOp>);
}
static Value logSoftmax(Application& a) {
  return needsClasses(a, plain<LogSoftmaxOp>);
}

std::vector<Operator> activationOperators() {
  return {
      {"relu", Family::Layer, 1, {}, "max(x, 0)", "torch.nn.ReLU", plain<ReluOp>},
      {"relu6", Family::Layer, 1, {}, "min(max(x, 0), 6)", "torch.nn.ReLU6", plain<Relu6Op>},
      {"leaky_relu",
       Family::Layer,
       1,
       {{"negative_slope", Takes::Float, "0.01", "slope below 0"}},
       "x above 0, negative_slope x below",
       "torch.nn.LeakyReLU",
       leakyRelu},
      {"sigmoid", Family::Layer, 1, {}, "1 / (1 + exp(-x))", "torch.nn.Sigmoid", plain<SigmoidOp>},
      {"tanh", Family::Layer, 1, {}, "tanh(x)", "torch.nn.Tanh", plain<TanhOp>},
      {"silu", Family::Layer, 1, {}, "x sigmoid(x), also called swish", "torch.nn.SiLU", plain<SiluOp>},
      {"gelu",
       Family::Layer,
       1,
       {{"tanh", Takes::Bool, "false", "the approximation by tanh"}},
       "x Phi(x), Phi the normal distribution",
       "torch.nn.GELU; Hendrycks and Gimpel 2016",
       gelu},
      {"exp", Family::Layer, 1, {}, "e^x", "torch.exp", plain<ExpOp>},
      {"expm1",
       Family::Layer,
       1,
       {},
       "e^x - 1, exact to the last places near 0",
       "torch.expm1",
       plain<Expm1Op>},
      {"log",
       Family::Layer,
       1,
       {},
       "the natural logarithm: -infinity of 0, NaN below",
       "torch.log",
       plain<LogOp>},
      {"log1p",
       Family::Layer,
       1,
       {},
       "log(1 + x), exact to the last places near 0",
       "torch.log1p",
       plain<Log1pOp>},
      {"sqrt", Family::Layer, 1, {}, "the square root: NaN below 0", "torch.sqrt", plain<SqrtOp>},
      {"abs", Family::Layer, 1, {}, "|x|, with the gradient 0 at 0", "torch.abs", plain<AbsOp>},
      {"pow",
       Family::Layer,
       1,
       {{"exponent", Takes::Float, "", "a constant"}},
       "x to the power of the exponent, also written x ** exponent; NaN of negative x unless the exponent is "
       "whole",
       "torch.pow",
       power},
      {"hardsigmoid", Family::Layer, 1, {}, "relu6(x + 3) / 6", "torch.nn.Hardsigmoid", hardsigmoid},
      {"hardswish", Family::Layer, 1, {}, "x relu6(x + 3) / 6", "torch.nn.Hardswish", hardswish},
      {"softmax", Family::Layer, 1, {}, "exp(x) / sum exp(x) over dimension 1", "torch.nn.Softmax", softmax},
      {"log_softmax",
       Family::Layer,
       1,
       {},
       "x - log sum exp(x) over dimension 1",
       "torch.nn.LogSoftmax",
       logSoftmax},
  };
}

} // namespace cnn
