// Metrics computed on the host from predict's outputs.
#ifndef CNN_TRAINING_METRICS_H
#define CNN_TRAINING_METRICS_H

#include <cnn/trainer.hpp>

namespace cnn {

/// Sums one metric over batches. The kinds are accuracy (parameter k: right among the k highest; the lower
/// class wins a tie), cross_entropy (parameter: label smoothing; classes or probabilities as targets), mse
/// and bce_with_logits, the first two along dimension 1 of the output, means over the samples and positions
/// whose label is not ignored.
class MetricSum {
public:
  static Result<MetricSum> make(const cnn_training& table, const cnn_metric& metric);
  void add(const float* output, const void* target, std::int64_t batch);
  MetricValue value() const;
  /// Of which output and which input or target it is.
  std::int32_t output() const { return metric->output; }
  std::int32_t target() const { return metric->target; }

private:
  enum class Kind { Accuracy, CrossEntropy, SquaredError, BinaryCrossEntropy };
  double atPosition(const float* scores, std::int32_t label) const;
  std::int32_t labelAt(const void* target, std::int64_t position) const;
  double softCrossEntropy(const float* scores, const float* probabilities) const;
  double logSumExp(const float* scores) const;

  const cnn_metric* metric = nullptr;
  Kind kind = Kind::Accuracy;
  bool soft = false;                   // targets are probabilities
  bool bytes = false;                  // targets are u8
  std::int64_t classes = 1, inner = 1; // extents of dimension 1, and of those after it
  double sum = 0;
  std::int64_t count = 0, nanSamples = 0;
};

} // namespace cnn
#endif
