// A whole training run in one safetensors file: the network's parameters under their own names, and
// everything else under the prefix "cnn.".
#ifndef CNN_CHECKPOINT_CHECKPOINT_H
#define CNN_CHECKPOINT_CHECKPOINT_H

#include <cnn/training.hpp>

#include <limits>
#include <string>
#include <vector>

namespace cnn {

/// What a FileLock on a checkpoint says of the other process.
inline constexpr char checkpointInUse[] = "this checkpoint is being written by a training:";

/// Where a run stands, beside what the model itself keeps.
struct RunPosition {
  std::uint32_t phase = 0;   // of the train section, from 0
  std::int64_t epoch = 0;    // the one at work, from 0 in its phase
  std::int64_t position = 0; // batches of it that are done
  std::vector<double> sums;  // results so far in the epoch, times their samples
  std::int64_t summed = 0;   // those samples
  std::int64_t round = 0;    // epochs of all phases before this one: what shuffles and augments
  std::int64_t steps = 0;    // optimizer steps of all phases
  std::int64_t waited = 0;   // epochs since the best value of what `stop` watches
  double best = std::numeric_limits<double>::quiet_NaN(); // that value; NaN before the first
  std::int64_t best_epoch = 0; // of which it is; the model has kept its weights, see cnn_training_keep
};

/// Parameters, statistics, optimizer state, step, seed and position; atomically, as cnn_model_save. The names
/// of the parameters hold what the run would give if it ended now, as in a file of the trained weights:
/// moving averages where there are any, of the best epoch where there is one. What is being trained stands
/// beside them.
Status saveCheckpoint(Model& model, const RunPosition& position, const std::string& recipe,
                      const std::string& path);

/// Restores all that saveCheckpoint wrote, and begins the phase. Nothing is changed where the file does not
/// fit: it must be of the same network, losses and recipe (training/recipe.h); one message lists all
/// differences.
Status loadCheckpoint(Model& model, RunPosition& position, const std::string& recipe,
                      const std::string& path);

} // namespace cnn
#endif
