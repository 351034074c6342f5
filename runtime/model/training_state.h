// What a model that is trained has beside its parameters.
#ifndef CNN_MODEL_TRAINING_STATE_H
#define CNN_MODEL_TRAINING_STATE_H

#include "model_state.h"

#include <cnn/recipe.h>
#include <cnn/training.h>

namespace cnn {

/// Consecutive floats of one optimizer group, worked on by one call.
struct UpdateChunk {
  uint64_t offset;
  uint32_t count; // a multiple of 16
  uint32_t group; // group_count: in no group
};

inline constexpr uint32_t updateChunkFloats = 16384; // parameter, gradient and two moments fit the L2 cache
inline constexpr uint32_t scalarRoom = mostScalars();

struct TrainingState {
  const cnn_training* table = nullptr;
  uint32_t phase = 0; // or step
  int64_t maxBatch = 0;
  Block gradients;
  Block states[CNN_MAX_STATES]; // of each step where there are steps, one after the other
  Block sums;                   // of gradients, see cnn_training_accumulate
  Block averages;               // of the masters, see cnn_training_ema
  Block kept, keptAverages;     // of the masters and averages, see cnn_training_keep
  Block results;
  Block chunks;   // of UpdateChunk, for what each phase or step trains, one after the other
  Block begins;   // a uint64_t for each phase or step: its first chunk; and the end
  Block draws;    // the samples of each drawn input, one after the other
  Block inputs;   // a pointer for each input and target
  Block partials; // one double a chunk: squares of gradients
  Block scalars;  // scalarRoom floats a group, and the default's at the end
  double sumWeight = 0;
  uint64_t keptTracked = 0;
  uint64_t seed = 0, updates = 0, iterations = 0;

  const cnn_phase& current() const { return table->phases[phase]; }
  bool isLastStep() const { return !table->steps || phase + 1 == table->phase_count; }
  /// The current phase's or step's.
  const UpdateChunk* ownChunks() const {
    return reinterpret_cast<const UpdateChunk*>(chunks.memory) + begin(phase);
  }
  uint64_t chunkCount() const { return begin(phase + 1) - begin(phase); }
  /// A phase's or step's state of this number, laid out like the gradients.
  float* optimizerState(int number, uint32_t part) const;

private:
  uint64_t begin(uint32_t part) const { return reinterpret_cast<const uint64_t*>(begins.memory)[part]; }
};

/// Refuses a table of another version, and one that is of another network, with which `verb` cannot be done.
int32_t checkTable(cnn_model* model, const cnn_training& table, const char* verb);

/// Goes to a phase or step: the gradients are zero.
void goTo(TrainingState& state, uint32_t part);

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
