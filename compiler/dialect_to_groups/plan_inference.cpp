//===- plan_inference.cpp - The phases of @predict and of preparing its weights ------------------------===//
//
// One image a block. A layer with enough work is a phase of its own, cut into rows or channels for the
// threads; small layers in a row form one chain.
//
//===---------------------------------------------------------------------------------------------------===//
#include "dialect_to_groups/function_planner.h"
#include "dialect_to_groups/inference_group.h"
#include "dialect_to_groups/input_parts.h"
#include "dialect_to_groups/kernel_of_group.h"

using namespace mlir;

namespace cnn {
namespace {

/// Below this much work a layer is not cut: waking and joining a thread costs 0.1 to 0.7 us, and a core does
/// about 100,000 operations in a microsecond.
constexpr double splitFlops = 150e3;
constexpr double chunkFlops = 100e3;
constexpr int64_t mostChunks = 8;

int64_t aligned64(int64_t bytes) {
  return (bytes + 63) / 64 * 64;
}

class InferencePlanner {
public:
  InferencePlanner(FunctionOp predict, const NetworkPlanOptions& options, NetworkPlan& network)
      : predict(predict), options{.target = options.target, .exact = options.exact}, network(network),
        planner(predict, network, network.predict, 1) {}

  void run() {
    SmallVector<GroupOp> groups(predict.getOps<GroupOp>());
    std::vector<InferenceGroup> built;
    int64_t phase = 0;
    bool lastCut = true, first = true;
    for (GroupOp group : groups) {
      built.push_back(inferenceGroup(group, options));
      bool cut = chunkOf(built.back()).first > 0;
      if (!first && (cut || lastCut)) ++phase;
      first = false;
      lastCut = cut;
      group.setPhase(phase);
      planner.addGroup(group, phase, !cut);
    }
    planner.planMemory();
    network.predict.phases.resize(groups.empty() ? 0 : phase + 1);
    network.prepare.lanes = 1;
    for (auto [group, kernels] : llvm::zip(groups, built)) addCalls(group, kernels);
  }

private:
  FunctionOp predict;
  kernel::PlanOptions options;
  NetworkPlan& network;
  FunctionPlanner planner;

  /// {extent, chunk} of the range over which the group is cut; {0, 0}: not at all.
  static std::pair<int64_t, int64_t> chunkOf(const InferenceGroup& group) {
    const kernel::Kernel& kernel = group.compute;
    if (kernel.range == kernel::Range::none || group.flops < splitFlops) return {0, 0};
    int64_t extent = rangeExtent(kernel);
    int64_t chunks = std::min<int64_t>(mostChunks, std::max<int64_t>(2, group.flops / chunkFlops));
    int64_t granule = kernel.rangeGranule;
    int64_t chunk = ((extent + chunks - 1) / chunks + granule - 1) / granule * granule;
    if (chunk >= extent) return {0, 0};
    return {extent, chunk};
  }

  static int64_t rangeExtent(const kernel::Kernel& kernel) {
    const kernel::Tensor& output = kernel.outputs.front();
    if (kernel.range == kernel::Range::row) return output.shape[1];
    if (output.layout == kernel::Layout::channelLanes)
      return (output.shape[0] + output.lanes - 1) / output.lanes;
    return output.shape[0];
  }

  static Address prepared(int64_t offset) {
    Address address;
    address.base = Base::prepared;
    address.constant = offset;
    return address;
  }

  void addCalls(GroupOp group, InferenceGroup& kernels) {
    int64_t weights = 0, bias = 0;
    if (kernels.packs) std::tie(weights, bias) = addPacking(group, kernels);
    Call call;
    call.source = FunctionPlanner::pathOf(group);
    for (int operand : kernels.computeInputs)
      call.inputs.push_back(operand == -1   ? prepared(weights)
                            : operand == -2 ? prepared(bias)
                                            : planner.addressOf(group.getOperand(operand)));
    for (Value result : group.getResults()) call.outputs.push_back(planner.addressOf(result));
    auto [extent, chunk] = chunkOf(kernels);
    call.kernel = planner.kernelNumber(kernels.compute);
    std::vector<Call> halos;
    for (Value result : group.getResults())
      if (auto halo = planner.haloCall(result)) halos.push_back(*halo);
    std::vector<ChunkFamily>& families = network.predict.phases[*group.getPhase()].families;
    if (extent > 0) {
      ChunkFamily& family = families.emplace_back();
      family.rangeExtent = extent;
      family.rangeChunk = chunk;
      for (size_t i = 0; i < call.inputs.size(); ++i)
        call.parts.push_back(call.inputs[i].base == Base::arena ? inputPart(kernels.compute, i, chunk)
                                                                : std::nullopt);
      family.calls.push_back(std::move(call));
      if (!halos.empty()) families.emplace_back().calls.assign(halos.begin(), halos.end());
      return;
    }
    if (families.empty()) families.emplace_back();
    families.front().calls.push_back(std::move(call));
    for (Call& halo : halos) families.front().calls.push_back(std::move(halo));
  }

  /// The kernel that packs the group's weights; returns where weights and bias go.
  std::pair<int64_t, int64_t> addPacking(GroupOp group, InferenceGroup& kernels) {
    int64_t places[2];
    for (int i = 0; i < 2; ++i) {
      places[i] = network.preparedBytes;
      network.preparedBytes += aligned64(4 * kernel::blockElements(kernels.pack.outputs[i]));
    }
    Call call;
    call.source = FunctionPlanner::pathOf(group) + ".pack";
    for (int operand : kernels.packInputs)
      call.inputs.push_back(planner.addressOf(group.getOperand(operand)));
    call.outputs = {prepared(places[0]), prepared(places[1])};
    call.kernel = planner.kernelNumber(kernels.pack);
    ChunkFamily family;
    family.perBlock = false;
    family.calls.push_back(std::move(call));
    if (network.prepare.phases.empty()) network.prepare.phases.emplace_back();
    network.prepare.phases.front().families.push_back(std::move(family));
    return {places[0], places[1]};
  }
};

} // namespace

LogicalResult planInference(FunctionOp predict, const NetworkPlanOptions& options, NetworkPlan& plan) {
  InferencePlanner(predict, options, plan).run();
  return success();
}

} // namespace cnn
