// One call of Trainer::run, from top to bottom.
#ifndef CNN_TRAINING_TRAINING_RUN_H
#define CNN_TRAINING_TRAINING_RUN_H

#include "../checkpoint/checkpoint.h"
#include "../data/loader.h"
#include "../files/lock.h"
#include "../report/progress.h"
#include "schedule.h"

#include <cmath>

namespace cnn {

/// Whether an option was given.
inline bool isSet(double value) {
  return !std::isnan(value);
}

class TrainingRun {
public:
  explicit TrainingRun(Trainer& trainer);
  Status run();

private:
  // Before the first step: what will be done, from options and train section.
  Status divideSamples();
  Status checkAssertions() const;
  Status planStop();
  Status lockCheckpoint();
  Status begin();
  Status initialise();
  Status resume();
  Status nameClasses();

  // A phase: its loader and schedule.
  const cnn_phase& phase() const { return table.phases[at.phase]; }
  /// The steps of an iteration; 1 where the section has none.
  std::uint32_t steps() const { return table.steps ? table.phase_count : 1; }
  std::uint32_t phases() const { return table.steps ? 1 : table.phase_count; }
  Status planPhase();
  Status checkOthers() const;
  Schedule scheduleOf(const cnn_phase& part) const;
  void warnOfSettings();
  void announcePhase();
  std::string trainedShare(const cnn_phase& part) const;
  bool isLastPhase() const { return at.phase + 1 == phases(); }

  bool isPhaseDone() const { return at.epoch >= epochs || (stopEpochs > 0 && at.waited >= stopEpochs); }
  Status epoch();
  Status batchDone(const Batch& next);
  std::string place(std::int64_t step) const;
  Status checkFirstWeights(const std::string& source) const;
  Status checkWeights() const;
  Status notFinite(const char* what, double value, const Batch& batch, double rate) const;
  Status update();
  Status updateStep(std::uint32_t step);
  Result<std::vector<MetricValue>> validate();
  Status watch(const MetricValue& value);
  Status takeBest();
  Status swapAverages() { return model.check(cnn_training_ema_swap(model.handle())); }
  /// Optimizer steps that are done, of the epoch and of the phase.
  std::int64_t stepsDone() const { return (at.position + accumulate - 1) / accumulate; }
  std::int64_t stepNumber() const { return at.epoch * schedules[0].steps_per_epoch + stepsDone(); }
  Status save();
  /// Asked to end: writes the checkpoint and says what is kept of the run.
  Status interrupted();

  Trainer& trainer;
  Model& model;
  const cnn_training& table;
  const TrainerOptions& options;
  Progress progress;
  std::vector<std::int64_t> samples, validation;
  std::unique_ptr<Loader> loader;
  std::int64_t epochs = 0, batch = 0, accumulate = 1; // of the phase
  std::int64_t stopEpochs = 0, stopMetric = 0;
  double ema = 0;
  std::uint64_t seed = 0;
  std::vector<Schedule> schedules; // of each step
  std::vector<double> rates;       // likewise, at this iteration
  cnn_training_state state{};
  FileLock lock; // on the checkpoint, as long as this run writes it
  RunPosition at;
  std::string recipe;
  std::vector<float> results;  // of the last batch, then of the last step
  std::vector<double> pending; // results of the batches since the last step, times their samples
  std::int64_t pendingSamples = 0;
};

} // namespace cnn
#endif
