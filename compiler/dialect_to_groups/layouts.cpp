//===- layouts.cpp - Which form every tensor has in memory ---------------------------------------------===//
#include "dialect/transforms/passes.h"
#include "dialect_to_groups/inference_group.h"
#include "dialect_to_groups/passes.h"
#include "groups_to_halide/compile.h"

using namespace mlir;

namespace cnn {
#define GEN_PASS_DEF_CNNASSIGNLAYOUTS
#include "group_passes.h.inc"

namespace {

struct Halo {
  int64_t y = 0, x = 0;
  void cover(Halo other) { y = std::max(y, other.y), x = std::max(x, other.x); }
};

Halo paddingHalo(ArrayRef<int64_t> padding) {
  int64_t rank = padding.size() / 2;
  Halo halo;
  halo.x = std::max(paddingLow(padding, rank - 1), paddingHigh(padding, rank - 1));
  if (rank == 2) halo.y = std::max(paddingLow(padding, 0), paddingHigh(padding, 0));
  return halo;
}

/// How far outside of dy the gradient of the input reads: element i of the input meets window o at tap t
/// where o stride - low + t dilation = i.
int64_t backwardHalo(int64_t input, int64_t output, int64_t kernel, int64_t stride, int64_t low,
                     int64_t dilation) {
  int64_t before = (std::max<int64_t>(0, (kernel - 1) * dilation - low) + stride - 1) / stride;
  int64_t after = (input - 1 + low) / stride - (output - 1);
  return std::max<int64_t>({0, before, after});
}

/// Of the gradient of a convolution by its input, and of a transposed convolution, which is the same map.
template <typename Op> Halo backwardHalo(Op op) {
  auto dx = cast<TensorType>(op.getResult().getType()), dy = cast<TensorType>(op->getOperand(0).getType());
  auto weight = cast<TensorType>(op.getWeight().getType());
  int64_t rank = op.getStride().size();
  auto reach = [&](int64_t i) {
    return backwardHalo(*dx.getFixed(2 + i), *dy.getFixed(2 + i), *weight.getFixed(2 + i), op.getStride()[i],
                        paddingLow(op.getPadding(), i), op.getDilation()[i]);
  };
  return {rank == 2 ? reach(0) : 0, reach(rank - 1)};
}

/// What one use needs around the tensor.
Halo haloOf(OpOperand& use) {
  Operation* op = use.getOwner();
  unsigned i = use.getOperandNumber();
  if (auto conv = dyn_cast<ConvOp>(op); conv && i == 0) return paddingHalo(conv.getPadding());
  if (auto conv = dyn_cast<WinogradConvOp>(op); conv && i == 0) return paddingHalo(conv.getPadding());
  if (auto conv = dyn_cast<ConvBackwardWeightOp>(op); conv && i == 0) return paddingHalo(conv.getPadding());
  if (auto conv = dyn_cast<ConvBackwardInputOp>(op); conv && i == 0) return backwardHalo(conv);
  if (auto conv = dyn_cast<ConvTransposeOp>(op); conv && i == 0) return backwardHalo(conv);
  return {};
}

/// One value for each block of the batch, not for each image: it stays plain.
bool isPartial(Value value) {
  return isa_and_nonnull<BatchNormStatisticsOp, BatchNormBackwardStatisticsOp, LaneSumOp>(
      value.getDefiningOp());
}

} // namespace

/// Whether the reshape's result can lie exactly as its input.
static bool movesNothing(ReshapeOp op);

namespace {

struct AssignLayouts : impl::CnnAssignLayoutsBase<AssignLayouts> {
  using Base::Base;

  void runOnOperation() override {
    if (target.empty()) target = kernel::hostTarget();
    lanes = kernel::vectorLanes(target);
    if (auto predict = getOperation().lookupSymbol<FunctionOp>("predict")) assignInference(predict);
    for (FunctionOp function : batchFunctions(getOperation())) assignTraining(function);
  }

private:
  int64_t lanes = 1;

  LayoutAttr layout(LayoutKind kind, int64_t count = 1, Halo halo = {}) {
    return LayoutAttr::get(&getContext(), kind, count, halo.y, halo.x);
  }
  LayoutAttr plain() { return layout(LayoutKind::plain); }

  static Halo haloFor(Value value) {
    Halo halo;
    for (OpOperand& use : value.getUses()) halo.cover(haloOf(use));
    return halo;
  }

  static void place(Value value, LayoutAttr layout) {
    value.setType(cast<TensorType>(value.getType()).withLayout(layout));
  }

  static LayoutAttr layoutOf(Value value) { return cast<TensorType>(value.getType()).getLayout(); }

  static LoadOp load(OpBuilder& b, Value value, LayoutAttr layout) {
    return LoadOp::create(b, value.getLoc(), cast<TensorType>(value.getType()).withLayout(layout), value);
  }

  //===-- Training and evaluation: everything that has a batch lies in batch lanes ----------------------===//

  void assignTraining(FunctionOp function) {
    Block& body = function.getBody().front();
    OpBuilder b = OpBuilder::atBlockBegin(&body);
    for (BlockArgument argument : body.getArguments()) {
      LayoutAttr inside = trainingLayout(argument);
      place(argument, plain());
      if (argument.use_empty()) continue;
      LoadOp loaded = load(b, argument, inside);
      argument.replaceAllUsesExcept(loaded.getResult(), loaded);
    }
    for (Operation& op : body)
      for (Value result : op.getResults())
        if (!isa<LoadOp>(op)) place(result, trainingLayout(result));
    storeResults(function);
  }

  LayoutAttr trainingLayout(Value value) {
    if (!cast<TensorType>(value.getType()).hasFreeBatch() || isPartial(value)) return plain();
    return layout(LayoutKind::batch_lanes, lanes, haloFor(value));
  }

  //===-- Inference: channel lanes, but for what a layer's template prefers -----------------------------===//

  void assignInference(FunctionOp function) {
    Block& body = function.getBody().front();
    for (BlockArgument argument : body.getArguments()) place(argument, plain());
    for (Operation& op : llvm::make_early_inc_range(body)) {
      if (isa<GetOp>(op)) {
        place(op.getResult(0), plain());
        continue;
      }
      if (op.hasTrait<OpTrait::IsTerminator>()) continue;
      LayoutAttr result = inferenceLayout(&op);
      for (Value value : op.getResults()) place(value, result);
    }
    storeResults(function);
  }

  LayoutAttr channelLanes(Value value) { return layout(LayoutKind::channel_lanes, lanes, haloFor(value)); }

  /// The op's result; operands that do not fit get a load in front of the op.
  LayoutAttr inferenceLayout(Operation* op) {
    Value result = op->getResult(0);
    if (!cast<TensorType>(result.getType()).hasFreeBatch()) return plain();
    if (isConvolution(op)) {
      kernel::InferencePlan plan = planOf(op, {.target = target, .exact = exact});
      if (plan.outputLayout == kernel::Layout::plain) return plain();
      return layout(LayoutKind::channel_lanes, plan.lanes, haloFor(result));
    }
    if (isa<LinearOp>(op)) return channelLanes(result);
    if (auto reshape = dyn_cast<ReshapeOp>(op))
      return movesNothing(reshape) ? layoutOf(reshape.getInput()) : plain();
    bool allPlain = true;
    for (Value operand : op->getOperands())
      if (cast<TensorType>(operand.getType()).hasFreeBatch()) allPlain &= isPlain(operand);
    // What stays in its place, or runs in a plain convolution's store, keeps its form.
    Operation* conv = convolutionBefore(op);
    bool inStore = conv && (fusablePool(conv) == op || (op->getNumOperands() == 1 && isPointwise(op)));
    bool keeps = inStore || isFoldedNorm(op);
    if (allPlain && (keeps || isPrologue(op))) return plain();
    OpBuilder b(op);
    for (OpOperand& operand : op->getOpOperands())
      if (cast<TensorType>(operand.get().getType()).hasFreeBatch() && isPlain(operand.get()))
        operand.set(load(b, operand.get(), layout(LayoutKind::channel_lanes, lanes)));
    return channelLanes(result);
  }

  static bool isPointwise(Operation* op) {
    auto kernel = dyn_cast<KernelOpInterface>(op);
    return kernel && kernel.isPointwise();
  }

  /// What is done with a picture of few channels on its way into the first convolution, which reads plain
  /// pictures: vectors of channels would be pads for the most part.
  bool isPrologue(Operation* op) {
    if (!isPointwise(op) || op->getNumOperands() != 1) return false;
    auto input = cast<TensorType>(op->getOperand(0).getType());
    bool few = input.getRank() == 4 && 2 * input.getFixed(1).value_or(lanes) <= lanes;
    Operation* before = op->getOperand(0).getDefiningOp();
    return few && (!before || isPrologue(before));
  }

  static bool isPlain(Value value) { return layoutOf(value).getKind() == LayoutKind::plain; }

  static bool isFoldedNorm(Operation* op) {
    if (!isa<BatchNormOp>(op)) return false;
    Operation* before = op->getOperand(0).getDefiningOp();
    return before && isConvolution(before);
  }

  /// The convolution from which the op is reached through single uses, or null.
  static Operation* convolutionBefore(Operation* op) {
    if (op->getNumOperands() == 0) return {};
    Value value = op->getOperand(0);
    while (value.hasOneUse()) {
      Operation* from = value.getDefiningOp();
      if (!from || isa<LoadOp>(from) || from->getNumOperands() == 0) return {};
      if (isConvolution(from)) return from;
      value = from->getOperand(0);
    }
    return {};
  }

  //===-- Both -----------------------------------------------------------------------------------------===//

  void storeResults(FunctionOp function) {
    Operation* terminator = function.getBody().front().getTerminator();
    OpBuilder b(terminator);
    for (OpOperand& operand : terminator->getOpOperands()) {
      Value value = operand.get();
      if (!cast<TensorType>(value.getType()).hasFreeBatch()) continue;
      operand.set(
          StoreOp::create(b, value.getLoc(), cast<TensorType>(value.getType()).withLayout(plain()), value));
    }
    function.setType(FunctionType::get(&getContext(), function.getBody().front().getArgumentTypes(),
                                       terminator->getOperandTypes()));
  }
};

} // namespace

/// All of an image is one pixel.
static bool isOnePixel(Type type) {
  SmallVector<int64_t> shape = cast<TensorType>(type).getFixedFrom(1);
  return llvm::all_of(ArrayRef(shape).drop_front(), [](int64_t extent) { return extent == 1; });
}

/// A linear layer's weights are packed for the order in which its input lies.
static bool isReadByLinear(Value value) {
  return llvm::all_of(value.getUsers(), [](Operation* user) {
    auto group = dyn_cast<GroupOp>(user);
    return isa<LinearOp>(user) || (group && isa<LinearOp>(group.getBody().front().front()));
  });
}

static bool movesNothing(ReshapeOp op) {
  LayoutAttr layout = cast<TensorType>(op.getInput().getType()).getLayout();
  if (layout.getHaloY() || layout.getHaloX()) return false;
  return layout.getKind() != LayoutKind::channel_lanes || isReadByLinear(op.getResult()) ||
         (isOnePixel(op.getInput().getType()) && isOnePixel(op.getResult().getType()));
}

bool isAlias(ReshapeOp op) {
  LayoutAttr from = cast<TensorType>(op.getInput().getType()).getLayout();
  LayoutAttr to = cast<TensorType>(op.getResult().getType()).getLayout();
  return movesNothing(op) && from == to;
}

} // namespace cnn
