//===- function_planner.cpp - What planning inference and training share -------------------------------===//
#include "dialect_to_groups/function_planner.h"

#include "dialect/transforms/passes.h"
#include "dialect_to_groups/inference_group.h"
#include "dialect_to_groups/kernel_of_group.h"
#include "groups_to_halide/compile.h"

using namespace mlir;

namespace cnn {
namespace {

int64_t elementBytes(kernel::Element element) {
  switch (element) {
  case kernel::Element::u8:
    return 1;
  case kernel::Element::i64:
    return 8;
  default:
    return 4;
  }
}

bool isPlainImage(Value value) {
  auto type = cast<TensorType>(value.getType());
  return type.hasFreeBatch() && type.getLayout().getKind() == LayoutKind::plain;
}

} // namespace

int64_t bytesOf(Value value, int64_t lanes) {
  kernel::Tensor tensor = kernelTensor(value);
  int64_t bytes = kernel::blockElements(tensor) * elementBytes(tensor.element);
  bool callers = isa<BlockArgument>(value) || llvm::any_of(value.getUsers(), llvm::IsaPred<ReturnOp>);
  if (isPlainImage(value) && callers) bytes *= lanes;
  return bytes;
}

FunctionPlanner::FunctionPlanner(FunctionOp function, NetworkPlan& network, FunctionPlan& plan, int64_t lanes)
    : function(function), network(network), plan(plan), lanes(lanes) {
  plan.lanes = lanes;
  if (auto places = function->getAttrOfType<DenseI64ArrayAttr>(resultsAttribute))
    plan.results = places.asArrayRef().vec();
  else
    for (size_t i = 0; i < function.getResultTypes().size(); ++i) plan.results.push_back(int64_t(i));
  for (const ParameterInfo& info : network.parameters) parameterOffsets[info.name] = info.offset;
  for (size_t i = 0; i < network.kernels.size(); ++i) kernelNumbers[kernel::print(network.kernels[i])] = i;
}

Address FunctionPlanner::parameter(StringRef name) const {
  Address address;
  address.base = Base::parameters;
  address.constant = 4 * parameterOffsets.lookup(name);
  return address;
}

size_t FunctionPlanner::kernelNumber(kernel::Kernel kernel) {
  auto [it, inserted] = kernelNumbers.try_emplace(kernel::print(kernel), network.kernels.size());
  if (inserted) network.kernels.push_back(std::move(kernel));
  return it->second;
}

/// Caller's tensors, parameters, gradients and the results of training lie outside the arena.
Address FunctionPlanner::externalPlace(Value value, bool& external) const {
  Address address;
  external = true;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    address.base = Base::input;
    address.index = argument.getArgNumber();
    address.perBlock = bytesOf(value, lanes);
    return address;
  }
  if (auto get = value.getDefiningOp<GetOp>()) return parameter(get.getParameter());
  for (OpOperand& use : value.getUses()) {
    if (auto gradient = dyn_cast<GradientOp>(use.getOwner())) {
      address = parameter(gradient.getParameter());
      address.base = Base::gradients;
      return address;
    }
    if (!isa<ReturnOp>(use.getOwner())) continue;
    bool perImage = cast<TensorType>(value.getType()).hasFreeBatch();
    address.base = perImage ? Base::output : Base::results;
    address.index = perImage ? use.getOperandNumber() : 0;
    address.constant = perImage ? 0 : 4 * plan.results[use.getOperandNumber()];
    address.perBlock = perImage ? bytesOf(value, lanes) : 0;
    return address;
  }
  external = false;
  return address;
}

void FunctionPlanner::addGroup(GroupOp group, int64_t phase, bool inChain) {
  int64_t place = groupCount++;
  for (Value operand : group.getOperands()) {
    auto it = itemOf.find(aliasRoot(operand));
    if (it == itemOf.end()) continue;
    ArenaItem& item = items[it->second];
    if (phase < item.lastPhase) continue;
    item.readInChain = inChain && (phase > item.lastPhase || item.readInChain);
    item.lastPhase = phase;
    item.last = place;
  }
  for (Value result : group.getResults()) {
    bool external;
    externalPlace(result, external);
    if (external) continue;
    ArenaItem item;
    item.bytes = bytesOf(result, lanes);
    item.perBlock = cast<TensorType>(result.getType()).hasFreeBatch();
    item.firstPhase = item.lastPhase = phase;
    item.first = item.last = place;
    item.readInChain = inChain;
    if (kernelTensor(result).element != kernel::Element::f32) item.bytes = (item.bytes + 63) / 64 * 64;
    itemOf[result] = items.size();
    items.push_back(item);
    unsigned number = cast<OpResult>(result).getResultNumber();
    makers.push_back(group.getBody().front().getTerminator()->getOperand(number).getDefiningOp());
  }
}

void FunctionPlanner::planMemory() {
  ArenaSizes sizes = planArena(items);
  plan.arenaConstantBytes = sizes.constantBytes;
  plan.arenaBlockBytes = sizes.blockBytes;
  plan.largestLiveBytes = sizes.largestLiveBytes;
  for (size_t i : sizes.fullestPhase)
    plan.fullestPhase.push_back(
        {pathOf(makers[i]), mnemonic(makers[i]).str(), items[i].bytes, items[i].perBlock});
}

Address FunctionPlanner::addressOf(Value value) const {
  value = aliasRoot(value);
  auto it = itemOf.find(value);
  bool external;
  if (it == itemOf.end()) return externalPlace(value, external);
  const ArenaItem& item = items[it->second];
  Address address;
  if (!item.perBlock) {
    address.constant = item.offset;
    return address;
  }
  address.constant = plan.arenaConstantBytes;
  address.perBlocks = item.offset;
  address.perBlock = item.bytes;
  return address;
}

std::optional<Call> FunctionPlanner::haloCall(Value value) {
  kernel::Tensor tensor = kernelTensor(value);
  auto group = value.getDefiningOp<GroupOp>();
  if ((!tensor.haloY && !tensor.haloX) || isa<LoadOp>(group.getBody().front().front())) return std::nullopt;
  kernel::Kernel kernel;
  kernel.target = network.target;
  kernel::Op fill;
  fill.name = "fill_halo";
  fill.shape = tensor.shape;
  kernel.ops = {fill};
  kernel.results = {0};
  kernel.outputs = {tensor};
  kernel.schedule = kernel::chooseSchedule(kernel);
  Call call;
  call.kernel = kernelNumber(kernel);
  call.outputs = {addressOf(value)};
  call.source = pathOf(group) + ".halo";
  return call;
}

std::string FunctionPlanner::pathOf(Operation* op) {
  if (auto name = dyn_cast<NameLoc>(op->getLoc())) return name.getName().str();
  return mnemonic(op).str();
}

} // namespace cnn
