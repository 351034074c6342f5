//===- choose_winograd.cpp - Which convolutions of training run by Winograd -------------------------===//
#include "dialect/kernel_choices.h"
#include "dialect/transforms/passes.h"
#include "dialect_to_groups/passes.h"
#include "groups_to_halide/compile.h"
#include "groups_to_halide/schedules/batch_winograd_plan.h"

using namespace mlir;

namespace cnn {
#define GEN_PASS_DEF_CNNCHOOSEWINOGRAD
#include "group_passes.h.inc"

namespace {

struct ChooseWinograd : impl::CnnChooseWinogradBase<ChooseWinograd> {
  using Base::Base;

  void runOnOperation() override {
    if (target.empty()) target = kernel::hostTarget();
    bool right = true;
    getOperation().walk([&](ConvOp conv) { right &= succeeded(verifyChoice(conv)); });
    if (!right) return signalPassFailure();
    for (FunctionOp function : batchFunctions(getOperation())) choose(function);
  }

private:
  void choose(FunctionOp train) {
    for (Operation& op : llvm::make_early_inc_range(train.getBody().front())) {
      if (auto conv = dyn_cast<ConvOp>(op))
        replace(conv, conv.getInput(), conv.getWeight(), conv.getBias(), conv.getPadding(), false);
      else if (auto back = dyn_cast<ConvBackwardInputOp>(op))
        replace(back, back.getDy(), back.getWeight(), Value(), turned(back.getPadding()), true);
    }
  }

  /// dy spread through the kernel is a convolution of dy, with pads that make up for those of the forward
  /// one. Below zero where the forward pads exceed what a tap reaches.
  static SmallVector<int64_t> turned(ArrayRef<int64_t> padding) {
    return llvm::map_to_vector(padding, [](int64_t pad) { return 2 - pad; });
  }

  template <typename Conv>
  void replace(Conv conv, Value input, Value weight, Value bias, ArrayRef<int64_t> padding, bool transposed) {
    auto isOne = [](int64_t value) { return value == 1; };
    auto type = cast<TensorType>(conv.getResult().getType());
    SmallVector<int64_t> taps = cast<TensorType>(weight.getType()).getFixedFrom(0);
    bool possible = taps.size() == 4 && taps[2] == 3 && taps[3] == 3 && conv.getGroups() == 1 &&
                    llvm::all_of(conv.getStride(), isOne) && llvm::all_of(conv.getDilation(), isOne) &&
                    llvm::all_of(padding, [](int64_t pad) { return pad >= 0; });
    if (!possible) return;
    int64_t in = taps[transposed ? 0 : 1], out = taps[transposed ? 1 : 0];
    KernelChoice choice = choiceOf(conv);
    int64_t outputs = choice.winogradOutputs;
    if (!outputs && !choice.direct)
      outputs = kernel::batchWinogradOutputs({in, out, *type.getFixed(2), *type.getFixed(3)}, target);
    if (outputs == 0) return;
    OpBuilder b(conv);
    auto transformed = TensorType::get(b.getContext(), {outputs + 2, outputs + 2, in, out}, b.getF32Type());
    Value weights = WinogradWeightsOp::create(b, conv.getLoc(), transformed, weight, outputs, transposed);
    auto winograd = WinogradConvOp::create(b, conv.getLoc(), type, input, weights, bias,
                                           b.getDenseI64ArrayAttr(padding), b.getI64IntegerAttr(outputs));
    if (Attribute schedule = conv->getAttr(scheduleAttribute)) winograd->setAttr(scheduleAttribute, schedule);
    conv.getResult().replaceAllUsesWith(winograd.getResult());
    conv.erase();
  }
};

} // namespace
} // namespace cnn
