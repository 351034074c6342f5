//===- memory_budgets.cpp - Whether networks keep their budgets of memory ------------------------===//

#include "memory_budgets.h"

#include "compilation.h"

#include "dialect_to_groups/plan_network.h"
#include "dialect_to_summary/summary.h"
#include "groups_to_halide/target.h"
#include "groups_to_llvm/memory.h"

#include "mlir/Pass/PassManager.h"

#include <algorithm>

namespace cnn::tools {
namespace {

/// A tensor that counts, and what it is.
struct Need {
  std::string path, what;
  int64_t bytes = 0;
};

std::string bytesText(int64_t bytes) {
  return grouped(bytes) + " bytes";
}

void addTensors(const FunctionPlan& function, int64_t blocks, std::vector<Need>& needs) {
  for (const LiveTensor& tensor : function.fullestPhase)
    needs.push_back({tensor.source, tensor.operation, tensor.bytes * (tensor.perBlock ? blocks : 1)});
}

void addPackedWeights(const NetworkPlan& plan, std::vector<Need>& needs) {
  for (const Phase& phase : plan.prepare.phases)
    for (const ChunkFamily& family : phase.families)
      for (const Call& call : family.calls) {
        int64_t bytes = 0;
        for (const kernel::Tensor& packed : plan.kernels[call.kernel].outputs)
          bytes += 4 * blockElements(packed);
        needs.push_back({call.source.substr(0, call.source.rfind(".pack")), "packed weights", bytes});
      }
}

const FunctionPlan& largestTraining(const NetworkPlan& plan) {
  return *std::ranges::max_element(plan.train, {}, &FunctionPlan::arenaBlockBytes);
}

/// The networks of a program as planned for one target, each once.
class Planner {
public:
  Planner(mlir::ModuleOp module, const CompileOptions& options, const std::string& target)
      : module(module), options(options), target(target) {}

  /// Null where it cannot be planned.
  const LibraryPlan* planOf(const std::string& network, bool training) {
    auto [found, isNew] = plans.try_emplace({network, training});
    if (isNew && !makePlan(network, training, found->second)) return nullptr;
    return &found->second;
  }

private:
  mlir::ModuleOp module;
  const CompileOptions& options;
  const std::string target;
  std::map<std::pair<std::string, bool>, LibraryPlan> plans;

  bool makePlan(const std::string& name, bool training, LibraryPlan& plan) {
    mlir::OwningOpRef<mlir::ModuleOp> copy = module.clone();
    for (NetworkOp network : llvm::make_early_inc_range(copy->getOps<NetworkOp>()))
      if (network.getSymName() != name) network.erase();
    auto network = *copy->getOps<NetworkOp>().begin();
    if (auto loss = network.lookupSymbol("loss"); loss && !training) loss->erase();
    NetworkPlanOptions planOptions{.target = target, .exact = options.exact};
    mlir::PassManager passes(module.getContext());
    addGroupPasses(passes, planOptions);
    std::string error;
    return mlir::succeeded(passes.run(*copy)) &&
           mlir::succeeded(planNetwork(network, planOptions, plan.network)) &&
           (!training || readTrainingSettings(*network.getTraining(), plan.training, error) ||
            fail(error) == 0);
  }
};

class BudgetChecker {
public:
  BudgetChecker(DiagnosticEngine& diagnostics, const Elaboration& elaborated)
      : diagnostics(diagnostics), places(elaborated.places) {}

  void inference(const MemoryBudget& budget, const LibraryPlan& plan) {
    InferenceMemory memory = inferenceMemory(plan.network);
    if (memory.totalBytes() <= budget.bytes) return;
    std::vector<Need> needs;
    addTensors(plan.network.predict, 1, needs);
    addPackedWeights(plan.network, needs);
    report(budget, memory.totalBytes(), std::move(needs))
        .note("the arena for one sample takes " + bytesText(memory.arenaBytes) +
              ", the weights as the kernels read them " + bytesText(memory.preparedBytes));
  }

  void training(const MemoryBudget& budget, const LibraryPlan& plan) {
    TrainingMemory memory = trainingMemory(plan);
    if (memory.totalBytes() <= budget.bytes) return;
    std::vector<Need> needs;
    const FunctionPlan& train = largestTraining(plan.network);
    addTensors(train, (memory.batch + train.lanes - 1) / train.lanes, needs);
    std::string text = "the arena for a batch of " + std::to_string(memory.batch) + " takes " +
                       bytesText(memory.arenaBytes) + ", gradients " + bytesText(memory.gradientBytes);
    auto add = [&](const char* what, int64_t bytes) {
      if (bytes) text += std::string(", ") + what + " " + bytesText(bytes);
    };
    add("the optimizer's state", memory.stateBytes);
    add("sums of gradients", memory.sumBytes);
    add("averages of the weights", memory.averageBytes);
    add("the best epoch's weights", memory.bestBytes);
    report(budget, memory.totalBytes(), std::move(needs)).note(text);
  }

private:
  DiagnosticEngine& diagnostics;
  const std::map<std::pair<std::string, std::string>, Span>& places;
  static constexpr size_t shown = 4;

  Diagnostic& report(const MemoryBudget& budget, int64_t bytes, std::vector<Need> needs) {
    Diagnostic& diagnostic = diagnostics.report(Diag::MemoryExceeded, budget.span, budget.setting,
                                                budget.network, grouped(bytes), grouped(budget.bytes));
    std::ranges::stable_sort(needs, std::greater<>(), &Need::bytes);
    int64_t others = 0;
    for (size_t i = 0; i < needs.size(); ++i) {
      const Need& need = needs[i];
      if (i >= shown) {
        others += need.bytes;
        continue;
      }
      auto place = places.find({budget.network, need.path});
      std::string text = need.path + " (" + need.what + "): " + bytesText(need.bytes);
      if (place != places.end())
        diagnostic.secondary(place->second, text);
      else
        diagnostic.note(text);
    }
    if (needs.size() > shown)
      diagnostic.note("and " + std::to_string(needs.size() - shown) + " more, " + bytesText(others));
    return diagnostic;
  }
};

/// What is free but for the batch has no size yet, and nothing to plan.
bool hasFreeSizes(mlir::ModuleOp module, const std::string& network) {
  auto predict = module.lookupSymbol<NetworkOp>(network).lookupSymbol<FunctionOp>("predict");
  return llvm::any_of(predict.getArgumentTypes(), [](mlir::Type type) {
    auto tensor = mlir::cast<TensorType>(type);
    for (unsigned i = 1; i < tensor.getRank(); ++i)
      if (!tensor.getFixed(i)) return true;
    return false;
  });
}

/// The program with another machine's kernels sections; without a module where one of them is impossible,
/// which is reported.
Elaboration elaborateFor(const std::string& machine, Frontend& frontend, ElaborationOptions options) {
  options.machine = machine;
  DiagnosticEngine own(frontend.sources); // there may be errors of other budgets
  Elaboration result = elaborate(*frontend.program, frontend.context, options, own);
  if (own.hasErrors()) elaborate(*frontend.program, frontend.context, options, frontend.diagnostics);
  return result;
}

} // namespace

bool checkMemoryBudgets(Frontend& frontend, const CompileOptions& options,
                        const ElaborationOptions& elaboration, const Elaboration& elaborated) {
  BudgetChecker checker(frontend.diagnostics, elaborated);
  std::map<std::string, Elaboration> others;
  std::map<std::string, Planner> planners;
  for (const MemoryBudget& budget : elaborated.budgets) {
    bool training = budget.setting == "training_memory";
    bool ours = budget.machine.empty() || budget.machine == elaboration.machine;
    if ((training && options.predictOnly) || (!ours && !options.everyMachine)) continue;
    mlir::ModuleOp module = *elaborated.module;
    if (!ours) { // with that machine's kernels sections
      auto [other, isNew] = others.try_emplace(budget.machine);
      if (isNew) other->second = elaborateFor(budget.machine, frontend, elaboration);
      if (!other->second.module) continue;
      module = *other->second.module;
    }
    if (hasFreeSizes(module, budget.network)) continue;
    std::string target = ours ? targetOf(options) : kernel::targetNamed(budget.machine);
    Planner& planner = planners.try_emplace(target, module, options, target).first->second;
    const LibraryPlan* plan = planner.planOf(budget.network, training);
    if (!plan) return false;
    training ? checker.training(budget, *plan) : checker.inference(budget, *plan);
  }
  return true;
}

} // namespace cnn::tools
