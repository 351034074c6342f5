// What a model that is trained has beside its parameters.
#ifndef CNN_MODEL_TRAINING_STATE_H
#define CNN_MODEL_TRAINING_STATE_H

#include "model_state.h"

#include <cnn/training.h>

namespace cnn {

/// Consecutive floats of one optimizer group, worked on by one call.
struct UpdateChunk {
  uint64_t offset;
  uint32_t count; // a multiple of 16
  uint32_t group; // group_count: in no group
};

inline constexpr uint32_t updateChunkFloats = 16384; // parameter, gradient and two moments fit the L2 cache
inline constexpr uint32_t scalarRoom = 8;

struct TrainingState {
  const cnn_training* table = nullptr;
  uint32_t phase = 0;
  int64_t maxBatch = 0;
  Block gradients, state0, state1;
  Block sums;     // of gradients, see cnn_training_accumulate
  Block averages; // of the masters, see cnn_training_ema
  Block results;
  Block chunks;   // of UpdateChunk, for what the phase trains
  Block partials; // one double a chunk: squares of gradients
  Block scalars;  // scalarRoom floats a group, and the default's at the end
  uint64_t chunkCount = 0;
  double sumWeight = 0;
  uint64_t seed = 0, updates = 0, iterations = 0;

  const cnn_phase& current() const { return table->phases[phase]; }
};

/// How many floats of state the phase's optimizer keeps for each parameter.
int stateCount(const cnn_phase& phase);
/// Whether the phase changes the parameter with this index.
bool isTrained(const cnn_description& description, const cnn_phase& phase, uint32_t parameter);
/// The largest batch of all phases.
int64_t largestBatch(const cnn_training& table);

/// Floats of gradients and of each optimizer state, a multiple of 16.
uint64_t trainableFloats(const cnn_description& description);

} // namespace cnn
#endif
