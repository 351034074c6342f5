//===- library_plan.cpp - What follows from a plan: the optimizer's kernel, limits, names --------------===//

#include "groups_to_llvm/library_plan.h"

#include "groups_to_llvm/memory.h"

#include <cnn/abi.h>

#include <algorithm>
#include <cctype>
#include <limits>

namespace cnn {

using kernel::Layout;
using kernel::Range;
using kernel::Tensor;

/// The optimizer's kernel: its op has the flags, and where each state is among the outputs.
static kernel::Kernel updateKernel(const TrainingSettings::Phase& settings, const std::string& target) {
  const OptimizerKind& kind = optimizerKinds[settings.optimizer];
  kernel::Kernel kernel;
  kernel.target = target;
  // A flat array of run-time length: the extent here only says that it is a whole number of vectors.
  Tensor flat;
  flat.shape = {16};
  kernel.inputs = {flat};
  kernel.outputs = {flat};
  kernel.scalars = {{"count", kernel::ScalarType::i32}};
  for (const char* name : kind.scalars) kernel.scalars.push_back({name, kernel::ScalarType::f32});
  kernel::Op op;
  op.name = kind.name + std::string("_update");
  op.operands = {0};
  op.shape = {16};
  for (const auto& argument : kind.arguments)
    if (argument.is.kind == NumberKind::flag)
      op.ints[argument.name] = {settings.hyper.*argument.field != 0 ? 1 : 0};
  for (const OptimizerState& state : kind.states)
    if (state.kept(settings.hyper)) {
      op.ints[state.name] = {int64_t(kernel.outputs.size())};
      kernel.outputs.push_back(flat);
    }
  kernel.ops = {op};
  kernel.results.assign(kernel.outputs.size(), 1);
  kernel.schedule = kernel::chooseSchedule(kernel);
  return kernel;
}

void addPhases(LibraryPlan& plan) {
  size_t first = plan.network.kernels.size();
  for (const TrainingSettings::Phase& phase : plan.training.phases) {
    LibraryPlan::PhaseCode& code = plan.phases.emplace_back();
    if (plan.training.steps)
      code.function = plan.phases.size() - 1;
    else
      while (code.function + 1 < plan.network.train.size() &&
             plan.network.train[code.function].frozen != phase.frozen)
        ++code.function;
    kernel::Kernel kernel = updateKernel(phase, plan.network.target);
    std::vector<kernel::Kernel>& kernels = plan.network.kernels;
    code.updateKernel = first;
    while (code.updateKernel < kernels.size() &&
           kernel::print(kernels[code.updateKernel]) != kernel::print(kernel))
      ++code.updateKernel;
    if (code.updateKernel == kernels.size()) kernels.push_back(std::move(kernel));
  }
}

int64_t wholeRange(const kernel::Kernel& kernel) {
  if (kernel.range == Range::none) return 0;
  const Tensor& tensor = kernel.outputs.front();
  if (kernel.range == Range::row)
    return tensor.shape[tensor.layout == Layout::plain ? tensor.shape.size() - 2 : 1];
  int64_t channels = tensor.shape[0];
  return tensor.layout == Layout::channelLanes ? (channels + tensor.lanes - 1) / tensor.lanes : channels;
}

namespace {

constexpr int64_t largestOffset = std::numeric_limits<int32_t>::max();

/// Kernels that reduce over the batch see all blocks at once and count them in 32 bits.
int64_t largestBlockCount(const kernel::Kernel& kernel) {
  int64_t most = largestOffset;
  for (size_t i = 0; i < kernel.inputs.size(); ++i) {
    const Tensor& tensor = kernel.inputs[i];
    if (tensor.layout == Layout::plain && !kernel::holdsParts(kernel, i)) continue;
    most = std::min(most, largestOffset / 4 / std::max<int64_t>(1, blockElements(tensor)));
  }
  return most;
}

int64_t largestBatchOf(const FunctionPlan& function, const NetworkPlan& plan) {
  int64_t most = largestOffset - function.lanes;
  int64_t perBlock = std::max<int64_t>(1, function.arenaBlockBytes);
  most = std::min(most, std::numeric_limits<int64_t>::max() / 4 / perBlock);
  for (const Phase& phase : function.phases) {
    for (const ChunkFamily& family : phase.families) {
      for (const Call& call : family.calls) {
        for (const ScalarArgument& scalar : call.scalars) {
          if (scalar.source == ScalarSource::blocks)
            most = std::min(most, largestBlockCount(plan.kernels[call.kernel]) * function.lanes);
          if (scalar.source == ScalarSource::inverseCount || scalar.source == ScalarSource::batch)
            most = std::min(most, largestOffset / std::max<int64_t>(1, scalar.pixels));
        }
      }
    }
  }
  return most;
}

} // namespace

int64_t largestBatch(const NetworkPlan& plan) {
  int64_t most = largestBatchOf(plan.predict, plan);
  for (const FunctionPlan& train : plan.train) most = std::min(most, largestBatchOf(train, plan));
  if (plan.trains()) most = std::min(most, largestBatchOf(plan.evaluate, plan));
  return most;
}

} // namespace cnn
