// Losses and metrics of data, and the columns that training and evaluation read.
#ifndef CNN_TRAINING_EVALUATE_H
#define CNN_TRAINING_EVALUATE_H

#include "../data/picture_changes.h"

#include <cnn/trainer.hpp>

namespace cnn {

/// Whether a loss or metric depends on samples, so that data can measure it.
bool isMeasured(const cnn_training& table, std::uint32_t metric);
/// Whether it also depends on parameters that predict does not read.
bool needsTrainingOnly(const cnn_training& table, std::uint32_t metric);

/// The description's inputs, then the train section's targets; null for what is drawn.
std::vector<const cnn_tensor*> dataInputs(const cnn_training& table);

/// A column for each input and target that data gives, with labels that are checked, and how pictures change
/// on their way.
struct BoundData {
  std::vector<BoundColumn> columns;
  std::vector<ColumnChanges> changes;
};
Result<BoundData> bindAll(const cnn_training& table, const Dataset& data, bool training = false);

/// Losses and metrics of some samples; without those that need parameters which only checkpoints hold, where
/// the model's are of a file without them. What training draws is drawn alike each time.
Result<std::vector<MetricValue>> evaluateSamples(Model& model, const cnn_training& table, const Dataset& data,
                                                 std::vector<std::int64_t> samples,
                                                 const OutputCallback& each = {});

/// 0, 1, … count - 1
std::vector<std::int64_t> allSamples(const Dataset& data);

} // namespace cnn
#endif
