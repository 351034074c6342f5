//===- kernel_of_group.cpp - A group as plain data for the kernel compiler -----------------------------===//
#include "dialect_to_groups/kernel_of_group.h"

#include "groups_to_halide/compile.h"

using namespace mlir;

namespace cnn {
namespace {

kernel::Element elementOf(Type type) {
  if (type.isF32()) return kernel::Element::f32;
  return type.getIntOrFloatBitWidth() == 8 ? kernel::Element::u8 : kernel::Element::i32;
}

/// [C, H, W] of an image: features are [F, 1, 1], one value an image [1, 1, 1], 1-D data [C, 1, L].
std::vector<int64_t> imageShape(TensorType type) {
  SmallVector<int64_t> rest = type.getRank() == 0 ? SmallVector<int64_t>() : type.getFixedFrom(1);
  if (rest.empty()) return {1, 1, 1};
  if (rest.size() == 1) return {rest[0], 1, 1};
  if (rest.size() == 2) return {rest[0], 1, rest[1]};
  return {rest.begin(), rest.end()};
}

/// One value for each block of the batch: made by one of these ops and read by another of them.
bool isPartial(Value value) {
  if (isa_and_nonnull<BatchNormStatisticsOp, BatchNormBackwardStatisticsOp, LaneSumOp>(value.getDefiningOp()))
    return true;
  return llvm::any_of(value.getUsers(), [](Operation* user) {
    return isa<BatchNormCombineOp, BatchNormBackwardCombineOp, BlockMeanOp>(user);
  });
}

/// A convolution's weight or its gradient, and no other parameter.
bool isConvolutionWeight(Value value) {
  if (value.getDefiningOp<ConvBackwardWeightOp>()) return true;
  return llvm::any_of(value.getUses(), [](OpOperand& use) {
    return isa<ConvOp, ConvTransposeOp, ConvBackwardInputOp>(use.getOwner()) && use.getOperandNumber() == 1;
  });
}

std::vector<int64_t> kernelShape(Value value) {
  auto type = cast<TensorType>(value.getType());
  bool lanes = type.getLayout() && type.getLayout().getKind() != LayoutKind::plain;
  bool partial = isPartial(value);
  if (lanes || (type.hasFreeBatch() && !partial)) return imageShape(type);
  SmallVector<int64_t> fixed = type.getFixedFrom(partial ? 1 : 0);
  std::vector<int64_t> shape(fixed.begin(), fixed.end());
  if (shape.empty()) shape.push_back(1);
  if (shape.size() == 3 && isConvolutionWeight(value))
    shape.insert(shape.begin() + 2, 1); // [O, I, K] of 1-D data
  return shape;
}

} // namespace

kernel::Tensor kernelTensor(Value value) {
  auto type = cast<TensorType>(value.getType());
  LayoutAttr layout = type.getLayout();
  kernel::Tensor tensor;
  tensor.element = elementOf(type.getElementType());
  tensor.shape = kernelShape(value);
  tensor.lanes = layout.getLanes();
  tensor.haloY = layout.getHaloY();
  tensor.haloX = layout.getHaloX();
  switch (layout.getKind()) {
  case LayoutKind::plain:
    tensor.layout = kernel::Layout::plain;
    break;
  case LayoutKind::batch_lanes:
    tensor.layout = kernel::Layout::batchLanes;
    break;
  case LayoutKind::channel_lanes:
    tensor.layout = kernel::Layout::channelLanes;
    break;
  }
  return tensor;
}

namespace {

/// Window attributes of 1-D data get a first dimension of height 1.
std::vector<int64_t> windowAttribute(StringRef name, ArrayRef<int64_t> values) {
  if (name == "padding" && values.size() == 2) return {0, values[0], 0, values[1]};
  if (name != "padding" && values.size() == 1) return {1, values[0]};
  return {values.begin(), values.end()};
}

} // namespace

std::vector<int64_t> windowAttribute(StringRef name, DenseI64ArrayAttr values) {
  return windowAttribute(name, values.asArrayRef());
}

kernel::Op kernelOp(Operation* op, llvm::function_ref<int(Value)> number) {
  kernel::Op result;
  result.name = mnemonic(op).str();
  for (Value operand : op->getOperands()) result.operands.push_back(number(operand));
  result.shape = kernelShape(op->getResult(0));
  result.element = elementOf(cast<TensorType>(op->getResult(0).getType()).getElementType());
  for (NamedAttribute attribute : op->getAttrs()) {
    std::string name = attribute.getName().str();
    if (auto array = dyn_cast<DenseI64ArrayAttr>(attribute.getValue()))
      result.ints[name] = windowAttribute(name, array.asArrayRef());
    else if (auto numbers = dyn_cast<DenseF64ArrayAttr>(attribute.getValue()))
      for (auto [i, number] : llvm::enumerate(numbers.asArrayRef()))
        result.floats[name + std::to_string(i)] = number;
    else if (auto flag = dyn_cast<BoolAttr>(attribute.getValue()))
      result.ints[name] = {flag.getValue()};
    else if (auto integer = dyn_cast<IntegerAttr>(attribute.getValue()))
      result.ints[name] = {integer.getInt()};
    else if (auto number = dyn_cast<FloatAttr>(attribute.getValue()))
      result.floats[name] = number.getValueAsDouble();
  }
  for (const char* name : {"ceil_mode", "output_padding"}) result.ints.erase(name); // the shape says it
  return result;
}

namespace {

kernel::ScalarType typeOfScalar(StringRef name) {
  if (name.starts_with("inverse_")) return kernel::ScalarType::f32;
  if (name.starts_with("seed_") || name == "step") return kernel::ScalarType::u32;
  return kernel::ScalarType::i32;
}

} // namespace

SmallVector<StringRef> changedInPlace(GroupOp group) {
  SmallVector<StringRef> names;
  if (auto combine = dyn_cast<BatchNormCombineOp>(group.getBody().front().front()))
    if (combine.getRunningMean()) names = {*combine.getRunningMean(), *combine.getRunningVar()};
  return names;
}

int64_t pixelsOf(GroupOp group) {
  for (Value operand : group.getOperands()) {
    auto type = cast<TensorType>(operand.getType());
    if (!type.hasFreeBatch()) continue;
    std::vector<int64_t> shape = imageShape(type);
    return shape[1] * shape[2];
  }
  return 1;
}

kernel::Kernel kernelOf(GroupOp group, StringRef target, bool exact) {
  kernel::Kernel result;
  result.target = target.str();
  result.exact = exact;
  Block& body = group.getBody().front();
  llvm::DenseMap<Value, int> numbers;
  for (BlockArgument argument : body.getArguments()) {
    numbers[argument] = numbers.size();
    result.inputs.push_back(kernelTensor(argument));
  }
  Operation* anchor = nullptr;
  for (Operation& op : body.without_terminator()) {
    kernel::Op next = kernelOp(&op, [&](Value value) { return numbers.lookup(value); });
    int number = result.inputs.size() + result.ops.size();
    for (Value value : op.getResults()) numbers[value] = number;
    auto reader = dyn_cast<KernelOpInterface>(op); // batch_norm by running statistics is none and reads none
    for (StringRef name : reader ? reader.getScalars() : ArrayRef<StringRef>()) {
      kernel::Scalar scalar{name.str(), typeOfScalar(name)};
      if (!llvm::is_contained(result.scalars, scalar)) result.scalars.push_back(scalar);
    }
    result.ops.push_back(next);
    anchor = &op;
  }
  for (Value value : body.getTerminator()->getOperands()) {
    result.results.push_back(numbers.lookup(value));
    result.outputs.push_back(kernelTensor(value));
  }
  if (isa<ChannelSumOp>(anchor)) { // whatever the parameter's shape, its elements are the channels
    int64_t elements = kernel::blockElements(result.outputs[0]);
    result.ops.back().shape = result.outputs[0].shape = {elements};
  }
  for (size_t i = 0; i < changedInPlace(group).size(); ++i) {
    kernel::Tensor statistic;
    statistic.shape = {result.outputs[0].shape.back()};
    result.results.push_back(result.results[0]);
    result.outputs.push_back(statistic);
  }
  if (isa<ConvBackwardWeightOp, LinearBackwardWeightOp, ChannelSumOp, LayerNormBackwardWeightOp>(anchor))
    result.range = kernel::Range::channel;
  result.schedule = kernel::chooseSchedule(result);
  if (auto tile = result.schedule.tiles.find("channels"); tile != result.schedule.tiles.end())
    result.rangeGranule = tile->second;
  return result;
}

} // namespace cnn
