/// Normalisation and regularisation.
#include "ast_to_dialect/operators/application.h"

namespace cnn {

static Value batchNorm(Application& a) {
  auto channels = a.extent(1);
  double eps = a.real("eps"), momentum = a.real("momentum");
  if (eps <= 0) a.fail("eps", "expected a number above 0");
  if (momentum < 0 || momentum > 1) a.fail("momentum", "expected a number from 0 to 1");
  if (a.failed()) return Value();
  llvm::SmallVector<mlir::Value> operands{a.input(), a.parameter("weight", {*channels}, a.constant(1)),
                                          a.parameter("bias", {*channels}, a.constant(0)),
                                          a.parameter("running_mean", {*channels}, a.constant(0), true),
                                          a.parameter("running_var", {*channels}, a.constant(1), true)};
  return a.build<BatchNormOp>(operands, [&](BatchNormOp::Properties& p) {
    p.setEps(a.attributes().getF64FloatAttr(eps));
    p.setMomentum(a.attributes().getF64FloatAttr(momentum));
  });
}

static Value layerNorm(Application& a) {
  double eps = a.real("eps");
  if (eps <= 0) a.fail("eps", "expected a number above 0");
  int64_t axis = a.integer("axis", INT32_MIN);
  if (axis != 1) a.fail("axis", "expected 1, the channels, found " + std::to_string(axis));
  auto channels = a.extent(1);
  if (a.failed()) return Value();
  llvm::SmallVector<mlir::Value> operands{a.input(), a.parameter("weight", {*channels}, a.constant(1)),
                                          a.parameter("bias", {*channels}, a.constant(0))};
  return a.build<LayerNormOp>(
      operands, [&](LayerNormOp::Properties& p) { p.setEps(a.attributes().getF64FloatAttr(eps)); });
}

static double shareToDrop(Application& a) {
  double p = a.real("p");
  if (p < 0 || p >= 1) a.fail("p", "expected a share from 0 to below 1, found " + Value(p).describe());
  return p;
}

template <typename Op> static Value drop(Application& a, double p) {
  return a.build<Op>(a.inputs(), [&](typename Op::Properties& properties) {
    properties.setP(a.attributes().getF64FloatAttr(p));
    properties.setStream(a.attributes().getI64IntegerAttr(a.randomStream()));
  });
}

static Value dropout(Application& a) {
  return drop<DropoutOp>(a, shareToDrop(a));
}

/// The first block of a network whose share rises with depth has 0.
static Value stochasticDepth(Application& a) {
  double p = shareToDrop(a);
  return p == 0 ? Value(a.input()) : drop<StochasticDepthOp>(a, p);
}

std::vector<Operator> normalisationOperators() {
  return {
      {"batch_norm",
       Family::Layer,
       1,
       {{"eps", Takes::Float, "1e-5", "added to the variance", {}, true},
        {"momentum", Takes::Float, "0.1", "weight of the new batch in the running statistics", {}, true}},
       "Normalises each channel by the batch in training and by running statistics in inference, then scales "
       "and shifts. Parameters weight, bias, running_mean and running_var, each [C]. In training a batch "
       "holds "
       "more than one value of each channel, in its samples and their pixels.",
       "torch.nn.BatchNorm2d; Ioffe and Szegedy 2015",
       batchNorm},
      {"dropout",
       Family::Layer,
       1,
       {{"p", Takes::Float, "0.5", "share of the elements that are zeroed"}},
       "In training zeroes elements at random and scales the others by 1 / (1 - p); nothing in inference.",
       "torch.nn.Dropout; Srivastava et al. 2014",
       dropout},
      {"layer_norm",
       Family::Layer,
       1,
       {{"axis", Takes::Int, "1", "the dimension that is normalised over: 1, the channels"},
        {"eps", Takes::Float, "1e-5", "added to the variance", {}, true}},
       "Normalises the channels of each pixel of [N, C, H, W], or the features of [N, F], by their mean and "
       "biased variance, then scales and shifts each channel. Parameters weight and bias, each [C].",
       "torch.nn.LayerNorm, torchvision.ops.misc.LayerNorm2d; Ba et al. 2016",
       layerNorm},
      {"stochastic_depth",
       Family::Layer,
       1,
       {{"p", Takes::Float, "", "share of the images that are zeroed"}},
       "In training zeroes all of an image at random and scales the others by 1 / (1 - p), mode \"row\" of "
       "PyTorch; nothing in inference. Stands at the end of a residual branch.",
       "torchvision.ops.StochasticDepth; Huang et al. 2016",
       stochasticDepth},
  };
}

} // namespace cnn
