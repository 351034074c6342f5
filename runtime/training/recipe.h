// What the weights of a training run come from, as text: a run that is gone on with must have the same.
#ifndef CNN_TRAINING_RECIPE_H
#define CNN_TRAINING_RECIPE_H

#include <cnn/trainer.hpp>

#include <string>

namespace cnn {

/// A line "batch = 16" for each setting that the result depends on, options before the train section. Left
/// out is what may change: threads, where files are, how often a checkpoint is written, the patience of
/// `stop`, and epochs where the schedule does not go by them. Of the data the test part does not count.
std::string recipeOf(const cnn_training& table, const TrainerOptions& options, const DataSplits& data);

/// "\n  batch: 16 there, 20 here" for each line that differs; empty: the same.
std::string recipeDifferences(const std::string& there, const std::string& here);

} // namespace cnn
#endif
