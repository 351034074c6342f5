/// Losses and metrics: one value an image.
#include "ast_to_dialect/elaborator.h"

namespace cnn {

static Value crossEntropy(Application& a) {
  double smoothing = a.real("label_smoothing");
  if (smoothing < 0 || smoothing > 1) a.fail("label_smoothing", "expected a number from 0 to 1");
  return a.build<CrossEntropyOp>(a.inputs(), [&](CrossEntropyOp::Properties& p) {
    p.setLabelSmoothing(a.attributes().getF64FloatAttr(smoothing));
  });
}

static Value mse(Application& a) {
  return a.build<MseOp>();
}
static Value accuracy(Application& a) {
  return a.build<AccuracyOp>();
}

std::vector<Operator> lossOperators() {
  return {
      {"cross_entropy",
       Family::Loss,
       2,
       {{"label_smoothing", Takes::Float, "0.0", "share of the uniform distribution in the target"}},
       "logits f32[N, C], target i32[N] -> [N]: minus the log of the softmax at the target",
       "torch.nn.CrossEntropyLoss; Szegedy et al. 2016",
       crossEntropy},
      {"mse",
       Family::Loss,
       2,
       {},
       "two tensors of one shape [N, …] -> [N]: mean squared difference",
       "torch.nn.MSELoss",
       mse},
      {"accuracy",
       Family::Metric,
       2,
       {},
       "logits f32[N, C], target i32[N] -> [N]: 1 where the largest logit is the target's, else 0",
       "",
       accuracy},
  };
}

} // namespace cnn
