// The training loop for models with a train section.
#ifndef CNN_TRAINER_HPP
#define CNN_TRAINER_HPP

#include <cnn/cxx20.hpp>
#ifdef CNN_CXX20

#include <cnn/data.hpp>
#include <cnn/training.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

namespace cnn {

/// What is not set is as in the network's train section.
struct TrainerOptions {
  std::int64_t epochs = 0;
  std::int64_t batch = 0;
  double lr = Hyper::unset; // the schedule's highest rate
  double validation = Hyper::unset;
  double clip_norm = Hyper::unset;
  double ema = Hyper::unset;    // 0: no averages
  std::int64_t accumulate = 0;  // batches a step
  std::string stop_metric = {}; // a metric's name, or "loss": with stop_epochs as in patience(metric, epochs)
  std::int64_t stop_epochs = 0;
  std::int64_t seed = -1;
  std::string data = {};             // folder of the data
  std::string folder = {};           // where the train section's weights count from; empty: the current one
  std::string checkpoint = {};       // file to write at the end of each epoch and to resume from; empty: none
  std::int64_t checkpoint_steps = 0; // also after so many steps
  bool resume = false;               // go on from the checkpoint if there is one
  bool overwrite = false;            // begin anew where there is one; else that is an error
  /// Fill the parameters before the first step, unless resuming: by their initialisers, then from the train
  /// section's weights.
  bool initialise = true;
  bool quiet = false;          // no progress; warnings are still told
  std::FILE* report = nullptr; // where progress goes; null: stderr
};

/// A metric's name and value, means over all samples.
struct MetricValue {
  std::string name, kind;
  double value = 0;
  std::int64_t nan_samples = 0; // samples whose output or value holds a NaN
  bool percent = false;         // a share of 1, shown as a percentage
  bool higher_is_better = false;
};

/// After each step, or after all steps of an iteration where the section has steps: its number from 0, its
/// learning rate (the first step's) and its results (the loss or losses, then the metrics).
using StepCallback = std::function<void(std::int64_t step, double lr, std::span<const float> results)>;

/// Predict's outputs for `count` samples, in the description's order.
using OutputCallback = std::function<void(std::span<const void* const> outputs, std::int64_t count)>;

class Trainer {
public:
  /// Model is a generated class with a train section.
  template <class GeneratedModel>
    requires(std::is_base_of_v<TrainableModel, GeneratedModel>)
  explicit Trainer(GeneratedModel& model, TrainerOptions options = {})
      : Trainer(static_cast<Model&>(model), GeneratedModel::training_table(), std::move(options)) {}
  Trainer(Model& model, const cnn_training& table, TrainerOptions options = {});

  /// Data in place of the train section's.
  void use(DataSplits data);
  void on_step(StepCallback callback) { after_step = std::move(callback); }

  /// Reads the data, which run and test do by themselves.
  Status load();
  /// Trains: loads the data, initialises or resumes, runs all phases. With ema the model's weights are the
  /// averages in the end; with stop those of the best epoch.
  Status run();
  /// Ends run after the step at hand, with CNN_ERROR_INTERRUPTED and a checkpoint of that step if the options
  /// name one. For signal handlers and other threads.
  void interrupt() { wanted_end.store(true, std::memory_order_relaxed); }
  /// Loss and metrics on the test data, or, where there is none, on the validation data; an error without
  /// either, as the model predicts. `each` gets predict's outputs batch by batch.
  Result<std::vector<MetricValue>> test(const OutputCallback& each = {});
  /// What test() measures: "test", "validation", or null without data for it. Loads the data.
  Result<const char*> tested_split();
  /// What of a folder is not in the data, a line each; run() reports them. Known when the data is loaded.
  std::vector<std::string> notes() const;

private:
  friend class TrainingRun;

  Model& model;
  const cnn_training& table;
  TrainerOptions options;
  DataSplits data;
  bool loaded = false;
  std::atomic<bool> wanted_end = false;
  StepCallback after_step;
};

/// Loss and metrics of `data`, as the model predicts.
Result<std::vector<MetricValue>> evaluate(Model& model, const cnn_training& table, const Dataset& data);

/// "test accuracy 91.2 %" for shares, by what they are, "test loss 0.2431" for the rest, by name; `split` is
/// "test".
std::string format_metrics(const std::string& split, const std::vector<MetricValue>& metrics);
/// format_metrics line by line on stdout.
void print_metrics(const std::string& split, const std::vector<MetricValue>& metrics);

} // namespace cnn
#endif
#endif
