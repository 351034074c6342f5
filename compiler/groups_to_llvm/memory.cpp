//===- memory.cpp - How much memory a generated library reserves ---------------------------------===//

#include "groups_to_llvm/memory.h"

#include <cnn/abi.h>

#include <algorithm>

namespace cnn {

ArenaNeed inferenceArena(const NetworkPlan& plan) {
  return {std::max(plan.predict.arenaConstantBytes, plan.prepare.arenaConstantBytes),
          std::max(plan.predict.arenaBlockBytes, plan.prepare.arenaBlockBytes)};
}

ArenaNeed trainingArena(const NetworkPlan& plan) {
  ArenaNeed need;
  for (const FunctionPlan& function : plan.train) {
    need.constantBytes = std::max(need.constantBytes, function.arenaConstantBytes);
    need.blockBytes = std::max(need.blockBytes, function.arenaBlockBytes);
  }
  return need;
}

ArenaNeed evaluationArena(const NetworkPlan& plan) {
  return {plan.evaluate.arenaConstantBytes, plan.evaluate.arenaBlockBytes};
}

InferenceMemory inferenceMemory(const NetworkPlan& plan) {
  return {inferenceArena(plan).bytes(1), plan.preparedBytes};
}

int optimizerStates(const TrainingSettings::Phase& phase) {
  return stateCount(optimizerKinds[phase.optimizer], phase.hyper);
}

TrainingMemory trainingMemory(const LibraryPlan& plan) {
  TrainingMemory memory;
  int64_t states = 0;
  bool accumulates = false, keepsBest = false;
  for (const TrainingSettings::Phase& phase : plan.training.phases) {
    memory.batch = std::max(memory.batch, phase.batch);
    states = std::max<int64_t>(states, optimizerStates(phase));
    accumulates |= phase.accumulate > 1;
    keepsBest |= phase.stopEpochs > 0;
  }
  int64_t lanes = plan.network.train.front().lanes, floatBytes = sizeof(float);
  memory.arenaBytes = trainingArena(plan.network).bytes((memory.batch + lanes - 1) / lanes);
  memory.gradientBytes = floatBytes * plan.network.trainableFloats;
  memory.stateBytes = states * memory.gradientBytes;
  memory.sumBytes = accumulates ? memory.gradientBytes : 0;
  memory.averageBytes = plan.training.ema > 0 ? floatBytes * plan.network.parameterFloats : 0;
  memory.bestBytes = keepsBest ? floatBytes * plan.network.parameterFloats + memory.averageBytes : 0;
  return memory;
}

} // namespace cnn
