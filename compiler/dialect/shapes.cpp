//===- shapes.cpp - Result types of every op -----------------------------------------------------------===//
//
// Shape errors that a user can cause are reported here with what was expected and what was found; the front
// end adds where the shape came from.
//
//===---------------------------------------------------------------------------------------------------===//
#include "dialect/shapes.h"

#include "dialect/dialect.h"

using namespace mlir;

namespace cnn {

AffineExpr windowExtent(AffineExpr n, int64_t kernel, int64_t stride, int64_t before, int64_t after,
                        int64_t dilation, bool ceilMode) {
  AffineExpr room = n + (before + after - dilation * (kernel - 1) - 1);
  if (auto fixed = dyn_cast<AffineConstantExpr>(room)) {
    if (fixed.getValue() < 0) return {};
    int64_t windows = fixed.getValue() / stride + 1;
    if (ceilMode) {
      windows = (fixed.getValue() + stride - 1) / stride + 1;
      int64_t extent = cast<AffineConstantExpr>(n).getValue();
      if ((windows - 1) * stride >= extent + before) --windows;
    }
    return getAffineConstantExpr(windows, n.getContext());
  }
  return room.floorDiv(stride) + 1;
}

FailureOr<SmallVector<AffineExpr>> broadcastShapes(ArrayRef<AffineExpr> a, ArrayRef<AffineExpr> b) {
  if (a.size() < b.size()) std::swap(a, b);
  SmallVector<AffineExpr> result(a);
  size_t gap = a.size() - b.size();
  for (size_t i = 0; i < b.size(); ++i) {
    AffineExpr& left = result[gap + i];
    if (left == b[i]) continue;
    auto one = [](AffineExpr e) {
      return isa<AffineConstantExpr>(e) && cast<AffineConstantExpr>(e).getValue() == 1;
    };
    if (one(left))
      left = b[i];
    else if (!one(b[i]))
      return failure();
  }
  return result;
}

static TensorType tensor(Value value) {
  return cast<TensorType>(value.getType());
}

using Types = SmallVectorImpl<Type>;
using Where = std::optional<Location>;

static LogicalResult sameAsInput(Value input, Types& types) {
  types.push_back(tensor(input));
  return success();
}

/// [N, C, windows...] of a window op over the spatial dimensions of `input`.
static LogicalResult inferWindows(Where where, TensorType input, AffineExpr channels,
                                  ArrayRef<int64_t> kernel, ArrayRef<int64_t> stride,
                                  ArrayRef<int64_t> padding, ArrayRef<int64_t> dilation, bool ceilMode,
                                  Types& types) {
  unsigned spatial = kernel.size();
  if (input.getRank() != spatial + 2)
    return emitOptionalError(where, "expected an input of rank ", spatial + 2, ", found ", input.shapeText());
  if (stride.size() != spatial || dilation.size() != spatial || padding.size() != 2 * spatial)
    return emitOptionalError(where, "expected stride, padding and dilation for ", spatial, " dimensions");
  SmallVector<AffineExpr> shape = {input.getShape()[0], channels};
  for (unsigned i = 0; i < spatial; ++i) {
    if (ceilMode && !input.getFixed(2 + i))
      return emitOptionalError(where, "expected a picture of fixed size for ceil_mode, found ",
                               input.shapeText());
    if (stride[i] < 1 || dilation[i] < 1 || kernel[i] < 1)
      return emitOptionalError(where, "expected kernel, stride and dilation of at least 1");
    AffineExpr extent = windowExtent(input.getShape()[2 + i], kernel[i], stride[i], paddingLow(padding, i),
                                     paddingHigh(padding, i), dilation[i], ceilMode);
    if (!extent)
      return emitOptionalError(where, "a window of ", dilation[i] * (kernel[i] - 1) + 1,
                               " does not fit into ", input.shapeText(), " with padding ",
                               paddingLow(padding, i), " and ", paddingHigh(padding, i));
    shape.push_back(extent);
  }
  types.push_back(input.withShape(shape));
  return success();
}

/// An optional bias holds one value an output.
static LogicalResult checkBias(Where where, Value bias, AffineExpr outputs) {
  if (!bias || tensor(bias).getShape() == ArrayRef(outputs)) return success();
  return emitOptionalError(where, "expected a bias [", dimensionText(bias.getContext(), outputs), "], found ",
                           tensor(bias).shapeText());
}

/// What convolutions and transposed ones expect of their weight and groups.
template <typename Adaptor> static LogicalResult checkWeight(Where where, Adaptor op) {
  TensorType input = tensor(op.getInput()), weight = tensor(op.getWeight());
  if (weight.getRank() < 3 || input.getRank() != weight.getRank())
    return emitOptionalError(where, "expected an input of rank ", weight.getRank(), ", found ",
                             input.shapeText());
  for (unsigned i = 0; i < weight.getRank(); ++i)
    if (!weight.getFixed(i))
      return emitOptionalError(where, "expected a weight of fixed shape, found ", weight.shapeText());
  if (int64_t(op.getGroups()) < 1)
    return emitOptionalError(where, "expected at least 1 group, found ", op.getGroups());
  return success();
}

LogicalResult ConvOp::inferReturnTypes(MLIRContext* context, Where where, Adaptor op, Types& types) {
  if (failed(checkWeight(where, op))) return failure();
  TensorType input = tensor(op.getInput()), weight = tensor(op.getWeight());
  SmallVector<int64_t> fixed = weight.getFixedFrom(0);
  std::optional<int64_t> channels = input.getFixed(1);
  if (!channels || fixed[1] * int64_t(op.getGroups()) != *channels)
    return emitOptionalError(where, "expected ", fixed[1] * op.getGroups(), " input channels for a weight ",
                             weight.shapeText(), " in ", op.getGroups(), " groups, found ",
                             input.shapeText());
  if (fixed[0] % op.getGroups() != 0)
    return emitOptionalError(where, fixed[0], " output channels do not split into ", op.getGroups(),
                             " groups");
  if (failed(checkBias(where, op.getBias(), weight.getShape()[0]))) return failure();
  return inferWindows(where, input, getAffineConstantExpr(fixed[0], context), ArrayRef(fixed).drop_front(2),
                      op.getStride(), op.getPadding(), op.getDilation(), false, types);
}

LogicalResult ConvTransposeOp::inferReturnTypes(MLIRContext* context, Where where, Adaptor op, Types& types) {
  if (failed(checkWeight(where, op))) return failure();
  TensorType input = tensor(op.getInput()), weight = tensor(op.getWeight());
  SmallVector<int64_t> fixed = weight.getFixedFrom(0);
  std::optional<int64_t> channels = input.getFixed(1);
  if (!channels || *channels != fixed[0] || fixed[0] % int64_t(op.getGroups()) != 0)
    return emitOptionalError(where, "expected ", fixed[0], " input channels for a weight ",
                             weight.shapeText(), " in ", op.getGroups(), " groups, found ",
                             input.shapeText());
  AffineExpr outputs = getAffineConstantExpr(fixed[1] * int64_t(op.getGroups()), context);
  if (failed(checkBias(where, op.getBias(), outputs))) return failure();
  unsigned spatial = weight.getRank() - 2;
  ArrayRef<int64_t> stride = op.getStride(), padding = op.getPadding(), dilation = op.getDilation(),
                    extra = op.getOutputPadding();
  if (stride.size() != spatial || dilation.size() != spatial || extra.size() != spatial ||
      padding.size() != 2 * spatial)
    return emitOptionalError(where, "expected stride, padding, output_padding and dilation for ", spatial,
                             " dimensions");
  SmallVector<AffineExpr> shape = {input.getShape()[0], outputs};
  for (unsigned i = 0; i < spatial; ++i) {
    if (stride[i] < 1 || dilation[i] < 1)
      return emitOptionalError(where, "expected stride and dilation of at least 1");
    if (extra[i] < 0 || extra[i] >= stride[i])
      return emitOptionalError(where, "expected an output_padding from 0 to ", stride[i] - 1,
                               ", below the stride, found ", extra[i]);
    int64_t reach = dilation[i] * (fixed[2 + i] - 1) + 1 - stride[i];
    AffineExpr extent = input.getShape()[2 + i] * stride[i] +
                        (reach + extra[i] - paddingLow(padding, i) - paddingHigh(padding, i));
    if (auto known = dyn_cast<AffineConstantExpr>(extent); known && known.getValue() < 1)
      return emitOptionalError(where, "nothing is left of ", input.shapeText(), " with padding ",
                               paddingLow(padding, i), " and ", paddingHigh(padding, i));
    shape.push_back(extent);
  }
  types.push_back(input.withShape(shape));
  return success();
}

LogicalResult LinearOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput()), weight = tensor(op.getWeight());
  if (input.getRank() != 2 || weight.getRank() != 2 || input.getShape()[1] != weight.getShape()[1])
    return emitOptionalError(where, "expected features [N, ", weight.getFixed(1).value_or(-1), "], found ",
                             input.shapeText());
  if (failed(checkBias(where, op.getBias(), weight.getShape()[0]))) return failure();
  types.push_back(input.withShape({input.getShape()[0], weight.getShape()[0]}));
  return success();
}

LogicalResult MaxPoolOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput());
  return inferWindows(where, input, input.getShape()[1], op.getKernel(), op.getStride(), op.getPadding(),
                      op.getDilation(), op.getCeilMode(), types);
}

LogicalResult AvgPoolOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput());
  SmallVector<int64_t> dilation(op.getKernel().size(), 1);
  return inferWindows(where, input, input.getShape()[1], op.getKernel(), op.getStride(), op.getPadding(),
                      dilation, op.getCeilMode(), types);
}

LogicalResult GlobalAvgPoolOp::inferReturnTypes(MLIRContext* context, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput());
  if (input.getRank() < 3) return emitOptionalError(where, "expected a picture, found ", input.shapeText());
  SmallVector<AffineExpr> shape(input.getShape().take_front(2));
  if (op.getKeepDims()) shape.append(input.getRank() - 2, getAffineConstantExpr(1, context));
  types.push_back(input.withShape(shape));
  return success();
}

LogicalResult BatchNormOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput());
  if (input.getRank() < 2) return emitOptionalError(where, "expected channels, found ", input.shapeText());
  for (Value parameter : {op.getWeight(), op.getBias(), op.getRunningMean(), op.getRunningVar()})
    if (tensor(parameter).getRank() != 1 || tensor(parameter).getShape()[0] != input.getShape()[1])
      return emitOptionalError(where, "expected one value a channel of ", input.shapeText(), ", found ",
                               tensor(parameter).shapeText());
  return sameAsInput(op.getInput(), types);
}

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput());
  if (input.getRank() < 2) return emitOptionalError(where, "expected channels, found ", input.shapeText());
  for (Value parameter : {op.getWeight(), op.getBias()})
    if (tensor(parameter).getRank() != 1 || tensor(parameter).getShape()[0] != input.getShape()[1])
      return emitOptionalError(where, "expected one value a channel of ", input.shapeText(), ", found ",
                               tensor(parameter).shapeText());
  return sameAsInput(op.getInput(), types);
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  if (op.getInputs().empty()) return emitOptionalError(where, "expected at least one tensor");
  TensorType first = tensor(op.getInputs()[0]);
  SmallVector<AffineExpr> shape(first.getShape());
  if (shape.size() < 2) return emitOptionalError(where, "expected channels, found ", first.shapeText());
  for (Value next : op.getInputs().drop_front()) {
    TensorType type = tensor(next);
    bool fits = type.getRank() == first.getRank();
    for (unsigned i = 0; fits && i < shape.size(); ++i) fits = i == 1 || type.getShape()[i] == shape[i];
    if (!fits)
      return emitOptionalError(where, "expected the same shape but for the channels as ", first.shapeText(),
                               ", found ", type.shapeText());
    if (type.getElementType() != first.getElementType())
      return emitOptionalError(where, "expected the same element type, found ", first.getElementType(),
                               " and ", type.getElementType());
    shape[1] = shape[1] + type.getShape()[1];
  }
  types.push_back(first.withShape(shape));
  return success();
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext* context, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput());
  int64_t begin = op.getBegin(), end = op.getEnd();
  if (input.getRank() < 2 || begin < 0 || begin >= end || end > input.getFixed(1).value_or(-1))
    return emitOptionalError(where, "channels ", begin, " to ", end, " are not in ", input.shapeText());
  SmallVector<AffineExpr> shape(input.getShape());
  shape[1] = getAffineConstantExpr(end - begin, context);
  types.push_back(input.withShape(shape));
  return success();
}

LogicalResult inferBroadcast(std::optional<Location> where, ValueRange operands, Types& types) {
  TensorType first = tensor(operands[0]);
  SmallVector<AffineExpr> shape(first.getShape());
  for (Value operand : operands.drop_front()) {
    TensorType other = tensor(operand);
    FailureOr<SmallVector<AffineExpr>> both = broadcastShapes(shape, other.getShape());
    if (failed(both))
      return emitOptionalError(where, "shapes ", first.withShape(shape).shapeText(), " and ",
                               other.shapeText(), " do not broadcast");
    if (first.getElementType() != other.getElementType())
      return emitOptionalError(where, "expected the same element type, found ", first.getElementType(),
                               " and ", other.getElementType());
    shape = *both;
  }
  types.push_back(first.withShape(shape));
  return success();
}
LogicalResult inferSame(std::optional<Location>, ValueRange operands, Types& types) {
  return sameAsInput(operands[0], types);
}

LogicalResult CastOp::inferReturnTypes(MLIRContext* context, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput());
  Type element = input.getElementType();
  if (!element.isUnsignedInteger(8) && !element.isInteger(32))
    return emitOptionalError(where, "expected u8 or i32, found ", element, " ", input.shapeText());
  types.push_back(TensorType::f32(context, input.getShape()));
  return success();
}

LogicalResult NormalizeOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput());
  int64_t channels = input.getRank() < 2 ? -1 : input.getFixed(1).value_or(-1);
  if (int64_t(op.getMean().size()) != channels || int64_t(op.getDeviation().size()) != channels)
    return emitOptionalError(where, "expected a mean and a deviation for each channel of ", input.shapeText(),
                             ", found ", op.getMean().size(), " and ", op.getDeviation().size());
  if (!llvm::all_of(op.getDeviation(), [](double deviation) { return deviation > 0; }))
    return emitOptionalError(where, "expected deviations above 0");
  return sameAsInput(op.getInput(), types);
}

#define SAME_AS_INPUT(OP)                                                                                    \
  LogicalResult OP::inferReturnTypes(MLIRContext*, Where, Adaptor op, Types& types) {                        \
    return sameAsInput(op.getInput(), types);                                                                \
  }
SAME_AS_INPUT(ScaleOp)
SAME_AS_INPUT(DropoutOp)
SAME_AS_INPUT(StochasticDepthOp)
#undef SAME_AS_INPUT

static LogicalResult inferOverChannels(Where where, Value input, Types& types) {
  if (tensor(input).getRank() < 2)
    return emitOptionalError(where, "expected channels, found ", tensor(input).shapeText());
  return sameAsInput(input, types);
}
LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  return inferOverChannels(where, op.getInput(), types);
}
LogicalResult LogSoftmaxOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  return inferOverChannels(where, op.getInput(), types);
}

LogicalResult ReshapeOp::verify() {
  TensorType from = getInput().getType(), to = getResult().getType();
  if (from.getRank() == 0 || to.getRank() == 0)
    return emitOpError("expected a batch, found ") << from.shapeText() << " and " << to.shapeText();
  AffineExpr one = getAffineConstantExpr(1, getContext());
  AffineExpr fromCount = one, toCount = one;
  for (AffineExpr dim : from.getShape().drop_front()) fromCount = fromCount * dim;
  for (AffineExpr dim : to.getShape().drop_front()) toCount = toCount * dim;
  if (from.getShape()[0] != to.getShape()[0] || fromCount != toCount)
    return emitOpError("expected as many elements in ") << to.shapeText() << " as in " << from.shapeText();
  return success();
}

/// Losses: one f32 an image.
static LogicalResult inferPerImage(Where where, TensorType input, Types& types) {
  if (input.getRank() < 1) return emitOptionalError(where, "expected a batch, found ", input.shapeText());
  types.push_back(TensorType::f32(input.getContext(), input.getShape().take_front(1)));
  return success();
}

template <typename Adaptor> static LogicalResult inferClassLoss(Where where, Adaptor op, Types& types) {
  TensorType logits = tensor(op.getLogits()), target = tensor(op.getTarget());
  Type label = target.getElementType();
  SmallVector<AffineExpr> pixels(logits.getShape());
  if (pixels.size() >= 2) pixels.erase(pixels.begin() + 1);
  if (logits.getRank() < 2 || logits.getRank() > 4 || !logits.getElementType().isF32() ||
      target.getShape() != ArrayRef(pixels) || !(label.isInteger(32) || label.isUnsignedInteger(8)))
    return emitOptionalError(where, "expected logits f32 [N, C] and a target i32 or u8 [N], or [N, C, H, W] ",
                             "and [N, H, W], found ", logits.getElementType(), " ", logits.shapeText(),
                             " and ", label, " ", target.shapeText());
  bool shares = op.getCounted() && (tensor(op.getCounted()).getRank() == 0 ||
                                    tensor(op.getCounted()).getShape() == logits.getShape().take_front(1));
  if (bool(op.getCounted()) != bool(op.getIgnoreIndex()) || (op.getCounted() && !shares))
    return emitOptionalError(where, "expected `counted` [] or [N] with an ignore_index, and only with one");
  return inferPerImage(where, logits, types);
}
LogicalResult CountedOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  TensorType target = tensor(op.getTarget());
  Type label = target.getElementType();
  if (!label.isInteger(32) && !label.isUnsignedInteger(8))
    return emitOptionalError(where, "expected labels i32 or u8, found ", label, " ", target.shapeText());
  return inferPerImage(where, target, types);
}
LogicalResult CrossEntropyOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  return inferClassLoss(where, op, types);
}
LogicalResult AccuracyOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  return inferClassLoss(where, op, types);
}

/// Of one shape and element; how each lies in memory is its own affair: a target that a convolution reads as
/// well has a halo.
static bool sameValues(TensorType a, TensorType b) {
  return a.getShape() == b.getShape() && a.getElementType() == b.getElementType();
}

LogicalResult MseOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput()), target = tensor(op.getTarget());
  if (!sameValues(input, target))
    return emitOptionalError(where, "expected two tensors of one shape, found ", input.shapeText(), " and ",
                             target.shapeText());
  return inferPerImage(where, input, types);
}

LogicalResult BceWithLogitsOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  TensorType input = tensor(op.getInput()), target = tensor(op.getTarget());
  if (!sameValues(input, target) || !input.getElementType().isF32())
    return emitOptionalError(where, "expected two f32 tensors of one shape, found ", input.getElementType(),
                             " ", input.shapeText(), " and ", target.getElementType(), " ",
                             target.shapeText());
  return inferPerImage(where, input, types);
}

LogicalResult SampleMeanOp::inferReturnTypes(MLIRContext*, Where where, Adaptor op, Types& types) {
  return inferPerImage(where, tensor(op.getInput()), types);
}

LogicalResult BatchMeanOp::inferReturnTypes(MLIRContext* context, Where where, Adaptor op, Types& types) {
  if (tensor(op.getInput()).getRank() != 1)
    return emitOptionalError(where, "expected one value an image, found ", tensor(op.getInput()).shapeText());
  types.push_back(TensorType::f32(context, {}));
  return success();
}

//===-- A result's type may carry the layout that a pass gave it ---------------------------------------===//

/// Free sizes may be in another form, by what is known about them.
static bool sameSizes(ArrayRef<AffineExpr> a, ArrayRef<AffineExpr> b) {
  return llvm::equal(a, b, [](AffineExpr left, AffineExpr right) {
    return left == right || (isa<AffineBinaryOpExpr>(left) && !isa<AffineConstantExpr>(right));
  });
}

bool sameButLayout(TypeRange inferred, TypeRange actual) {
  return llvm::equal(inferred, actual, [](Type a, Type b) {
    auto left = dyn_cast<TensorType>(a), right = dyn_cast<TensorType>(b);
    return left && right && left.getElementType() == right.getElementType() &&
           sameSizes(left.getShape(), right.getShape());
  });
}

#define COMPATIBLE(OP)                                                                                       \
  bool OP::isCompatibleReturnTypes(TypeRange inferred, TypeRange actual) {                                   \
    return sameButLayout(inferred, actual);                                                                  \
  }
COMPATIBLE(ConvOp)
COMPATIBLE(ConvTransposeOp)
COMPATIBLE(LinearOp)
COMPATIBLE(MaxPoolOp)
COMPATIBLE(AvgPoolOp)
COMPATIBLE(GlobalAvgPoolOp)
COMPATIBLE(BatchNormOp)
COMPATIBLE(LayerNormOp)
COMPATIBLE(ScaleOp)
COMPATIBLE(CastOp)
COMPATIBLE(NormalizeOp)
COMPATIBLE(ConcatOp)
COMPATIBLE(SliceOp)
COMPATIBLE(DropoutOp)
COMPATIBLE(StochasticDepthOp)
COMPATIBLE(SoftmaxOp)
COMPATIBLE(LogSoftmaxOp)
COMPATIBLE(CountedOp)
COMPATIBLE(CrossEntropyOp)
COMPATIBLE(MseOp)
COMPATIBLE(BceWithLogitsOp)
COMPATIBLE(AccuracyOp)
COMPATIBLE(SampleMeanOp)
COMPATIBLE(BatchMeanOp)
#undef COMPATIBLE

} // namespace cnn
