// What a run will do, from options and train section, before its first step and before each phase.
#include "evaluate.h"
#include "training_run.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

constexpr std::uint64_t validationStream = std::uint64_t{0x8003} << 48;

std::string shortened(double number) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", number);
  return text;
}

} // namespace

Status TrainingRun::divideSamples() {
  const Dataset& data = trainer.data.train;
  seed = options.seed >= 0 ? static_cast<std::uint64_t>(options.seed) : table.seed;
  double share = isSet(options.validation) ? options.validation : table.validation;
  if (!(share >= 0 && share < 1))
    return Status::error(CNN_ERROR_ARGUMENT, "validation is %g, expected a share from 0 to below 1", share);
  if (trainer.data.validation.count > 0 && share > 0) {
    if (isSet(options.validation))
      return Status::error(CNN_ERROR_ARGUMENT, "validation is %g, but the data has a part for it, %s", share,
                           trainer.data.validation.source.c_str());
    progress.note("validation = " + shortened(share) + " holds nothing out: the data has a part for it, " +
                  trainer.data.validation.source);
    share = 0;
  }
  samples = share > 0 ? shuffled(data.count, seed, validationStream) : allSamples(data);
  auto held = static_cast<std::ptrdiff_t>(share * static_cast<double>(data.count));
  if (share > 0 && held == 0 && data.count > 0)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "validation is %g, which is none of %lld samples: expected at least %.2g", share,
                         static_cast<long long>(data.count), 1 / static_cast<double>(data.count));
  validation.assign(samples.begin(), samples.begin() + held);
  samples.erase(samples.begin(), samples.begin() + held);
  std::sort(samples.begin(), samples.end());
  std::sort(validation.begin(), validation.end());
  if (samples.empty()) return Status::error(CNN_ERROR_FORMAT, "%s: no samples", data.source.c_str());
  ema = isSet(options.ema) ? options.ema : table.ema;
  if (!(ema >= 0 && ema < 1))
    return Status::error(CNN_ERROR_ARGUMENT, "ema is %g, expected a decay from 0 to below 1", ema);
  if (Status bad = planPhase(); !bad) return bad;
  return checkOthers();
}

// A mistake in the other data is not for after the training.
Status TrainingRun::checkOthers() const {
  for (const Dataset* part : {&trainer.data.validation, &trainer.data.test}) {
    if (part->count == 0) continue;
    auto bound = bindAll(table, *part);
    if (!bound) return std::move(bound).error();
    if (Status bad = checkFinite(*part, bound->columns); !bad) return bad;
  }
  return {};
}

Status TrainingRun::planPhase() {
  auto bound = bindAll(table, trainer.data.train, true);
  if (!bound) return std::move(bound).error();
  if (at.phase == 0)
    if (Status bad = checkFinite(trainer.data.train, bound->columns); !bad) return bad;

  LoaderPlan plan;
  plan.samples = samples;
  plan.batch = options.batch > 0 ? options.batch : phase().batch;
  plan.batch = std::clamp<std::int64_t>(plan.batch, 1, static_cast<std::int64_t>(samples.size()));
  plan.shuffle = true;
  plan.seed = seed;
  plan.changes = std::move(bound->changes);
  batch = plan.batch;
  loader = std::make_unique<Loader>(std::move(bound->columns), std::move(plan));

  epochs = options.epochs > 0 ? options.epochs : phase().epochs;
  accumulate = std::max<std::int64_t>(1, options.accumulate > 0 ? options.accumulate : phase().accumulate);
  if (table.steps && accumulate > 1)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "accumulate is %lld, expected 1: each step of %s goes by one batch",
                         static_cast<long long>(accumulate), table.description->name);
  schedules.clear();
  for (std::uint32_t i = 0; i < steps(); ++i) schedules.push_back(scheduleOf(table.phases[at.phase + i]));
  rates.assign(steps(), 0);
  pending.assign(table.results_count, 0);
  pendingSamples = 0;
  if (Status bad = checkAssertions(); !bad) return bad;
  return planStop();
}

/// What the network asserts of its batch holds for every batch of an epoch, or training does not begin.
Status TrainingRun::checkAssertions() const {
  const cnn_description& description = model.description();
  if (!description.failed_assertion) return {};
  std::int64_t last = loader->samples() % batch;
  for (std::int64_t count : {batch, last}) {
    std::int32_t failed = count > 0 ? description.failed_assertion(count, 1) : -1;
    if (failed >= 0)
      return Status::error(CNN_ERROR_ARGUMENT,
                           "%lld training samples in batches of %lld: one has %lld, but %s asserts %s",
                           static_cast<long long>(loader->samples()), static_cast<long long>(batch),
                           static_cast<long long>(count), description.name, description.assertions[failed]);
  }
  return {};
}

Schedule TrainingRun::scheduleOf(const cnn_phase& part) const {
  Schedule schedule;
  schedule.kind = part.schedule;
  schedule.lr = isSet(options.lr) ? options.lr : part.hyper.lr;
  schedule.arguments = part.schedule_arguments;
  if (isSet(options.lr)) schedule.arguments.max_lr = options.lr;
  schedule.steps_per_epoch = (loader->batches() + accumulate - 1) / accumulate;
  schedule.epochs = epochs;
  return schedule;
}

Status TrainingRun::planStop() {
  stopEpochs = phase().stop_epochs;
  stopMetric = phase().stop_metric;
  if (options.stop_epochs > 0) {
    stopEpochs = options.stop_epochs;
    stopMetric = 0;
    while (stopMetric < table.results_count && options.stop_metric != table.metrics[stopMetric].name)
      ++stopMetric;
    if (stopMetric == table.results_count)
      return Status::error(CNN_ERROR_ARGUMENT, "stop: the train section has no metric %s",
                           options.stop_metric.c_str());
  }
  if (stopEpochs > 0 && !isMeasured(table, static_cast<std::uint32_t>(stopMetric)))
    return Status::error(CNN_ERROR_ARGUMENT, "stop watches %s, which depends on no sample",
                         table.metrics[stopMetric].name);
  if (stopEpochs > 0 && validation.empty() && trainer.data.validation.count == 0)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "stop watches %s on the validation share, but none is held out: set validation",
                         table.metrics[stopMetric].name);
  return {};
}

/// What is asked for and cannot have the effect that its name promises.
void TrainingRun::warnOfSettings() {
  auto number = [](std::int64_t value) { return std::to_string(value); };
  const std::int64_t wanted = options.batch > 0 ? options.batch : phase().batch, count = loader->samples();
  if (wanted > count)
    progress.warn("batch is " + number(wanted) + ", but there are " + number(count) +
                  " training samples: each epoch is one step of all of them");
  if (accumulate > loader->batches())
    progress.warn("accumulate is " + number(accumulate) + ", but an epoch has " + number(loader->batches()) +
                  " batches: each epoch is one step");
  if (stopEpochs >= epochs)
    progress.warn("stop waits for " + number(stopEpochs) + " epochs without improvement, but there are " +
                  number(epochs) +
                  ": training cannot end early; its weights are still those of the best epoch");
  for (const Schedule& schedule : schedules) {
    const cnn_schedule_arguments& arguments = schedule.arguments;
    if (schedule.kind == CNN_STEP && arguments.step_size >= static_cast<double>(epochs))
      progress.warn("the schedule's first step comes after " +
                    number(static_cast<std::int64_t>(arguments.step_size)) + " epochs, but there are " +
                    number(epochs) + ": the learning rate never changes");
    if (schedule.kind == CNN_COSINE && arguments.warmup >= static_cast<double>(epochs))
      progress.warn("the schedule's warmup takes all of the " + number(epochs) +
                    " epochs: the learning rate never comes down");
  }
}

/// Names the phase or the steps, if the section has any, and what they train.
void TrainingRun::announcePhase() {
  warnOfSettings();
  if (table.steps) {
    for (std::uint32_t i = 0; i < steps(); ++i)
      progress.note("step " + std::string(table.phases[i].name) + ": trains " +
                    trainedShare(table.phases[i]));
    return;
  }
  progress.beginPhase(phase().name);
  if (phases() == 1) return;
  progress.note("phase " + std::string(phase().name) + ": batch " + std::to_string(batch) + ", " +
                counted(static_cast<std::uint64_t>(epochs), "epoch") + ", trains " + trainedShare(phase()));
}

/// "650 of 8000 parameters"
std::string TrainingRun::trainedShare(const cnn_phase& part) const {
  const cnn_description& description = model.description();
  std::uint64_t all = 0, frozen = 0;
  auto elements = [&](std::uint32_t i) {
    std::uint64_t count = 1;
    for (std::int32_t d = 0; d < description.parameters[i].rank; ++d)
      count *= static_cast<std::uint64_t>(description.parameters[i].shape[d]);
    return description.parameters[i].flags & CNN_STATISTIC ? 0 : count;
  };
  for (std::uint32_t i = 0; i < description.parameter_count; ++i) all += elements(i);
  for (std::uint32_t i = 0; i < description.parameter_count; ++i)
    if (!(description.parameters[i].flags & (CNN_TRAINABLE | CNN_STATISTIC))) frozen += elements(i);
  for (std::uint32_t i = 0; i < part.frozen_count; ++i) frozen += elements(part.frozen[i]);
  return std::to_string(all - frozen) + " of " + counted(all, "parameter");
}

} // namespace cnn
