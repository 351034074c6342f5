// Learning rates over the course of training, by PyTorch's rules.
#ifndef CNN_TRAINING_SCHEDULE_H
#define CNN_TRAINING_SCHEDULE_H

#include <cnn/abi.h>

#include <cstdint>

namespace cnn {

struct Schedule {
  int32_t kind = CNN_CONSTANT; // enum cnn_schedule
  double lr = 0;               // the rate without schedule; one_cycle has max_lr in its place
  cnn_schedule_arguments arguments = {};
  std::int64_t steps_per_epoch = 1, epochs = 1;

  /// The rate of optimizer step `step`, from 0. constant, step (StepLR, by epochs), cosine (a linear warm-up,
  /// then CosineAnnealingLR stepped by batches), one_cycle (OneCycleLR with two cosine phases). Momentum is
  /// never cycled: PyTorch's cycle_momentum=False.
  double rate(std::int64_t step) const;
};

} // namespace cnn
#endif
