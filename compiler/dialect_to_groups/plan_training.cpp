//===- plan_training.cpp - The phases of @train and @evaluate ------------------------------------===//
//
// A phase holds one chain of calls for each block of the batch, and beside it the reductions over the batch
// whose operands were complete before: they are cut by output channels, so that no sum depends on the number
// of threads.
//
//===---------------------------------------------------------------------------------------------------===//
#include "dialect/transforms/passes.h"
#include "dialect_to_groups/function_planner.h"
#include "dialect_to_groups/kernel_of_group.h"
#include "groups_to_halide/compile.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace cnn {
namespace {

/// More chunks than threads even out; each has a cost of its own.
constexpr int64_t reductionChunks = 8;

ScalarSource sourceOf(StringRef name) {
  static const llvm::StringMap<ScalarSource> sources = {{"images", ScalarSource::images},
                                                        {"blocks", ScalarSource::blocks},
                                                        {"batch", ScalarSource::batch},
                                                        {"inverse_batch", ScalarSource::inverseBatch},
                                                        {"seed_low", ScalarSource::seedLow},
                                                        {"seed_high", ScalarSource::seedHigh},
                                                        {"step", ScalarSource::step},
                                                        {"first_image", ScalarSource::firstImage},
                                                        {"inverse_count", ScalarSource::inverseCount}};
  return sources.at(name);
}

bool reduces(GroupOp group) {
  auto kernel = dyn_cast<KernelOpInterface>(group.getBody().front().front());
  return kernel && kernel.reducesBatch();
}

class TrainingPlanner {
public:
  TrainingPlanner(FunctionOp train, const NetworkPlanOptions& options, NetworkPlan& network,
                  FunctionPlan& plan)
      : train(train), network(network), plan(plan), exact(options.exact),
        planner(train, network, plan, kernel::vectorLanes(options.target)) {
    plan.name = train.getSymName().str();
    if (auto frozen = train->getAttrOfType<ArrayAttr>(frozenAttribute))
      for (auto name : frozen.getAsRange<StringAttr>()) plan.frozen.push_back(name.str());
  }

  void run() {
    SmallVector<GroupOp> groups(train.getOps<GroupOp>());
    for (GroupOp group : groups) planner.addGroup(group, *group.getPhase(), !reduces(group));
    planner.planMemory();
    for (GroupOp group : groups) addCalls(group);
    dropEmptyFamilies();
    if (train.getSymName() != evaluationName) findUnwrittenGradients();
  }

private:
  FunctionOp train;
  NetworkPlan& network;
  FunctionPlan& plan;
  bool exact;
  FunctionPlanner planner;

  Phase& phase(int64_t number) {
    std::vector<Phase>& phases = plan.phases;
    while (int64_t(phases.size()) <= number) phases.emplace_back().families.emplace_back(); // the chain first
    return phases[number];
  }

  void addCalls(GroupOp group) {
    kernel::Kernel kernel = kernelOf(group, network.target, exact);
    Call call;
    call.source = FunctionPlanner::pathOf(group) + "." + mnemonic(&group.getBody().front().front()).str();
    for (Value operand : group.getOperands()) call.inputs.push_back(planner.addressOf(operand));
    for (Value result : group.getResults()) call.outputs.push_back(planner.addressOf(result));
    for (StringRef name : changedInPlace(group)) call.outputs.push_back(planner.parameter(name));
    for (const kernel::Scalar& scalar : kernel.scalars)
      call.scalars.push_back({sourceOf(scalar.name), pixelsOf(group)});
    Phase& home = phase(*group.getPhase());
    if (!reduces(group)) {
      call.kernel = planner.kernelNumber(std::move(kernel));
      home.families.front().calls.push_back(std::move(call));
      for (Value result : group.getResults())
        if (auto halo = planner.haloCall(result)) home.families.front().calls.push_back(*halo);
      return;
    }
    ChunkFamily family;
    family.perBlock = false;
    if (kernel.range != kernel::Range::none) {
      int64_t extent = kernel.outputs.front().shape.front(), granule = kernel.rangeGranule;
      family.rangeExtent = extent;
      int64_t chunk = (extent + reductionChunks - 1) / reductionChunks;
      family.rangeChunk = std::min(extent, (chunk + granule - 1) / granule * granule);
    }
    call.kernel = planner.kernelNumber(std::move(kernel));
    family.calls.push_back(std::move(call));
    home.families.push_back(std::move(family));
  }

  void dropEmptyFamilies() {
    for (Phase& phase : plan.phases)
      llvm::erase_if(phase.families, [](const ChunkFamily& family) { return family.calls.empty(); });
    llvm::erase_if(plan.phases, [](const Phase& phase) { return phase.families.empty(); });
  }

  /// A parameter on which the loss does not depend has the gradient zero; a frozen one has none.
  void findUnwrittenGradients() {
    llvm::StringSet<> written;
    train.walk([&](GradientOp op) { written.insert(op.getParameter()); });
    for (const std::string& name : plan.frozen) written.insert(name);
    for (size_t i = 0; i < network.parameters.size(); ++i) {
      const ParameterInfo& info = network.parameters[i];
      if (!info.trainable || written.contains(info.name)) continue;
      int64_t end =
          i + 1 < network.parameters.size() ? network.parameters[i + 1].offset : network.parameterFloats;
      plan.zeroGradients.push_back({info.offset, end - info.offset});
    }
  }
};

} // namespace

LogicalResult planTraining(FunctionOp train, const NetworkPlanOptions& options, NetworkPlan& plan,
                           FunctionPlan& function) {
  TrainingPlanner(train, options, plan, function).run();
  return success();
}

} // namespace cnn
