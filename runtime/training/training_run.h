// One call of Trainer::run, from top to bottom.
#ifndef CNN_TRAINING_TRAINING_RUN_H
#define CNN_TRAINING_TRAINING_RUN_H

#include "../checkpoint/checkpoint.h"
#include "../data/loader.h"
#include "../report/progress.h"
#include "schedule.h"

namespace cnn {

class TrainingRun {
public:
  explicit TrainingRun(Trainer& trainer);
  Status run();

private:
  // Before the first step: what will be done, from options and train section.
  Status divideSamples();
  Status begin();
  Status initialise();
  Status resume();

  // A phase: its loader and schedule.
  const cnn_phase& phase() const { return table.phases[at.phase]; }
  Status planPhase();
  Status checkTest() const;
  void announcePhase();
  bool isLastPhase() const { return at.phase + 1 == table.phase_count; }

  Status epoch();
  Status step(const Batch& next);
  std::int64_t stepNumber() const { return at.epoch * loader->batches() + at.position; } // in the phase
  Status save(RunPosition position);

  Trainer& trainer;
  Model& model;
  const cnn_training& table;
  const TrainerOptions& options;
  Progress progress;
  std::vector<std::int64_t> samples, validation;
  std::unique_ptr<Loader> loader;
  std::int64_t epochs = 0, batch = 0; // of the phase
  std::uint64_t seed = 0;
  Schedule schedule;
  double rate = 0;
  cnn_training_state state{};
  RunPosition at;
  std::vector<float> results;
};

} // namespace cnn
#endif
