/// Normalisation and regularisation.
#include "ast_to_dialect/elaborator.h"

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

static Value dropout(Application& a) {
  double p = a.real("p");
  if (p < 0 || p >= 1) a.fail("p", "expected a share from 0 to below 1, found " + Value(p).describe());
  return a.build<DropoutOp>(a.inputs(), [&](DropoutOp::Properties& properties) {
    properties.setP(a.attributes().getF64FloatAttr(p));
    properties.setStream(a.attributes().getI64IntegerAttr(a.randomStream()));
  });
}

std::vector<Operator> normalisationOperators() {
  return {
      {"batch_norm",
       Family::Layer,
       1,
       {{"eps", Takes::Float, "1e-5", "added to the variance"},
        {"momentum", Takes::Float, "0.1", "weight of the new batch in the running statistics"}},
       "Normalises each channel by the batch in training and by running statistics in inference, then scales "
       "and "
       "shifts. Parameters weight, bias, running_mean and running_var, each [C].",
       "torch.nn.BatchNorm2d; Ioffe and Szegedy 2015",
       batchNorm},
      {"dropout",
       Family::Layer,
       1,
       {{"p", Takes::Float, "0.5", "share of the elements that are zeroed"}},
       "In training zeroes elements at random and scales the others by 1 / (1 - p); nothing in inference.",
       "torch.nn.Dropout; Srivastava et al. 2014",
       dropout},
  };
}

} // namespace cnn
