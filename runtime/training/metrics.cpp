#include "metrics.h"

#include "../data/binding.h"

#include <algorithm>
#include <cmath>

namespace cnn {

Result<MetricSum> MetricSum::make(const cnn_training& table, const cnn_metric& metric) {
  std::vector<const cnn_tensor*> inputs = trainingInputs(table);
  std::string kind = metric.kind;
  if (metric.output < 0 || static_cast<std::uint32_t>(metric.output) >= table.description->output_count ||
      metric.target < 0 || static_cast<std::size_t>(metric.target) >= inputs.size())
    return Status::error(CNN_ERROR_INTERNAL, "metric %s reads a tensor that is not there", metric.name);
  const cnn_tensor& output = table.description->outputs[metric.output];
  const cnn_tensor& target = *inputs[static_cast<std::size_t>(metric.target)];
  MetricSum sum;
  sum.metric = &metric;
  if (kind == "accuracy")
    sum.kind = Kind::Accuracy;
  else if (kind == "cross_entropy")
    sum.kind = Kind::CrossEntropy;
  else if (kind == "mse")
    sum.kind = Kind::SquaredError;
  else if (kind == "bce_with_logits")
    sum.kind = Kind::BinaryCrossEntropy;
  else
    return Status::error(CNN_ERROR_ARGUMENT,
                         "metric %s: the kind %s is not known on the host; known are accuracy, "
                         "cross_entropy, mse, bce_with_logits",
                         metric.name, metric.kind);
  sum.soft = target.element == CNN_F32;
  sum.bytes = target.element == CNN_U8;
  if (output.element != CNN_F32 || (!sum.soft && !sum.bytes && target.element != CNN_I32))
    return Status::error(CNN_ERROR_ARGUMENT, "metric %s: expected an f32 output and an i32, u8 or f32 target",
                         metric.name);
  for (int32_t i = 1; i < output.rank; ++i) (i == 1 ? sum.classes : sum.inner) *= output.shape[i];
  return sum;
}

// Scores of one position lie `inner` apart.
double MetricSum::logSumExp(const float* scores) const {
  double highest = scores[0], total = 0;
  for (std::int64_t c = 1; c < classes; ++c)
    highest = std::max(highest, static_cast<double>(scores[c * inner]));
  for (std::int64_t c = 0; c < classes; ++c) total += std::exp(scores[c * inner] - highest);
  return highest + std::log(total);
}

double MetricSum::atPosition(const float* scores, std::int32_t label) const {
  if (label < 0 || label >= classes) return 0;
  double own = scores[label * inner];
  if (kind == Kind::Accuracy) {
    if (std::isnan(own)) return 0;
    std::int64_t before = 0;
    for (std::int64_t c = 0; c < classes; ++c) { // a NaN comes before all, as in PyTorch's topk
      double other = scores[c * inner];
      before += other > own || std::isnan(other) || (other == own && c < label);
    }
    return before < std::max<std::int64_t>(1, static_cast<std::int64_t>(metric->parameter)) ? 1 : 0;
  }
  double log = logSumExp(scores), smoothing = metric->parameter, mean = 0;
  for (std::int64_t c = 0; c < classes && smoothing != 0; ++c)
    mean += (log - scores[c * inner]) / static_cast<double>(classes);
  return (1 - smoothing) * (log - own) + smoothing * mean;
}

std::int32_t MetricSum::labelAt(const void* target, std::int64_t position) const {
  return bytes ? static_cast<const std::uint8_t*>(target)[position]
               : static_cast<const std::int32_t*>(target)[position];
}

double MetricSum::softCrossEntropy(const float* scores, const float* probabilities) const {
  double log = logSumExp(scores), total = 0, smoothing = metric->parameter;
  for (std::int64_t c = 0; c < classes; ++c)
    total += ((1 - smoothing) * probabilities[c * inner] + smoothing / static_cast<double>(classes)) *
             (log - scores[c * inner]);
  return total;
}

void MetricSum::add(const float* output, const void* target, std::int64_t batch) {
  std::int64_t sample = classes * inner;
  for (std::int64_t n = 0; n < batch; ++n) {
    const float* scores = output + n * sample;
    const float* wanted = static_cast<const float*>(target) + n * sample;
    nanSamples += std::any_of(scores, scores + sample, [](float score) { return std::isnan(score); });
    bool each = kind == Kind::SquaredError || kind == Kind::BinaryCrossEntropy;
    for (std::int64_t i = 0; i < (each ? sample : inner); ++i) {
      ++count;
      if (kind == Kind::BinaryCrossEntropy) {
        double x = scores[i];
        sum += std::max(x, 0.0) - x * wanted[i] + std::log1p(std::exp(-std::abs(x)));
      } else if (kind == Kind::SquaredError) {
        double difference = double{scores[i]} - wanted[i];
        sum += difference * difference;
      } else if (!soft) {
        std::int32_t label = labelAt(target, n * inner + i);
        if (metric->ignores && label == metric->ignored)
          --count;
        else
          sum += atPosition(scores + i, label);
      } else if (kind == Kind::CrossEntropy) {
        sum += softCrossEntropy(scores + i, wanted + i);
      } else {
        std::int32_t best = 0;
        for (std::int32_t c = 1; c < classes; ++c)
          if (wanted[c * inner + i] > wanted[best * inner + i]) best = c;
        sum += atPosition(scores + i, best);
      }
    }
  }
}

MetricValue MetricSum::value() const {
  return {metric->name, metric->kind, count ? sum / static_cast<double>(count) : 0, nanSamples};
}

} // namespace cnn
