#include "training_run.h"

#include "../model/finite.h"
#include "../model/metadata.h"
#include "evaluate.h"
#include "initial_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unistd.h>

namespace cnn {
namespace {

constexpr std::uint64_t validationStream = std::uint64_t{0x8003} << 48;

bool isSet(double value) {
  return !std::isnan(value);
}

/// A number that is none, without NaN's sign.
const char* notFiniteText(double value) {
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

std::string shortened(double number) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", number);
  return text;
}

std::string counted(std::uint64_t number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

} // namespace

TrainingRun::TrainingRun(Trainer& trainer)
    : trainer(trainer), model(trainer.model), table(trainer.table), options(trainer.options),
      progress(options.report, options.quiet, table) {}

Status TrainingRun::run() {
  if (Status bad = divideSamples(); !bad) return bad;
  if (Status bad = begin(); !bad) return bad;
  for (;;) {
    while (!isPhaseDone()) {
      if (Status bad = epoch(); !bad) return bad;
      if (!isPhaseDone() || isLastPhase())
        if (Status bad = save(at); !bad) return bad;
    }
    if (Status bad = takeBest(); !bad) return bad;
    if (isLastPhase()) return swapAverages();
    ++at.phase;
    at.epoch = at.waited = at.best_epoch = 0;
    at.best = std::numeric_limits<double>::quiet_NaN();
    if (Status bad = planPhase(); !bad) return bad;
    if (Status bad = model.check(cnn_training_set_phase(model.handle(), at.phase)); !bad) return bad;
    announcePhase();
    if (Status bad = save(at); !bad) return bad;
  }
}

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
  schedule.lr = isSet(options.lr) ? options.lr : part.lr;
  std::copy(std::begin(part.schedule_arguments), std::end(part.schedule_arguments), schedule.arguments);
  if (isSet(options.lr) && schedule.kind == CNN_ONE_CYCLE) schedule.arguments[0] = options.lr;
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
  if (stopEpochs > 0 && !readsPredictions(table.metrics[stopMetric]))
    return Status::error(CNN_ERROR_ARGUMENT, "stop watches %s, which predict's outputs do not tell",
                         table.metrics[stopMetric].name);
  if (stopEpochs > 0 && validation.empty() && trainer.data.validation.count == 0)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "stop watches %s on the validation share, but none is held out: set validation",
                         table.metrics[stopMetric].name);
  return {};
}

Status TrainingRun::begin() {
  // Room for the largest batch of all phases: nothing is reserved later.
  std::int64_t largest = 0;
  for (std::uint32_t i = 0; i < table.phase_count; ++i)
    largest = std::max(largest, options.batch > 0 ? options.batch : table.phases[i].batch);
  largest = std::clamp<std::int64_t>(largest, 1, static_cast<std::int64_t>(samples.size()));
  if (Status bad = model.check(cnn_training_attach(model.handle(), &table, largest)); !bad) return bad;
  if (Status bad = model.check(cnn_training_set_phase(model.handle(), 0)); !bad) return bad;
  if (Status bad = model.check(cnn_training_get_state(model.handle(), &state)); !bad) return bad;
  *state.seed = seed;
  if (Status bad = nameClasses(); !bad) return bad;
  at.sums.assign(table.results_count, 0);
  if (options.resume && !options.checkpoint.empty() && access(options.checkpoint.c_str(), F_OK) == 0)
    return resume();
  if (options.initialise)
    if (Status bad = initialise(); !bad) return bad;
  if (Status bad = checkFirstWeights("the first weights"); !bad) return bad;
  for (const std::string& line : trainer.notes()) progress.note(line);
  std::string text = "training " + std::string(model.description().name) + " on " +
                     std::to_string(loader->samples()) + " samples, ";
  if (phases() == 1)
    text += "batch " + std::to_string(batch) + ", " + std::to_string(epochs) + " epochs, ";
  else
    text += std::to_string(phases()) + " phases, ";
  progress.note(text + counted(static_cast<std::uint64_t>(model.threads()), "thread"));
  announcePhase();
  return {};
}

/// Weights keep the names of the classes that they were trained on.
Status TrainingRun::nameClasses() {
  const std::vector<std::string>& labels = trainer.data.train.labels;
  if (labels.empty()) return {};
  for (std::uint32_t i = 0; i < table.results_count; ++i) {
    const cnn_metric& metric = table.metrics[i];
    if (metric.output < 0 || std::string(metric.kind) != "cross_entropy") continue;
    const cnn_tensor& output = table.description->outputs[metric.output];
    if (output.rank == 2 && output.shape[1] != static_cast<std::int64_t>(labels.size())) {
      progress.note("the data has " + std::to_string(labels.size()) + " classes, " + output.name + " has " +
                    std::to_string(output.shape[1]));
      break;
    }
  }
  std::vector<const char*> names;
  for (const std::string& label : labels) names.push_back(label.c_str());
  return model.set_class_names(names);
}

Status TrainingRun::initialise() {
  if (Status bad = model.initialise(seed); !bad || !table.weights) return bad;
  return loadInitialWeights(model, *table.weights, options.folder);
}

Status TrainingRun::resume() {
  const char* named = model.metadata(classNamesKey);
  std::string wanted = named ? named : "";
  if (Status bad = loadCheckpoint(model, at, options.checkpoint); !bad) return bad;
  const char* found = model.metadata(classNamesKey);
  if (!wanted.empty() && found && wanted != found)
    return Status::error(CNN_ERROR_MISMATCH,
                         "%s: cannot go on with other classes: it was trained on %s, the data has %s",
                         options.checkpoint.c_str(), found, wanted.c_str());
  if (!found) // a checkpoint may have none
    if (Status bad = nameClasses(); !bad) return bad;
  if (Status bad = planPhase(); !bad) return bad;
  if (at.batch != batch || at.samples != loader->samples() || *state.seed != seed)
    return Status::error(
        CNN_ERROR_MISMATCH,
        "%s: cannot go on with other data or settings: expected batch %lld, %lld samples and seed "
        "%llu, found batch %lld, %lld samples and seed %llu",
        options.checkpoint.c_str(), static_cast<long long>(at.batch), static_cast<long long>(at.samples),
        static_cast<unsigned long long>(*state.seed), static_cast<long long>(batch),
        static_cast<long long>(loader->samples()), static_cast<unsigned long long>(seed));
  if (Status bad = checkFirstWeights(options.checkpoint); !bad) return bad;
  announcePhase();
  progress.note("going on from " + options.checkpoint + ": epoch " + std::to_string(at.epoch + 1) +
                ", batch " + std::to_string(at.position + 1));
  return {};
}

/// Names the phase or the steps, if the section has any, and what they train.
void TrainingRun::announcePhase() {
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

Status TrainingRun::epoch() {
  progress.begin(at.epoch, epochs, loader->samples(), std::min(at.position * batch, loader->samples()));
  loader->start(at.round, at.position);
  while (const Batch* next = loader->next()) {
    if (Status bad = batchDone(*next); !bad) return bad;
    bool isStep = at.position % accumulate == 0 || at.position == loader->batches();
    if (!isStep) continue;
    if (Status bad = update(); !bad) return bad;
    if (options.checkpoint_steps > 0 && stepNumber() % options.checkpoint_steps == 0 &&
        at.position < loader->batches()) {
      if (Status bad = checkWeights(); !bad) return bad;
      if (Status bad = save(at); !bad) return bad;
    }
  }
  if (Status bad = loader->takeFailure(); !bad) return bad;
  if (Status bad = checkWeights(); !bad) return bad;
  auto held = validate();
  if (!held) return std::move(held).error();
  progress.end(at.sums, at.summed, rates[0], *held);
  at.position = 0;
  at.summed = 0;
  std::fill(at.sums.begin(), at.sums.end(), 0.0);
  ++at.epoch;
  ++at.round;
  for (const MetricValue& value : *held)
    if (stopEpochs > 0 && value.name == table.metrics[stopMetric].name) return watch(value);
  return {};
}

/// The metrics of the validation data, by the averages where there are any; empty without such data.
Result<std::vector<MetricValue>> TrainingRun::validate() {
  const Dataset& own = trainer.data.validation;
  if (validation.empty() && own.count == 0) return std::vector<MetricValue>();
  if (Status bad = swapAverages(); !bad) return bad;
  auto values = own.count > 0 ? evaluateSamples(model, table, own, allSamples(own))
                              : evaluateSamples(model, table, trainer.data.train, validation);
  if (Status bad = swapAverages(); !bad) return bad;
  if (!values) return values;
  for (const MetricValue& each : *values)
    if (!std::isfinite(each.value) || each.nan_samples > 0)
      return Status::error(CNN_ERROR_STATE,
                           "%s: on the validation share %s is %s, and %lld of %zu samples give NaN: training "
                           "ends, and nothing is saved of this epoch; values within the network are too "
                           "large: try a lower learning rate or clip_norm",
                           place().c_str(), each.name.c_str(), formatValue(each.kind, each.value).c_str(),
                           static_cast<long long>(each.nan_samples),
                           own.count > 0 ? static_cast<std::size_t>(own.count) : validation.size());
  return values;
}

/// "epoch 3, step 17 of 94", with the phase before it where there are several.
std::string TrainingRun::place() const {
  std::string name = phases() > 1 ? "phase " + std::string(phase().name) + ", " : "";
  std::int64_t done = std::min(at.position / accumulate + 1, schedules[0].steps_per_epoch);
  return name + "epoch " + std::to_string(at.epoch + 1) + ", step " + std::to_string(done) + " of " +
         std::to_string(schedules[0].steps_per_epoch);
}

Status TrainingRun::checkFirstWeights(const std::string& source) const {
  Text lines;
  if (listNotFinite(model.description(), cnn_model_parameters(model.handle()), lines) == 0) return {};
  return Status::error(CNN_ERROR_FORMAT, "%s: training cannot begin with values that are NaN or infinite:%s",
                       source.c_str(), lines.c_str());
}

/// Nothing that is saved holds a weight or a statistic that is not a number.
Status TrainingRun::checkWeights() const {
  Text lines;
  if (listNotFinite(model.description(), cnn_model_parameters(model.handle()), lines) == 0) return {};
  return Status::error(CNN_ERROR_STATE,
                       "%s: weights are NaN or infinite: training ends, and they are not saved; likely a "
                       "learning rate that is too high (%g): try a lower one, or clip_norm:%s",
                       place().c_str(), rates[0], lines.c_str());
}

/// A loss that is no number, with what in the batch is the cause or what likely is.
Status TrainingRun::notFinite(const char* what, double value, const Batch& batch, double rate) const {
  std::vector<const cnn_tensor*> inputs = dataInputs(table);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i] || inputs[i]->element != CNN_F32) continue;
    auto elements = static_cast<std::uint64_t>(sampleElements(*inputs[i]));
    const auto* values = static_cast<const float*>(batch.inputs[i]);
    std::uint64_t found = countNotFinite(values, elements * static_cast<std::uint64_t>(batch.count));
    if (found > 0)
      return Status::error(CNN_ERROR_FORMAT,
                           "%s: the %s is %s: the batch's data holds %llu values of %s that are NaN or "
                           "infinite; training ends, and nothing is saved",
                           place().c_str(), what, notFiniteText(value),
                           static_cast<unsigned long long>(found), inputs[i]->name);
  }
  return Status::error(CNN_ERROR_STATE,
                       "%s: the %s is %s: training diverged and ends, and nothing is saved; likely a "
                       "learning rate that is too high (%g): try a lower one, or clip_norm; or data that "
                       "is too large: try mean and std",
                       place().c_str(), what, notFiniteText(value), rate);
}

/// Keeps the weights of the watched metric's best epoch, and counts the epochs since.
Status TrainingRun::watch(const MetricValue& watched) {
  bool better = watched.kind == "accuracy" ? watched.value > at.best : watched.value < at.best;
  if (better || std::isnan(at.best)) {
    at.best = watched.value;
    at.best_epoch = at.epoch - 1;
    at.waited = 0;
    return model.check(cnn_training_keep(model.handle()));
  }
  if (++at.waited == stopEpochs && at.epoch < epochs)
    progress.note("stopped: " + watched.name + " has not improved for " +
                  counted(static_cast<std::uint64_t>(stopEpochs), "epoch"));
  return {};
}

/// A phase that watches a metric ends with the weights of its best epoch.
Status TrainingRun::takeBest() {
  if (std::isnan(at.best)) return {};
  const cnn_metric& metric = table.metrics[stopMetric];
  progress.note("the weights are those of epoch " + std::to_string(at.best_epoch + 1) +
                ", the best: validation " + metric.name + " " + formatValue(metric.kind, at.best));
  return model.check(cnn_training_restore(model.handle()));
}

/// Gradients and results of one batch; with steps also the updates, each before the next step's gradients.
Status TrainingRun::batchDone(const Batch& next) {
  results.resize(table.results_count);
  for (std::uint32_t i = 0; i < steps(); ++i) {
    rates[i] = schedules[i].rate(at.epoch * schedules[i].steps_per_epoch + at.position / accumulate);
    if (int code =
            cnn_training_forward_backward(model.handle(), next.inputs.data(), next.count, results.data()))
      return model.check(code);
    if (!std::isfinite(results[i]))
      return notFinite(table.steps ? table.metrics[i].name : "loss", static_cast<double>(results[i]), next,
                       rates[i]);
    if (table.steps)
      if (Status bad = updateStep(i); !bad) return bad;
  }
  auto count = static_cast<double>(next.count);
  if (accumulate > 1)
    if (int code = cnn_training_accumulate(model.handle(), count)) return model.check(code);
  for (std::size_t i = 0; i < results.size(); ++i) {
    at.sums[i] += double{results[i]} * count;
    pending[i] += double{results[i]} * count;
  }
  at.summed += next.count;
  pendingSamples += next.count;
  progress.advance(next.count, at.sums, at.summed, rates[0]);
  ++at.position;
  return {};
}

/// Clips the gradients and changes the parameters.
Status TrainingRun::updateStep(std::uint32_t step) {
  double limit = isSet(options.clip_norm) ? options.clip_norm : table.phases[at.phase + step].clip_norm;
  if (limit > 0)
    if (int code = cnn_training_clip(model.handle(), limit, nullptr)) return model.check(code);
  Hyper hyper;
  hyper.lr = rates[step];
  cnn_hyper plain = hyper;
  return model.check(cnn_training_update(model.handle(), &plain));
}

/// Ends one iteration: without steps, one optimizer step on the batches since the last one.
Status TrainingRun::update() {
  if (accumulate > 1)
    if (int code = cnn_training_average_gradients(model.handle())) return model.check(code);
  if (!table.steps)
    if (Status bad = updateStep(0); !bad) return bad;
  if (ema > 0)
    if (int code = cnn_training_ema(model.handle(), ema)) return model.check(code);
  for (std::size_t i = 0; i < results.size(); ++i)
    results[i] = static_cast<float>(pending[i] / static_cast<double>(pendingSamples));
  std::fill(pending.begin(), pending.end(), 0.0);
  pendingSamples = 0;
  if (trainer.after_step) trainer.after_step(at.steps, rates[0], results);
  ++at.steps;
  return {};
}

Status TrainingRun::save(RunPosition position) {
  if (options.checkpoint.empty()) return {};
  position.batch = batch;
  position.samples = loader->samples();
  return saveCheckpoint(model, position, options.checkpoint);
}

} // namespace cnn
