#include "evaluate.h"

#include "../data/loader.h"
#include "../model/draw.h"
#include "../model/evaluation.h"
#include "../model/model_state.h"
#include "../report/exceptions.h"
#include "../report/progress.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cnn {
namespace {

/// Where the outputs of evaluate lie, for batches of up to `batch` samples, and the sums over them.
class Measurement {
public:
  Measurement(const Model& model, const cnn_training& table, std::int64_t batch)
      : table(table), hasTrainingOnly(model.handle()->parameters->hasTrainingOnly), sums(table.term_count),
        nanSamples(table.results_count) {
    const cnn_description& description = *table.description;
    for (std::uint32_t i = 0; i < table.evaluation_output_count; ++i) {
      std::int64_t each = i < description.output_count ? sampleElements(description.outputs[i]) : 1;
      outputs.emplace_back(static_cast<std::size_t>(each * batch));
      pointers.push_back(outputs.back().data());
    }
  }

  std::vector<void*> pointers;

  void add(std::int64_t count) {
    for (std::uint32_t i = 0; i < table.term_count; ++i) {
      const cnn_term& term = table.terms[i];
      for (std::int64_t n = 0; n < count; ++n) {
        sums[i].values += at(term.value, n);
        sums[i].shares += term.share < 0 ? 1.0 : at(static_cast<std::uint32_t>(term.share), n);
      }
    }
    for (std::uint32_t i = 0; i < table.results_count; ++i)
      for (std::int64_t n = 0; n < count; ++n) nanSamples[i] += isNaN(i, n);
  }

  std::vector<MetricValue> values() const {
    std::vector<MetricValue> all;
    for (std::uint32_t i = 0; i < table.results_count; ++i) {
      if (!isMeasured(table, i) || (needsTrainingOnly(table, i) && !hasTrainingOnly)) continue;
      const cnn_metric& metric = table.metrics[i];
      MetricValue& value = all.emplace_back(MetricValue{metric.name, metric.kind});
      value.nan_samples = nanSamples[i];
      value.percent = metric.unit == CNN_PERCENT;
      value.higher_is_better = metric.higher_is_better != 0;
      for (std::uint32_t t = 0; t < table.term_count; ++t)
        if (table.terms[t].metric == i && sums[t].shares != 0) value.value += sums[t].values / sums[t].shares;
    }
    return all;
  }

private:
  struct Sum {
    double values = 0, shares = 0;
  };

  double at(std::uint32_t output, std::int64_t sample) const {
    return outputs[output][static_cast<std::size_t>(sample)];
  }

  /// A metric may make a number of what is none: the output that it reads says so.
  bool isNaN(std::uint32_t metric, std::int64_t sample) const {
    auto nan = [](float value) { return std::isnan(value); };
    if (std::int32_t output = table.metrics[metric].output; output >= 0) {
      std::int64_t each = sampleElements(table.description->outputs[output]);
      const float* first = outputs[static_cast<std::size_t>(output)].data() + sample * each;
      if (std::any_of(first, first + each, nan)) return true;
    }
    for (std::uint32_t t = 0; t < table.term_count; ++t)
      if (table.terms[t].metric == metric && std::isnan(at(table.terms[t].value, sample))) return true;
    return false;
  }

  const cnn_training& table;
  bool hasTrainingOnly;
  std::vector<std::vector<float>> outputs;
  std::vector<Sum> sums;
  std::vector<std::int64_t> nanSamples;
};

/// A block for each thread, and 64 samples at least; less where the network asserts that its batches are
/// smaller, or memory is short.
std::int64_t evaluationBatch(Model& model, const cnn_training& table) {
  std::int64_t batch = std::max<std::int64_t>(64, std::int64_t{table.block} * model.threads());
  batch = std::min(batch, model.description().max_batch);
  auto* failed = model.description().failed_assertion;
  while (failed && batch > 1 && failed(batch, 0) >= 0) --batch;
  if (failed) return batch;
  while (batch > 1 && reserveEvaluation(model.handle(), table, batch) != CNN_OK) batch /= 2;
  return batch;
}

} // namespace

bool isMeasured(const cnn_training& table, std::uint32_t metric) {
  return std::any_of(table.terms, table.terms + table.term_count,
                     [&](const cnn_term& term) { return term.metric == metric; });
}

bool needsTrainingOnly(const cnn_training& table, std::uint32_t metric) {
  return std::any_of(table.terms, table.terms + table.term_count,
                     [&](const cnn_term& term) { return term.metric == metric && term.training_only; });
}

std::vector<const cnn_tensor*> dataInputs(const cnn_training& table) {
  std::vector<const cnn_tensor*> tensors = trainingInputs(table);
  for (std::uint32_t i = 0; i < table.draw_count; ++i) tensors[table.draws[i].input] = nullptr;
  return tensors;
}

Result<BoundData> bindAll(const cnn_training& table, const Dataset& data, bool training) {
  std::vector<const cnn_tensor*> tensors = dataInputs(table);
  for (std::uint32_t i = 0; i < table.draw_count; ++i)
    for (const Column& column : data.columns)
      if (column.name == table.description->inputs[table.draws[i].input].name)
        return Status::error(CNN_ERROR_MISMATCH,
                             "%s: column %s: the train section draws this input, so data cannot give it",
                             data.source.c_str(), column.name.c_str());
  ChangePlan plan = ChangePlan::make(table, training);
  auto columns = bindColumns(data, tensors, plan.changed(tensors.size()));
  if (!columns) return std::move(columns).error();
  if (Status bad = checkLabels(table, data, *columns); !bad) return bad;
  auto changes = makeChanges(plan, data, *columns);
  if (!changes) return std::move(changes).error();
  return BoundData{*std::move(columns), *std::move(changes)};
}

Result<std::vector<MetricValue>> evaluateSamples(Model& model, const cnn_training& table, const Dataset& data,
                                                 std::vector<std::int64_t> samples,
                                                 const OutputCallback& each) {
  if (!model.handle()) return model.check(CNN_ERROR_ARGUMENT);
  auto bound = bindAll(table, data);
  if (!bound) return std::move(bound).error();
  if (table.term_count == 0 && !each) return std::vector<MetricValue>();
  const cnn_description& description = model.description();
  const std::int64_t batch = evaluationBatch(model, table);
  Measurement measurement(model, table, batch);
  Loader loader(std::move(bound->columns), {std::move(samples), batch, false, 0, std::move(bound->changes)});
  loader.start(0);
  std::vector<std::vector<float>> drawn(table.draw_count);
  std::int64_t done = 0;
  while (const Batch* next = loader.next()) {
    std::vector<const void*> inputs = next->inputs;
    for (std::uint32_t i = 0; i < table.draw_count; ++i) {
      const cnn_tensor& tensor = description.inputs[table.draws[i].input];
      drawn[i].resize(static_cast<std::size_t>(sampleElements(tensor) * next->count));
      drawSamples(table.draws[i], tensor, table.seed, evaluationDraws, 0, done, next->count, drawn[i].data());
      inputs[table.draws[i].input] = drawn[i].data();
    }
    done += next->count;
    if (int code = cnn_training_evaluate(model.handle(), &table, inputs.data(), next->count,
                                         measurement.pointers.data()))
      return model.check(code);
    if (each) each({measurement.pointers.data(), description.output_count}, next->count);
    measurement.add(next->count);
  }
  if (Status bad = loader.takeFailure(); !bad) return bad;
  return measurement.values();
}

std::vector<std::int64_t> allSamples(const Dataset& data) {
  std::vector<std::int64_t> samples(static_cast<std::size_t>(data.count));
  std::iota(samples.begin(), samples.end(), std::int64_t{0});
  return samples;
}

Result<std::vector<MetricValue>> evaluate(Model& model, const cnn_training& table, const Dataset& data) try {
  return evaluateSamples(model, table, data, allSamples(data));
} catch (...) {
  return caughtException();
}

std::string format_metrics(const std::string& split, const std::vector<MetricValue>& metrics) {
  std::string text;
  for (const MetricValue& metric : metrics)
    text += split + " " + (metric.percent ? metric.kind : metric.name) + " " +
            formatValue(metric.percent, metric.value) + "\n";
  return text;
}

void print_metrics(const std::string& split, const std::vector<MetricValue>& metrics) {
  std::fputs(format_metrics(split, metrics).c_str(), stdout);
  std::fflush(stdout);
}

} // namespace cnn
