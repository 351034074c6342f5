//===- gradients.cpp - How each op differentiates itself -----------------------------------------------===//
#include "dialect/dialect.h"
#include "dialect/kernel_choices.h"

using namespace mlir;

namespace cnn {

using Gradients = SmallVectorImpl<Value>;

static TensorType tensor(Value value) {
  return cast<TensorType>(value.getType());
}

void ConvOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  Value dy = dys[0];
  if (needed[0]) {
    auto dx = ConvBackwardInputOp::create(b, getLoc(), getInput().getType(), dy, getWeight(), getStrideAttr(),
                                          getPaddingAttr(), getDilationAttr(), getGroupsAttr());
    if (Attribute schedule = (*this)->getAttr(scheduleAttribute)) dx->setAttr(scheduleAttribute, schedule);
    gradients[0] = dx;
  }
  if (needed[1])
    gradients[1] =
        ConvBackwardWeightOp::create(b, getLoc(), getWeight().getType(), getInput(), dy, getStrideAttr(),
                                     getPaddingAttr(), getDilationAttr(), getGroupsAttr());
  if (getBias() && needed[2]) gradients[2] = ChannelSumOp::create(b, getLoc(), getBias().getType(), dy);
}

/// The map that conv_transpose turns around is conv, so that their gradients change places.
void ConvTransposeOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed,
                                     Gradients& gradients) {
  Value dy = dys[0];
  if (needed[0])
    gradients[0] = ConvOp::create(b, getLoc(), getInput().getType(), dy, getWeight(), Value(),
                                  getStrideAttr(), getPaddingAttr(), getDilationAttr(), getGroupsAttr());
  if (needed[1])
    gradients[1] =
        ConvBackwardWeightOp::create(b, getLoc(), getWeight().getType(), dy, getInput(), getStrideAttr(),
                                     getPaddingAttr(), getDilationAttr(), getGroupsAttr());
  if (getBias() && needed[2]) gradients[2] = ChannelSumOp::create(b, getLoc(), getBias().getType(), dy);
}

void LinearOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  Value dy = dys[0];
  if (needed[0])
    gradients[0] = LinearBackwardInputOp::create(b, getLoc(), getInput().getType(), dy, getWeight());
  if (needed[1])
    gradients[1] = LinearBackwardWeightOp::create(b, getLoc(), getWeight().getType(), getInput(), dy);
  if (getBias() && needed[2]) gradients[2] = ChannelSumOp::create(b, getLoc(), getBias().getType(), dy);
}

void MaxPoolOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (!needed[0]) return;
  int64_t window = 1;
  for (int64_t extent : getKernel()) window *= extent;
  Type place = window <= 256 ? b.getIntegerType(8, /*isSigned=*/false) : b.getI32Type();
  auto type = TensorType::get(b.getContext(), tensor(getResult()).getShape(), place, LayoutAttr());
  Value index = MaxPoolIndexOp::create(b, getLoc(), type, getInput(), getKernelAttr(), getStrideAttr(),
                                       getPaddingAttr(), getDilationAttr());
  gradients[0] = MaxPoolBackwardOp::create(b, getLoc(), getInput().getType(), dys[0], index, getKernelAttr(),
                                           getStrideAttr(), getPaddingAttr(), getDilationAttr());
}

void AvgPoolOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0])
    gradients[0] = AvgPoolBackwardOp::create(b, getLoc(), getInput().getType(), dys[0], getKernelAttr(),
                                             getStrideAttr(), getPaddingAttr(), getCountIncludePadAttr());
}

void GlobalAvgPoolOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed,
                                     Gradients& gradients) {
  if (needed[0]) gradients[0] = GlobalAvgPoolBackwardOp::create(b, getLoc(), getInput().getType(), dys[0]);
}

/// By the running statistics (a frozen layer): a scaling of each channel, so that dx is dy through the same
/// scaling. Training's own statistics are batch_norm_train's, which autodiff puts in place first.
void BatchNormOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  Value dy = dys[0];
  auto constant = [&](double value) -> Value {
    return SplatOp::create(b, getLoc(), getBias().getType(), b.getF64FloatAttr(value));
  };
  auto normalised = [&](Value x, Value weight, Value mean) -> Value {
    return BatchNormOp::create(b, getLoc(), getResult().getType(), x, weight, constant(0), mean,
                               getRunningVar(), getEpsAttr(), getMomentumAttr());
  };
  if (needed[0]) gradients[0] = normalised(dy, getWeight(), constant(0));
  if (needed[1]) {
    Value product = MulOp::create(b, getLoc(), dy, normalised(getInput(), constant(1), getRunningMean()));
    gradients[1] = ChannelSumOp::create(b, getLoc(), getWeight().getType(), product);
  }
  if (needed[2]) gradients[2] = ChannelSumOp::create(b, getLoc(), getBias().getType(), dy);
}

void BatchNormTrainOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed,
                                      Gradients& gradients) {
  auto op = BatchNormBackwardOp::create(
      b, getLoc(), TypeRange{getInput().getType(), getWeight().getType(), getBias().getType()}, getInput(),
      dys[0], getStat(), getWeight());
  for (unsigned i = 0; i < 3; ++i)
    if (needed[i]) gradients[i] = op.getResult(i);
}

void LayerNormOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  Value dy = dys[0];
  if (needed[0] || needed[1]) {
    TensorType input = tensor(getInput());
    SmallVector<AffineExpr> shape(input.getShape());
    shape[1] = getAffineConstantExpr(2, b.getContext());
    Value stat = LayerNormStatisticsOp::create(b, getLoc(), input.withShape(shape), getInput(), getEpsAttr());
    if (needed[0])
      gradients[0] = LayerNormBackwardInputOp::create(b, getLoc(), input, getInput(), dy, stat, getWeight());
    if (needed[1])
      gradients[1] =
          LayerNormBackwardWeightOp::create(b, getLoc(), getWeight().getType(), getInput(), dy, stat);
  }
  if (needed[2]) gradients[2] = ChannelSumOp::create(b, getLoc(), getBias().getType(), dy);
}

#define FROM_RESULT(OP, BACKWARD)                                                                            \
  void OP::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {       \
    if (needed[0]) gradients[0] = BACKWARD::create(b, getLoc(), getInput().getType(), dys[0], getResult());  \
  }
FROM_RESULT(ReluOp, ReluBackwardOp)
FROM_RESULT(Relu6Op, Relu6BackwardOp)
FROM_RESULT(SigmoidOp, SigmoidBackwardOp)
FROM_RESULT(TanhOp, TanhBackwardOp)
FROM_RESULT(SoftmaxOp, SoftmaxBackwardOp)
FROM_RESULT(LogSoftmaxOp, LogSoftmaxBackwardOp)
#undef FROM_RESULT

void LeakyReluOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0])
    gradients[0] = LeakyReluBackwardOp::create(b, getLoc(), getInput().getType(), dys[0], getInput(),
                                               getNegativeSlopeAttr());
}

void SiluOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = SiluBackwardOp::create(b, getLoc(), getInput().getType(), dys[0], getInput());
}

void GeluOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0])
    gradients[0] =
        GeluBackwardOp::create(b, getLoc(), getInput().getType(), dys[0], getInput(), getTanhAttr());
}

/// The gradient of an operand that may have been broadcast: the sum over where it was repeated. One without a
/// batch is summed image by image first, then over the images as a bias is, all its elements as the channels
/// of one pixel.
static Value unbroadcast(OpBuilder& b, Location loc, Value gradient, Value operand) {
  TensorType from = tensor(gradient), to = tensor(operand);
  if (from == to) return gradient;
  if (to.hasFreeBatch() || !from.hasFreeBatch()) return SpatialSumOp::create(b, loc, to, gradient);
  SmallVector<AffineExpr> shape(from.getRank(), getAffineConstantExpr(1, b.getContext()));
  shape[0] = from.getShape()[0];
  AffineExpr elements = getAffineConstantExpr(1, b.getContext());
  for (unsigned gap = from.getRank() - to.getRank(), i = gap ? 0 : 1; i < to.getRank(); ++i) {
    shape[gap + i] = to.getShape()[i];
    elements = elements * to.getShape()[i];
  }
  TensorType perImage = from.withShape(shape), flat = from.withShape({shape[0], elements});
  Value sums = perImage == from ? gradient : Value(SpatialSumOp::create(b, loc, perImage, gradient));
  if (perImage != flat) sums = ReshapeOp::create(b, loc, flat, sums);
  return ChannelSumOp::create(b, loc, to, sums);
}

void AddOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = unbroadcast(b, getLoc(), dys[0], getLhs());
  if (needed[1]) gradients[1] = unbroadcast(b, getLoc(), dys[0], getRhs());
}

void SubOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = unbroadcast(b, getLoc(), dys[0], getLhs());
  if (needed[1]) {
    Value negative = ScaleOp::create(b, getLoc(), dys[0], b.getF64FloatAttr(-1), b.getF64FloatAttr(0));
    gradients[1] = unbroadcast(b, getLoc(), negative, getRhs());
  }
}

void MulOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0])
    gradients[0] = unbroadcast(b, getLoc(), MulOp::create(b, getLoc(), dys[0], getRhs()), getLhs());
  if (needed[1])
    gradients[1] = unbroadcast(b, getLoc(), MulOp::create(b, getLoc(), dys[0], getLhs()), getRhs());
}

static Value scaled(OpBuilder& b, Location loc, Value x, double factor, double offset = 0) {
  return ScaleOp::create(b, loc, x, b.getF64FloatAttr(factor), b.getF64FloatAttr(offset));
}
static Value constant(OpBuilder& b, Location loc, Value like, double number) {
  return SplatOp::create(b, loc, like.getType(), b.getF64FloatAttr(number));
}

/// dy / b, and -dy (a / b) / b.
void DivOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  Value dx = DivOp::create(b, getLoc(), dys[0], getRhs());
  if (needed[0]) gradients[0] = unbroadcast(b, getLoc(), dx, getLhs());
  if (!needed[1]) return;
  Value quotient = MulOp::create(b, getLoc(), scaled(b, getLoc(), dx, -1), getResult());
  gradients[1] = unbroadcast(b, getLoc(), quotient, getRhs());
}

/// dy for each operand that the other one is not beyond, halved where the two are equal.
static void extremeGradients(Operation* op, bool largest, OpBuilder& b, Value dy, ArrayRef<bool> needed,
                             Gradients& gradients) {
  Location loc = op->getLoc();
  Value equal = EqualOp::create(b, loc, op->getOperand(0), op->getOperand(1));
  for (unsigned i : {0, 1}) {
    if (!needed[i]) continue;
    Value own = op->getOperand(i), other = op->getOperand(1 - i);
    Value isBeyond = largest ? LessOp::create(b, loc, own, other) : LessOp::create(b, loc, other, own);
    Value shared = SelectOp::create(b, loc, equal, scaled(b, loc, dy, 0.5), dy);
    Value chosen = SelectOp::create(b, loc, isBeyond, constant(b, loc, dy, 0), shared);
    gradients[i] = unbroadcast(b, loc, chosen, own);
  }
}
void MaxOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  extremeGradients(*this, /*largest=*/true, b, dys[0], needed, gradients);
}
void MinOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  extremeGradients(*this, /*largest=*/false, b, dys[0], needed, gradients);
}

/// Steps do not vary.
void LessOp::buildGradients(OpBuilder&, ValueRange, ArrayRef<bool>, Gradients&) {}
void EqualOp::buildGradients(OpBuilder&, ValueRange, ArrayRef<bool>, Gradients&) {}

void SelectOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  Value dy = dys[0], zero = needed[1] || needed[2] ? constant(b, getLoc(), dy, 0) : Value();
  if (needed[1])
    gradients[1] =
        unbroadcast(b, getLoc(), SelectOp::create(b, getLoc(), getCondition(), dy, zero), getLhs());
  if (needed[2])
    gradients[2] =
        unbroadcast(b, getLoc(), SelectOp::create(b, getLoc(), getCondition(), zero, dy), getRhs());
}

void ExpOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = MulOp::create(b, getLoc(), dys[0], getResult());
}
void Expm1Op::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = MulOp::create(b, getLoc(), dys[0], scaled(b, getLoc(), getResult(), 1, 1));
}
void LogOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = DivOp::create(b, getLoc(), dys[0], getInput());
}
void Log1pOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = DivOp::create(b, getLoc(), dys[0], scaled(b, getLoc(), getInput(), 1, 1));
}
void SqrtOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = DivOp::create(b, getLoc(), dys[0], scaled(b, getLoc(), getResult(), 2));
}

/// dy times the sign, which is 0 of 0 and of NaN.
void AbsOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (!needed[0]) return;
  Location loc = getLoc();
  Value zero = constant(b, loc, getInput(), 0);
  Value sign = SubOp::create(b, loc, LessOp::create(b, loc, zero, getInput()),
                             LessOp::create(b, loc, getInput(), zero));
  gradients[0] = MulOp::create(b, loc, dys[0], sign);
}

void PowOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  double exponent = getExponent().convertToDouble();
  if (!needed[0] || exponent == 0) return;
  Value power = PowOp::create(b, getLoc(), getInput(), b.getF64FloatAttr(exponent - 1));
  gradients[0] = MulOp::create(b, getLoc(), dys[0], scaled(b, getLoc(), power, exponent));
}

void ScaleOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = ScaleOp::create(b, getLoc(), dys[0], getFactorAttr(), b.getF64FloatAttr(0));
}

/// Whole numbers do not vary.
void CastOp::buildGradients(OpBuilder&, ValueRange, ArrayRef<bool>, Gradients&) {}

void NormalizeOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  SmallVector<double> zeros(getMean().size(), 0);
  if (needed[0])
    gradients[0] =
        NormalizeOp::create(b, getLoc(), dys[0], b.getDenseF64ArrayAttr(zeros), getDeviationAttr());
}

void ConcatOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  int64_t begin = 0;
  for (auto [i, input] : llvm::enumerate(getInputs())) {
    int64_t end = begin + *tensor(input).getFixed(1);
    if (needed[i])
      gradients[i] =
          SliceOp::create(b, getLoc(), dys[0], b.getI64IntegerAttr(begin), b.getI64IntegerAttr(end));
    begin = end;
  }
}

void SliceOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0])
    gradients[0] =
        SliceBackwardOp::create(b, getLoc(), getInput().getType(), dys[0], getBeginAttr(), getEndAttr());
}

void ReshapeOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = ReshapeOp::create(b, getLoc(), getInput().getType(), dys[0]);
}

void DropoutOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0])
    gradients[0] =
        DropoutBackwardOp::create(b, getLoc(), getInput().getType(), dys[0], getPAttr(), getStreamAttr());
}

void StochasticDepthOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed,
                                       Gradients& gradients) {
  if (needed[0])
    gradients[0] = StochasticDepthBackwardOp::create(b, getLoc(), getInput().getType(), dys[0], getPAttr(),
                                                     getStreamAttr());
}

void CrossEntropyOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed,
                                    Gradients& gradients) {
  if (needed[0])
    gradients[0] =
        CrossEntropyBackwardOp::create(b, getLoc(), getLogits().getType(), getLogits(), getTarget(), dys[0],
                                       getCounted(), getLabelSmoothingAttr(), getIgnoreIndexAttr());
}

void MseOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0])
    gradients[0] = MseBackwardOp::create(b, getLoc(), getInput().getType(), getInput(), getTarget(), dys[0]);
  if (needed[1])
    gradients[1] = MseBackwardOp::create(b, getLoc(), getTarget().getType(), getTarget(), getInput(), dys[0]);
}

/// With respect to the target: -dy input / elements, which is half of what mse has for a distance from 0.
void BceWithLogitsOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed,
                                     Gradients& gradients) {
  Type type = getInput().getType();
  if (needed[0])
    gradients[0] = BceWithLogitsBackwardOp::create(b, getLoc(), type, getInput(), getTarget(), dys[0]);
  if (!needed[1]) return;
  Value zero = SplatOp::create(b, getLoc(), type, b.getF64FloatAttr(0));
  Value twice = MseBackwardOp::create(b, getLoc(), type, zero, getInput(), dys[0]);
  gradients[1] = ScaleOp::create(b, getLoc(), type, twice, b.getF64FloatAttr(0.5), b.getF64FloatAttr(0));
}

void SampleMeanOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = SampleMeanBackwardOp::create(b, getLoc(), getInput().getType(), dys[0]);
}

void BatchMeanOp::buildGradients(OpBuilder& b, ValueRange dys, ArrayRef<bool> needed, Gradients& gradients) {
  if (needed[0]) gradients[0] = BatchMeanBackwardOp::create(b, getLoc(), getInput().getType(), dys[0]);
}

} // namespace cnn
