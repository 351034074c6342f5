//===- kernel_choices.cpp - What a kernels section may say about a convolution -------------------===//
#include "dialect/kernel_choices.h"

using namespace mlir;

namespace cnn {

ScheduleAttr scheduleOf(MLIRContext* context, const KernelChoice& choice) {
  Builder b(context);
  SmallVector<NamedAttribute> tiles;
  if (choice.winogradOutputs)
    tiles.push_back(b.getNamedAttr("outputs", b.getI64IntegerAttr(choice.winogradOutputs)));
  if (!choice.tile.empty()) tiles.push_back(b.getNamedAttr("tile", b.getDenseI64ArrayAttr(choice.tile)));
  return ScheduleAttr::get(context, b.getStringAttr(choice.winogradOutputs ? "winograd" : "direct"),
                           b.getDictionaryAttr(tiles));
}

KernelChoice choiceOf(Operation* op) {
  KernelChoice choice;
  auto schedule = op->getAttrOfType<ScheduleAttr>(scheduleAttribute);
  if (!schedule) return choice;
  choice.direct = schedule.getAlgorithm() == "direct";
  if (auto outputs = schedule.getTiles().getAs<IntegerAttr>("outputs"); outputs && !choice.direct)
    choice.winogradOutputs = outputs.getInt();
  if (auto tile = schedule.getTiles().getAs<DenseI64ArrayAttr>("tile"); tile && choice.direct)
    choice.tile.assign(tile.asArrayRef().begin(), tile.asArrayRef().end());
  return choice;
}

static SmallVector<int64_t> windowOf(ConvOp conv) {
  SmallVector<int64_t> shape = cast<TensorType>(conv.getWeight().getType()).getFixedFrom(0);
  return {shape.begin() + 2, shape.end()};
}

static std::string extents(ArrayRef<int64_t> values) {
  std::string text;
  for (int64_t value : values) {
    if (!text.empty()) text += 'x';
    text += std::to_string(value);
  }
  return text;
}

std::string whyNoWinograd(ConvOp conv) {
  auto isOne = [](int64_t value) { return value == 1; };
  auto result = cast<TensorType>(conv.getResult().getType());
  SmallVector<int64_t> window = windowOf(conv);
  if (window.size() != 2) return "it has one dimension";
  if (!llvm::all_of(conv.getStride(), isOne)) return "its stride is " + extents(conv.getStride());
  if (!llvm::all_of(conv.getDilation(), isOne)) return "its dilation is " + extents(conv.getDilation());
  if (conv.getGroups() != 1) return "it has " + std::to_string(conv.getGroups()) + " groups";
  if (window[0] == 3 && window[1] == 3) return "";
  if (window[0] != 5 || window[1] > 7) return "its window is " + extents(window);
  // Its Winograd works on pairs of rows, and for several channels.
  if (result.getFixed(2).value_or(2) < 2) return "its result has one row";
  if (*cast<TensorType>(conv.getWeight().getType()).getFixed(1) == 1) return "it has one input channel";
  return "";
}

SmallVector<int64_t> winogradSizes(ConvOp conv) {
  if (!whyNoWinograd(conv).empty()) return {};
  if (windowOf(conv)[0] == 5) return {2};
  return {4, 2};
}

LogicalResult verifyChoice(ConvOp conv) {
  Attribute attribute = conv->getAttr(scheduleAttribute);
  if (!attribute) return success();
  auto schedule = dyn_cast<ScheduleAttr>(attribute);
  KernelChoice choice = choiceOf(conv);
  bool known = schedule &&
               (choice.direct ? choice.tile.empty() || choice.tile.size() == 3
                              : llvm::is_contained(winogradSizes(conv), choice.winogradOutputs)) &&
               llvm::all_of(choice.tile, [](int64_t extent) { return extent >= 1; });
  if (known) return success();
  return conv.emitOpError("cannot have the schedule ") << attribute;
}

} // namespace cnn
