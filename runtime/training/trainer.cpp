#include <cnn/trainer.hpp>

#include "../checkpoint/checkpoint.h"
#include "../data/loader.h"
#include "../report/progress.h"
#include "initial_weights.h"
#include "metrics.h"
#include "schedule.h"

#include <algorithm>
#include <cmath>
#include <unistd.h>

namespace cnn {
namespace {

constexpr std::uint64_t validationStream = std::uint64_t{0x8003} << 48;

bool isSet(double value) {
  return !std::isnan(value);
}

Result<std::vector<std::unique_ptr<Augmentation>>> makeAugmentations(const cnn_training& table,
                                                                     const BoundColumn& first) {
  std::vector<std::unique_ptr<Augmentation>> made;
  const cnn_tensor& tensor = first.tensor();
  for (std::uint32_t i = 0; i < table.augment_count; ++i) {
    if (tensor.rank != 4 || (first.source().element != CNN_U8 && first.source().element != CNN_F32))
      return Status::error(CNN_ERROR_ARGUMENT, "%s changes pictures, but %s is none", table.augments[i].name,
                           tensor.name);
    auto augmentation =
        makeAugmentation(table.augments[i], {tensor.shape[1], tensor.shape[2], tensor.shape[3]});
    if (!augmentation) return std::move(augmentation).error();
    made.push_back(*std::move(augmentation));
  }
  return made;
}

Result<std::vector<BoundColumn>> bindAll(const cnn_training& table, const Dataset& data) {
  std::vector<const cnn_tensor*> tensors = trainingInputs(table);
  auto columns = bindColumns(data, tensors);
  if (columns)
    if (Status bad = checkLabels(table, data, *columns); !bad) return bad;
  return columns;
}

/// Loss and metrics of some samples, by predict.
Result<std::vector<MetricValue>> evaluateSamples(Model& model, const cnn_training& table, const Dataset& data,
                                                 std::vector<std::int64_t> samples) {
  auto columns = bindAll(table, data);
  if (!columns) return std::move(columns).error();
  std::vector<MetricSum> sums;
  for (std::uint32_t i = 0; i < table.results_count; ++i) {
    Result<MetricSum> sum = MetricSum::make(table, table.metrics[i]);
    if (!sum) return std::move(sum).error();
    sums.push_back(*std::move(sum));
  }
  constexpr std::int64_t batch = 64;
  // Room for a whole batch is a matter of speed: without it predict works in slices.
  Status ignored = model.reserve(std::min(batch, model.description().max_batch));
  std::vector<std::vector<float>> outputs;
  std::vector<void*> pointers;
  const cnn_description& description = model.description();
  for (std::uint32_t i = 0; i < description.output_count; ++i) {
    std::size_t elements = batch;
    for (int32_t d = 1; d < description.outputs[i].rank; ++d)
      elements *= static_cast<std::size_t>(description.outputs[i].shape[d]);
    outputs.emplace_back(elements);
    pointers.push_back(outputs.back().data());
  }
  Loader loader(*std::move(columns), {std::move(samples), batch, false, 0, {}});
  loader.start(0);
  while (const Batch* next = loader.next()) {
    if (int code = cnn_model_predict(model.handle(), next->inputs.data(), pointers.data(), next->count))
      return model.check(code);
    for (std::uint32_t i = 0; i < table.results_count; ++i)
      sums[i].add(outputs[static_cast<std::size_t>(table.metrics[i].output)].data(),
                  next->inputs[static_cast<std::size_t>(table.metrics[i].target)], next->count);
  }
  std::vector<MetricValue> values;
  for (const MetricSum& sum : sums) values.push_back(sum.value());
  return values;
}

std::vector<std::int64_t> allSamples(const Dataset& data) {
  std::vector<std::int64_t> samples(static_cast<std::size_t>(data.count));
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::int64_t>(i);
  return samples;
}

} // namespace

/// One call of Trainer::run, from top to bottom.
class TrainingRun {
public:
  explicit TrainingRun(Trainer& trainer)
      : trainer(trainer), model(trainer.model), table(trainer.table), options(trainer.options),
        progress(options.report, options.quiet, table) {}

  Status run() {
    if (Status bad = plan(); !bad) return bad;
    if (Status bad = begin(); !bad) return bad;
    for (; at.epoch < epochs; ++at.epoch)
      if (Status bad = epoch(); !bad) return bad;
    return {};
  }

private:
  // What will be done, from options and train section; nothing is changed yet.
  Status plan() {
    const Dataset& data = trainer.data.train;
    auto columns = bindAll(table, data);
    if (!columns) return std::move(columns).error();
    auto augmentations = makeAugmentations(table, (*columns)[0]);
    if (!augmentations) return std::move(augmentations).error();
    if (Status bad = checkTest(); !bad) return bad;

    epochs = options.epochs > 0 ? options.epochs : table.epochs;
    seed = options.seed >= 0 ? static_cast<std::uint64_t>(options.seed) : table.seed;
    double share = isSet(options.validation) ? options.validation : table.validation;
    if (!(share >= 0 && share < 1))
      return Status::error(CNN_ERROR_ARGUMENT, "validation is %g, expected a share from 0 to below 1", share);
    LoaderPlan plan;
    plan.samples = share > 0 ? shuffled(data.count, seed, validationStream) : allSamples(data);
    auto held = static_cast<std::ptrdiff_t>(share * static_cast<double>(data.count));
    validation.assign(plan.samples.begin(), plan.samples.begin() + held);
    plan.samples.erase(plan.samples.begin(), plan.samples.begin() + held);
    std::sort(plan.samples.begin(), plan.samples.end());
    std::sort(validation.begin(), validation.end());
    if (plan.samples.empty()) return Status::error(CNN_ERROR_FORMAT, "%s: no samples", data.source.c_str());
    plan.batch = options.batch > 0 ? options.batch : table.batch;
    plan.batch = std::clamp<std::int64_t>(plan.batch, 1, static_cast<std::int64_t>(plan.samples.size()));
    plan.shuffle = true;
    plan.seed = seed;
    plan.augmentations = *std::move(augmentations);
    batch = plan.batch;
    loader = std::make_unique<Loader>(*std::move(columns), std::move(plan));

    schedule.kind = table.schedule;
    schedule.lr = isSet(options.lr) ? options.lr : table.lr;
    std::copy(std::begin(table.schedule_arguments), std::end(table.schedule_arguments), schedule.arguments);
    if (isSet(options.lr) && table.schedule == CNN_ONE_CYCLE) schedule.arguments[0] = options.lr;
    schedule.steps_per_epoch = loader->batches();
    schedule.epochs = epochs;
    return {};
  }

  // A mistake in the test data is not for after the training.
  Status checkTest() const {
    if (trainer.data.test.count == 0) return {};
    return std::move(bindAll(table, trainer.data.test)).error();
  }

  Status begin() {
    if (Status bad = model.check(cnn_training_attach(model.handle(), &table, batch)); !bad) return bad;
    if (Status bad = model.check(cnn_training_get_state(model.handle(), &state)); !bad) return bad;
    *state.seed = seed;
    at.sums.assign(table.results_count, 0);
    if (options.resume && !options.checkpoint.empty() && access(options.checkpoint.c_str(), F_OK) == 0)
      return resume();
    if (options.initialise)
      if (Status bad = initialise(); !bad) return bad;
    progress.note("training " + std::string(model.description().name) + " on " +
                  std::to_string(loader->samples()) + " samples, batch " + std::to_string(batch) + ", " +
                  std::to_string(epochs) + " epochs, " + std::to_string(model.threads()) +
                  (model.threads() == 1 ? " thread" : " threads"));
    return {};
  }

  Status initialise() {
    if (Status bad = model.initialise(seed); !bad || !table.weights) return bad;
    return loadInitialWeights(model, *table.weights, options.folder);
  }

  Status resume() {
    if (Status bad = loadCheckpoint(model, at, options.checkpoint); !bad) return bad;
    if (at.batch != batch || at.samples != loader->samples() || *state.seed != seed)
      return Status::error(
          CNN_ERROR_MISMATCH,
          "%s: cannot go on with other data or settings: expected batch %lld, %lld samples and seed "
          "%llu, found batch %lld, %lld samples and seed %llu",
          options.checkpoint.c_str(), static_cast<long long>(at.batch), static_cast<long long>(at.samples),
          static_cast<unsigned long long>(*state.seed), static_cast<long long>(batch),
          static_cast<long long>(loader->samples()), static_cast<unsigned long long>(seed));
    progress.note("going on from " + options.checkpoint + ": epoch " + std::to_string(at.epoch + 1) +
                  ", batch " + std::to_string(at.position + 1));
    return {};
  }

  Status epoch() {
    progress.begin(at.epoch, epochs, loader->samples(), std::min(at.position * batch, loader->samples()));
    loader->start(at.epoch, at.position);
    while (const Batch* next = loader->next()) {
      if (Status bad = step(*next); !bad) return bad;
      if (options.checkpoint_steps > 0 && stepNumber() % options.checkpoint_steps == 0 &&
          at.position < loader->batches())
        if (Status bad = save(at); !bad) return bad;
    }
    std::vector<MetricValue> held;
    if (!validation.empty()) {
      auto values = evaluateSamples(model, table, trainer.data.train, validation);
      if (!values) return std::move(values).error();
      held = *std::move(values);
    }
    progress.end(at.sums, at.summed, rate, held);
    at.position = 0;
    at.summed = 0;
    std::fill(at.sums.begin(), at.sums.end(), 0.0);
    RunPosition after = at;
    ++after.epoch;
    return save(after);
  }

  std::int64_t stepNumber() const { return at.epoch * loader->batches() + at.position; }

  Status step(const Batch& next) {
    Hyper hyper;
    hyper.lr = rate = schedule.rate(stepNumber());
    hyper.clip_norm = options.clip_norm;
    cnn_hyper plain = hyper;
    results.resize(table.results_count);
    if (int code = cnn_training_step(model.handle(), next.inputs.data(), next.count, &plain, results.data()))
      return model.check(code);
    if (!std::isfinite(results[0]))
      return Status::error(CNN_ERROR_STATE,
                           "the loss is %g at step %lld (epoch %lld, learning rate %g): training "
                           "diverged; try a lower learning rate or clip_norm",
                           static_cast<double>(results[0]), static_cast<long long>(stepNumber()),
                           static_cast<long long>(at.epoch + 1), rate);
    for (std::size_t i = 0; i < results.size(); ++i)
      at.sums[i] += double{results[i]} * static_cast<double>(next.count);
    at.summed += next.count;
    progress.advance(next.count, at.sums, at.summed, rate);
    if (trainer.after_step) trainer.after_step(stepNumber(), rate, results);
    ++at.position;
    return {};
  }

  Status save(RunPosition position) {
    if (options.checkpoint.empty()) return {};
    position.batch = batch;
    position.samples = loader->samples();
    return saveCheckpoint(model, position, options.checkpoint);
  }

  Trainer& trainer;
  Model& model;
  const cnn_training& table;
  const TrainerOptions& options;
  Progress progress;
  std::unique_ptr<Loader> loader;
  std::vector<std::int64_t> validation;
  std::int64_t epochs = 0, batch = 0;
  std::uint64_t seed = 0;
  Schedule schedule;
  double rate = 0;
  cnn_training_state state{};
  RunPosition at;
  std::vector<float> results;
};

Trainer::Trainer(Model& model, const cnn_training& table, TrainerOptions options)
    : model(model), table(table), options(std::move(options)) {}

void Trainer::use(DataSplits given) {
  data = std::move(given);
  loaded = true;
}

Status Trainer::load() {
  if (loaded) return {};
  if (!table.data)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "the train section of %s names no data; give some to the trainer",
                         table.description->name);
  const cnn_tensor* picture = table.description->input_count > 0 ? &table.description->inputs[0] : nullptr;
  Result<DataSplits> splits = load_data(*table.data, options.data, picture);
  if (!splits) return std::move(splits).error();
  use(*std::move(splits));
  return {};
}

Status Trainer::run() {
  if (Status bad = load(); !bad) return bad;
  return TrainingRun(*this).run();
}

Result<std::vector<MetricValue>> Trainer::test() {
  if (Status bad = load(); !bad) return bad;
  return evaluate(model, table, data.test);
}

Result<std::vector<MetricValue>> evaluate(Model& model, const cnn_training& table, const Dataset& data) {
  return evaluateSamples(model, table, data, allSamples(data));
}

std::string format_metrics(const std::string& split, const std::vector<MetricValue>& metrics) {
  std::string text;
  for (std::size_t i = 0; i < metrics.size(); ++i)
    text += split + " " +
            (i == 0                          ? "loss"
             : metrics[i].kind == "accuracy" ? "accuracy"
                                             : metrics[i].name) +
            " " + formatValue(metrics[i].kind, metrics[i].value) + "\n";
  return text;
}

void print_metrics(const std::string& split, const std::vector<MetricValue>& metrics) {
  std::fputs(format_metrics(split, metrics).c_str(), stdout);
  std::fflush(stdout);
}

} // namespace cnn
