/// Losses and metrics: one value an image.
#include "ast_to_dialect/operators/application.h"

namespace cnn {

/// The logits, the labels and, with an ignore_index, the batch's share of labels that count.
struct Classes {
  llvm::SmallVector<mlir::Value> operands;
  mlir::IntegerAttr ignored;
};

static Classes classes(Application& a) {
  Classes classes{llvm::SmallVector<mlir::Value>(a.inputs()), {}};
  auto label = mlir::cast<TensorType>(a.input(1).getType());
  bool labels = label.getElementType().isInteger(32) || label.getElementType().isUnsignedInteger(8);
  if (!a.has("ignore_index") || !labels || a.failed()) return classes; // the op says what labels are
  classes.ignored = a.attributes().getI64IntegerAttr(a.integer("ignore_index", INT32_MIN));
  Value shares =
      a.build<CountedOp>(a.input(1), [&](CountedOp::Properties& p) { p.setIgnoreIndex(classes.ignored); });
  if (mlir::Value tensor = shares.tensor()) classes.operands.push_back(a.build<BatchMeanOp>(tensor).tensor());
  return classes;
}

/// The loss takes logits, and contains the activation.
template <typename Activation> static void warnOfActivation(Application& a, std::string_view activation) {
  if (!a.input().getDefiningOp<Activation>()) return;
  std::string loss(a.name()), name(activation);
  a.warn(Diag::ActivationBeforeLoss, loss, name).note(loss + " takes logits: give it what goes into " + name);
}

static Value crossEntropy(Application& a) {
  warnOfActivation<SoftmaxOp>(a, "softmax");
  double smoothing = a.real("label_smoothing");
  if (smoothing < 0 || smoothing > 1) a.fail("label_smoothing", "expected a number from 0 to 1");
  Classes of = classes(a);
  return a.build<CrossEntropyOp>(of.operands, [&](CrossEntropyOp::Properties& p) {
    p.setLabelSmoothing(a.attributes().getF64FloatAttr(smoothing));
    p.setIgnoreIndex(of.ignored);
  });
}

/// The input and its target: a second tensor, or one number everywhere.
static std::vector<mlir::Value> inputAndTarget(Application& a) {
  if (!a.has("target")) return {a.input(0), a.input(1)};
  return {a.input(), a.everywhere(a.type(), a.real("target"))};
}

/// [N, 1] of a linear layer against [N] of the data, which nothing else says how to match.
static void checkColumn(Application& a) {
  if (a.has("target")) return;
  TensorType input = a.type(0), target = a.type(1);
  bool column = input.getRank() == 2 && input.getFixed(1) == 1 && target.getRank() == 1;
  if (column)
    a.fail("", "expected two tensors of one shape, found " + input.shapeText() + " and " + target.shapeText())
        .note("declare the target with a column: input label: f32[N, 1]");
}

static Value mse(Application& a) {
  checkColumn(a);
  return a.build<MseOp>(inputAndTarget(a));
}
static Value bceWithLogits(Application& a) {
  warnOfActivation<SigmoidOp>(a, "sigmoid");
  checkColumn(a);
  return a.build<BceWithLogitsOp>(inputAndTarget(a));
}
/// The input minus the target, where both are of one shape.
static Value difference(Application& a) {
  checkColumn(a);
  if (!a.has("target") && !a.failed() && a.type(0).getShape() != a.type(1).getShape())
    a.fail("", "expected two tensors of one shape, found " + a.type(0).shapeText() + " and " +
                   a.type(1).shapeText());
  return a.failed() ? Value() : a.build<SubOp>(inputAndTarget(a));
}

static Value absolute(Application& a, const Value& x) {
  return x.tensor() ? a.build<AbsOp>(x.tensor()) : Value();
}

static Value sampleMean(Application& a, const Value& x) {
  return x.tensor() ? a.build<SampleMeanOp>(x.tensor()) : Value();
}

static Value l1(Application& a) {
  return sampleMean(a, absolute(a, difference(a)));
}

/// Of d = |difference|, beyond = what it exceeds delta by and the rest q of it: q^2 / 2 + delta beyond.
static Value huber(Application& a) {
  double delta = a.real("delta");
  if (!(delta > 0)) a.fail("delta", "expected a number above 0");
  Value distance = absolute(a, difference(a)), excess = a.scale(distance, 1, -delta);
  if (!excess.tensor()) return Value();
  Value beyond = a.build<ReluOp>(excess.tensor());
  Value within = a.build<SubOp>({distance.tensor(), beyond.tensor()});
  Value squares = a.scale(a.build<MulOp>({within.tensor(), within.tensor()}), 0.5, 0);
  return sampleMean(a, a.build<AddOp>({squares.tensor(), a.scale(beyond, delta, 0).tensor()}));
}

static Value accuracy(Application& a) {
  Classes of = classes(a);
  return a.build<AccuracyOp>(of.operands, [&](AccuracyOp::Properties& p) { p.setIgnoreIndex(of.ignored); });
}
static Value topK(Application& a) {
  int64_t k = a.integer("k", 1), most = a.type().getRank() < 2 ? k : a.type().getFixed(1).value_or(k);
  if (k > most) a.fail("k", "expected at most the " + std::to_string(most) + " classes");
  Classes of = classes(a);
  return a.build<AccuracyOp>(of.operands, [&](AccuracyOp::Properties& p) {
    p.setIgnoreIndex(of.ignored);
    p.setK(a.attributes().getI64IntegerAttr(k));
  });
}

std::vector<Operator> lossOperators() {
  static const OperatorArgument target = {"target", Takes::Float, "-",
                                          "one number everywhere, in place of the second tensor"};
  static const OperatorArgument ignored = {"ignore_index", Takes::Int, "-",
                                           "label of what does not count; when left out everything counts"};
  return {
      {"cross_entropy",
       Family::Loss,
       2,
       {{"label_smoothing", Takes::Float, "0.0", "share of the uniform distribution in the target"}, ignored},
       "logits f32[N, C], target i32[N] or u8[N] -> [N]: minus the log of the softmax at the target. For "
       "pictures, f32[N, C, H, W] and a mask [N, H, W], the mean over the pixels; with ignore_index the mean "
       "over the batch is that over all of the batch's pixels that count, and 0 where none does.",
       "torch.nn.CrossEntropyLoss; Szegedy et al. 2016",
       crossEntropy},
      {"mse",
       Family::Loss,
       2,
       {target},
       "two tensors of one shape [N, …], or a tensor and a number -> [N]: mean squared difference",
       "torch.nn.MSELoss",
       mse},
      {"l1",
       Family::Loss,
       2,
       {target},
       "two tensors of one shape [N, …], or a tensor and a number -> [N]: mean absolute difference; its "
       "gradient is 0 where both are equal",
       "torch.nn.L1Loss",
       l1},
      {"huber",
       Family::Loss,
       2,
       {target, {"delta", Takes::Float, "1.0", "the difference from which on the loss is linear"}},
       "two tensors of one shape [N, …], or a tensor and a number -> [N]: the mean of half the squared "
       "difference, and beyond delta of delta (|difference| - delta / 2)",
       "torch.nn.HuberLoss; Huber 1964",
       huber},
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
       {ignored},
       "logits f32[N, C], target i32[N] or u8[N] -> [N]: 1 where the largest logit is the target's, else 0. "
       "For pictures, f32[N, C, H, W] and a mask [N, H, W], the mean over the pixels, as cross_entropy's.",
       "",
       accuracy},
      {"top_k",
       Family::Metric,
       2,
       {{"k", Takes::Int, "5", "among so many of the largest logits"}, ignored},
       "logits f32[N, C], target i32[N] or u8[N] -> [N]: 1 where the target's logit is among the k largest, "
       "else 0. "
       "Of equal logits the lower class comes first. For pictures the mean over the pixels, as accuracy's.",
       "torch.topk; sklearn.metrics.top_k_accuracy_score",
       topK},
  };
}

} // namespace cnn
