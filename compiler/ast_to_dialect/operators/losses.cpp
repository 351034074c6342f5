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

/// The input and its target: a second tensor, or one number everywhere.
static std::vector<mlir::Value> inputAndTarget(Application& a) {
  if (!a.has("target")) return {a.input(0), a.input(1)};
  return {a.input(), a.everywhere(a.type(), a.real("target"))};
}

static Value mse(Application& a) {
  return a.build<MseOp>(inputAndTarget(a));
}
static Value bceWithLogits(Application& a) {
  return a.build<BceWithLogitsOp>(inputAndTarget(a));
}
static Value accuracy(Application& a) {
  return a.build<AccuracyOp>();
}

std::vector<Operator> lossOperators() {
  static const OperatorArgument target = {"target", Takes::Float, "-",
                                          "one number everywhere, in place of the second tensor"};
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
       {target},
       "two tensors of one shape [N, …], or a tensor and a number -> [N]: mean squared difference",
       "torch.nn.MSELoss",
       mse},
      {"bce_with_logits",
       Family::Loss,
       2,
       {target},
       "logits f32[N, …], target of that shape or a number -> [N]: minus the mean of target log sigmoid + (1 "
       "- target) "
       "log (1 - sigmoid)",
       "torch.nn.BCEWithLogitsLoss",
       bceWithLogits},
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
