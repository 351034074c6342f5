//===- memory.h - How much memory a generated library reserves -----------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_MEMORY_H
#define CNN_COMPILER_GROUPS_TO_LLVM_MEMORY_H

#include "groups_to_llvm/library_plan.h"

namespace cnn {

/// The arena for a batch of n blocks takes constantBytes + n blockBytes.
struct ArenaNeed {
  int64_t constantBytes = 0, blockBytes = 0;
  int64_t bytes(int64_t blocks) const { return constantBytes + blockBytes * blocks; }
};
ArenaNeed inferenceArena(const NetworkPlan& plan);
ArenaNeed trainingArena(const NetworkPlan& plan); ///< what suffices for each of its functions
ArenaNeed evaluationArena(const NetworkPlan& plan);

/// Beside the parameters, and without the kernels' scratch, which is known when they are compiled.
struct InferenceMemory {
  int64_t arenaBytes = 0;    ///< for one sample
  int64_t preparedBytes = 0; ///< the weights once more, as the kernels read them
  int64_t totalBytes() const { return arenaBytes + preparedBytes; }
};
InferenceMemory inferenceMemory(const NetworkPlan& plan);

/// Likewise, for the largest batch of the train section.
struct TrainingMemory {
  int64_t batch = 1;
  int64_t arenaBytes = 0, gradientBytes = 0;
  int64_t stateBytes = 0;   ///< the optimizer's
  int64_t sumBytes = 0;     ///< of gradients over several batches
  int64_t averageBytes = 0; ///< of the weights
  int64_t bestBytes = 0;    ///< weights and averages of the best epoch, where a phase may end early
  int64_t totalBytes() const {
    return arenaBytes + gradientBytes + stateBytes + sumBytes + averageBytes + bestBytes;
  }
};
TrainingMemory trainingMemory(const LibraryPlan& plan);

/// Arrays as large as the gradients that the optimizer keeps.
int optimizerStates(const TrainingSettings::Phase& phase);

} // namespace cnn

#endif
