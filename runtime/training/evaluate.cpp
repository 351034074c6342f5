#include "evaluate.h"

#include "../data/loader.h"
#include "../model/draw.h"
#include "../model/model_state.h"
#include "../report/exceptions.h"
#include "../report/progress.h"
#include "metrics.h"

#include <algorithm>
#include <numeric>

namespace cnn {

bool readsPredictions(const cnn_metric& metric) {
  return metric.output >= 0 && metric.target >= 0 && std::string(metric.kind) != "custom";
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
  std::vector<MetricSum> sums;
  for (std::uint32_t i = 0; i < table.results_count; ++i) {
    if (!readsPredictions(table.metrics[i])) continue;
    Result<MetricSum> sum = MetricSum::make(table, table.metrics[i]);
    if (!sum) return std::move(sum).error();
    sums.push_back(*std::move(sum));
  }
  if (sums.empty() && !each) return std::vector<MetricValue>();
  std::int64_t batch = 64; // less where the network asserts that its batches are smaller
  auto* failed = model.description().failed_assertion;
  while (failed && batch > 1 && failed(batch, 0) >= 0) --batch;
  // Room for a whole batch is a matter of speed: without it predict works in slices.
  Status ignored = model.reserve(std::min(batch, model.description().max_batch));
  std::vector<std::vector<float>> outputs;
  std::vector<void*> pointers;
  const cnn_description& description = model.description();
  for (std::uint32_t i = 0; i < description.output_count; ++i) {
    auto elements = static_cast<std::size_t>(batch);
    for (int32_t d = 1; d < description.outputs[i].rank; ++d)
      elements *= static_cast<std::size_t>(description.outputs[i].shape[d]);
    outputs.emplace_back(elements);
    pointers.push_back(outputs.back().data());
  }
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
    if (int code = cnn_model_predict(model.handle(), inputs.data(), pointers.data(), next->count))
      return model.check(code);
    if (each) each({pointers.data(), pointers.size()}, next->count);
    for (MetricSum& sum : sums)
      sum.add(outputs[static_cast<std::size_t>(sum.output())].data(),
              inputs[static_cast<std::size_t>(sum.target())], next->count);
  }
  if (Status bad = loader.takeFailure(); !bad) return bad;
  std::vector<MetricValue> values;
  for (const MetricSum& sum : sums) values.push_back(sum.value());
  return values;
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
    text += split + " " + (metric.kind == "accuracy" ? "accuracy" : metric.name) + " " +
            formatValue(metric.kind, metric.value) + "\n";
  return text;
}

void print_metrics(const std::string& split, const std::vector<MetricValue>& metrics) {
  std::fputs(format_metrics(split, metrics).c_str(), stdout);
  std::fflush(stdout);
}

} // namespace cnn
