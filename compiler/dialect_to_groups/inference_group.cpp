//===- inference_group.cpp - A group of @predict: packed weights and the kernel that reads them --------===//
#include "dialect_to_groups/inference_group.h"

#include "dialect/kernel_choices.h"
#include "dialect_to_groups/kernel_of_group.h"
#include "dialect_to_groups/passes.h"
#include "groups_to_halide/compile.h"

using namespace mlir;

namespace cnn {
namespace {

bool isPointwise(Operation* op) {
  if (isa<BatchNormOp>(op)) return true;
  auto kernel = dyn_cast<KernelOpInterface>(op);
  return kernel && kernel.isPointwise();
}

/// {size, stride} of a pooling without padding whose square windows do not overlap, or {1, 1}.
std::array<int64_t, 2> plainPool(Operation* op) {
  auto fits = [](auto pool) {
    ArrayRef<int64_t> kernel = pool.getKernel(), stride = pool.getStride();
    return kernel.size() == 2 && kernel[0] == kernel[1] && stride == kernel && !pool.getCeilMode() &&
           llvm::all_of(pool.getPadding(), [](int64_t pad) { return pad == 0; });
  };
  if (auto pool = dyn_cast<MaxPoolOp>(op))
    if (fits(pool) && llvm::all_of(pool.getDilation(), [](int64_t d) { return d == 1; }))
      return {pool.getKernel()[0], pool.getStride()[0]};
  if (auto pool = dyn_cast<AvgPoolOp>(op))
    if (fits(pool)) return {pool.getKernel()[0], pool.getStride()[0]};
  return {1, 1};
}

template <typename Conv> kernel::ConvShape shapeOf(Conv op) {
  auto input = cast<TensorType>(op.getInput().getType()), weight = cast<TensorType>(op.getWeight().getType());
  kernel::ConvShape shape;
  shape.channels = *input.getFixed(1);
  shape.height = input.getRank() == 4 ? *input.getFixed(2) : 1;
  shape.width = *input.getFixed(input.getRank() - 1);
  shape.outChannels = *cast<TensorType>(op.getResult().getType()).getFixed(1);
  shape.kernelY = weight.getRank() == 4 ? *weight.getFixed(2) : 1;
  shape.kernelX = *weight.getFixed(weight.getRank() - 1);
  auto copy = [](const std::vector<int64_t>& from, auto& to) {
    std::copy(from.begin(), from.end(), to.begin());
  };
  copy(windowAttribute("stride", op.getStrideAttr()), shape.stride);
  copy(windowAttribute("padding", op.getPaddingAttr()), shape.padding);
  copy(windowAttribute("dilation", op.getDilationAttr()), shape.dilation);
  shape.groups = op.getGroups();
  return shape;
}

double elements(Type type) {
  double count = 1;
  for (int64_t extent : cast<TensorType>(type).getFixedFrom(1)) count *= extent;
  return count;
}

/// Additions, differences, squares, scaling and shifting of one element, by which a layer norm is cut for
/// threads.
constexpr double layerNormFlops = 8;

/// Builds the two kernels of one group while it walks over the ops.
class Builder {
public:
  Builder(GroupOp group, const kernel::PlanOptions& options)
      : body(group.getBody().front()), options(options) {}

  InferenceGroup build() {
    result.compute.target = options.target;
    result.compute.exact = options.exact;
    for (Operation& op : body.without_terminator()) add(&op);
    for (Value value : body.getTerminator()->getOperands()) {
      result.compute.results.push_back(numbers.lookup(value));
      result.compute.outputs.push_back(kernelTensor(value));
    }
    result.compute.schedule = kernel::chooseSchedule(result.compute);
    for (auto& [name, size] : chosenTiles) result.compute.schedule.tiles[name] = size;
    return std::move(result);
  }

private:
  Block& body;
  const kernel::PlanOptions& options;
  InferenceGroup result;
  std::map<std::string, int64_t> chosenTiles;
  Value folded;                       ///< the anchor's result, whose batch norm is in the packed weights
  llvm::DenseMap<Value, int> numbers; ///< of values that exist so far; inputs are numbered before any op

  /// Inputs come first in a kernel's numbering: all of them are known before the first op is added.
  void addInput(kernel::Tensor tensor, int operand, Value value = {}) {
    if (value) numbers[value] = result.compute.inputs.size();
    result.compute.inputs.push_back(std::move(tensor));
    result.computeInputs.push_back(operand);
  }

  int numberOfNext() { return result.compute.inputs.size() + result.compute.ops.size(); }

  void add(Operation* op) {
    if (result.compute.ops.empty()) {
      if (auto conv = dyn_cast<ConvOp>(op)) return anchorWithWeights(conv, planOf(op, options));
      if (auto conv = dyn_cast<ConvTransposeOp>(op)) return anchorWithWeights(conv, planOf(op, options));
      if (auto linear = dyn_cast<LinearOp>(op)) {
        auto outputs = cast<TensorType>(linear.getWeight().getType()).getFixed(0);
        return anchorWithWeights(linear, kernel::planLinear(inputOf(linear), *outputs, options));
      }
      for (BlockArgument argument : body.getArguments())
        addInput(kernelTensor(argument), argument.getArgNumber(), argument);
      if (isa<LayerNormOp>(op)) { // each row by itself
        result.compute.range = kernel::Range::row;
        result.flops = layerNormFlops * elements(op->getResult(0).getType());
      }
    }
    auto norm = dyn_cast<BatchNormOp>(op);
    if (norm && norm.getInput() == folded) { // into the weights
      numbers[norm.getResult()] = numbers.lookup(norm.getInput());
      return;
    }
    kernel::Op next = kernelOp(op, [&](Value value) { return numbers.lookup(value); });
    numbers[op->getResult(0)] = numberOfNext();
    result.compute.ops.push_back(next);
  }

  /// A linear layer reads its input where it lies, in front of a flatten.
  kernel::Tensor inputOf(Operation* op) {
    auto argument = cast<BlockArgument>(op->getOperand(0));
    Value outside = cast<GroupOp>(body.getParentOp()).getOperand(argument.getArgNumber());
    return kernelTensor(isa<LinearOp>(op) ? aliasRoot(outside) : outside);
  }

  template <typename Op> void anchorWithWeights(Op op, const kernel::InferencePlan& plan) {
    auto number = [&](Value value) { return int(cast<BlockArgument>(value).getArgNumber()); };
    kernel::RawParameters raw;
    SmallVector<int64_t> weight = cast<TensorType>(op.getWeight().getType()).getFixedFrom(0);
    raw.weights.assign(weight.begin(), weight.end());
    if (raw.weights.size() == 3) raw.weights.insert(raw.weights.begin() + 2, 1);
    raw.transposed = isa<ConvTransposeOp>(op);
    result.packs = true;
    result.packInputs = {number(op.getWeight())};
    raw.bias = bool(op.getBias());
    if (raw.bias) result.packInputs.push_back(number(op.getBias()));
    for (Operation* user : op.getResult().getUsers())
      if (auto norm = dyn_cast<BatchNormOp>(user)) {
        folded = op.getResult();
        raw.batchNorm = true;
        raw.eps = norm.getEps().convertToDouble();
        for (Value parameter :
             {norm.getWeight(), norm.getBias(), norm.getRunningMean(), norm.getRunningVar()})
          result.packInputs.push_back(number(parameter));
      }
    result.pack = kernel::packKernel(plan, raw, options.target);

    addInput(inputOf(op), number(op.getInput()), op.getInput());
    addInput(plainTensor(plan.packedWeights), -1);
    addInput(plainTensor(plan.packedBias), -2);
    for (BlockArgument argument : body.getArguments())
      if (!numbers.count(argument) && !llvm::is_contained(result.packInputs, int(argument.getArgNumber())))
        addInput(kernelTensor(argument), argument.getArgNumber(), argument);
    auto type = cast<TensorType>(op.getResult().getType());
    SmallVector<int64_t> shape = type.getFixedFrom(1);
    std::vector<int64_t> image(shape.begin(), shape.end());
    if (image.size() == 1) image.resize(3, 1);
    if (image.size() == 2) image.insert(image.begin() + 1, 1);
    numbers[op.getResult()] = kernel::appendCompute(result.compute, plan, 0, 1, 2, image);
    chosenTiles = plan.tiles;
    result.compute.range = plan.range;
    result.compute.rangeGranule = plan.rangeGranule;
    result.flops = 2 * elements(type) * elements(op.getWeight().getType());
  }

  static kernel::Tensor plainTensor(const std::vector<int64_t>& shape) {
    kernel::Tensor tensor;
    tensor.shape = shape;
    return tensor;
  }
};

} // namespace

Value aliasRoot(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>()) {
    if (!isAlias(reshape)) break;
    value = reshape.getInput();
  }
  return value;
}

/// By Winograd on rows a tile has two outputs, and a pooling in the store of one on squares is no gain.
static int64_t largestPool(ConvOp op) {
  if (!choiceOf(op).winogradOutputs) return kernel::largestFusedWindow;
  return *cast<TensorType>(op.getWeight().getType()).getFixed(2) == 5 ? 2 : 1;
}

bool isConvolution(Operation* op) {
  return isa<ConvOp, ConvTransposeOp>(op);
}

Operation* fusablePool(Operation* convolution) {
  auto op = dyn_cast<ConvOp>(convolution);
  if (!op) return nullptr;
  Value value = op.getResult();
  while (value.hasOneUse()) {
    Operation* user = *value.getUsers().begin();
    if (int64_t size = plainPool(user)[0]; size > 1) return size <= largestPool(op) ? user : nullptr;
    if (!isa<BatchNormOp>(user) && (!isPointwise(user) || user->getNumOperands() != 1)) return nullptr;
    value = user->getResult(0);
  }
  return nullptr;
}

kernel::InferencePlan planOf(Operation* convolution, const kernel::PlanOptions& options) {
  if (auto transposed = dyn_cast<ConvTransposeOp>(convolution)) {
    auto out = cast<TensorType>(transposed.getResult().getType());
    int64_t height = out.getRank() == 4 ? *out.getFixed(2) : 1;
    return kernel::planConvTranspose(shapeOf(transposed), height, *out.getFixed(out.getRank() - 1), options);
  }
  auto op = cast<ConvOp>(convolution);
  kernel::PlanOptions withPool = options;
  if (Operation* pool = fusablePool(op)) withPool.pool = plainPool(pool);
  KernelChoice choice = choiceOf(op);
  withPool.choice.direct = choice.direct;
  withPool.choice.winograd = choice.winogradOutputs;
  llvm::copy(choice.tile, withPool.choice.tile.begin());
  return kernel::planConv(shapeOf(op), withPool);
}

bool isAbsorbed(Operation* op, Operation* anchor) {
  if (isa<BatchNormOp>(op))
    return (isConvolution(anchor) || isa<LinearOp>(anchor)) && op->getOperand(0) == anchor->getResult(0);
  return plainPool(op)[0] > 1 && fusablePool(anchor) == op;
}

InferenceGroup inferenceGroup(GroupOp group, const kernel::PlanOptions& options) {
  return Builder(group, options).build();
}

} // namespace cnn
