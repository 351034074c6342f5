#include "training_run.h"

#include "../model/metadata.h"
#include "evaluate.h"
#include "initial_weights.h"
#include "recipe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unistd.h>

namespace cnn {
TrainingRun::TrainingRun(Trainer& trainer)
    : trainer(trainer), model(trainer.model), table(trainer.table), options(trainer.options),
      progress(options.report, options.quiet, table) {}

Status TrainingRun::run() {
  if (Status bad = lockCheckpoint(); !bad) return bad;
  if (Status bad = divideSamples(); !bad) return bad;
  if (Status bad = begin(); !bad) return bad;
  for (;;) {
    while (!isPhaseDone()) {
      if (Status bad = epoch(); !bad) return bad;
      if (!isPhaseDone() || isLastPhase())
        if (Status bad = save(); !bad) return bad;
      if (trainer.wanted_end.load(std::memory_order_relaxed) && !isPhaseDone()) return interrupted();
    }
    if (Status bad = takeBest(); !bad) return bad;
    if (isLastPhase()) return swapAverages();
    ++at.phase;
    at.epoch = at.waited = at.best_epoch = 0;
    at.best = std::numeric_limits<double>::quiet_NaN();
    if (Status bad = planPhase(); !bad) return bad;
    if (Status bad = model.check(cnn_training_set_phase(model.handle(), at.phase)); !bad) return bad;
    announcePhase();
    if (Status bad = save(); !bad) return bad;
  }
}

/// Two runs that write one checkpoint would take turns at spoiling each other's.
Status TrainingRun::lockCheckpoint() {
  Text why;
  int code = options.checkpoint.empty() ? 0 : lock.acquire(options.checkpoint.c_str(), checkpointInUse, why);
  return code ? Status::error(code, "%s", why.message()) : Status();
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
  recipe = recipeOf(table, options, trainer.data);
  if (!options.checkpoint.empty() && access(options.checkpoint.c_str(), F_OK) == 0) {
    if (options.resume) return resume();
    if (!options.overwrite)
      return Status::error(CNN_ERROR_FILE,
                           "%s: there is a checkpoint already: resume goes on from it, overwrite begins anew",
                           options.checkpoint.c_str());
  } else if (options.resume) {
    progress.note("there is no " + options.checkpoint + " yet: the run begins");
  }
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
    bool classes = std::any_of(table.labels, table.labels + table.label_count, [&](const cnn_labels& each) {
      return static_cast<std::int32_t>(each.input) == metric.target;
    });
    if (metric.output < 0 || !classes) continue;
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
  if (Status bad = loadCheckpoint(model, at, recipe, options.checkpoint); !bad) return bad;
  const char* found = model.metadata(classNamesKey);
  if (!wanted.empty() && found && wanted != found)
    return Status::error(CNN_ERROR_MISMATCH,
                         "%s: cannot go on with other classes: it was trained on %s, the data has %s",
                         options.checkpoint.c_str(), found, wanted.c_str());
  if (!found) // a checkpoint may have none
    if (Status bad = nameClasses(); !bad) return bad;
  if (Status bad = planPhase(); !bad) return bad;
  if (Status bad = checkFirstWeights(options.checkpoint); !bad) return bad;
  announcePhase();
  std::string from = "going on from " + options.checkpoint + ": ";
  if (isPhaseDone() && isLastPhase())
    progress.note(from + "it has all epochs, nothing is left to train");
  else
    progress.note(from + "epoch " + std::to_string(at.epoch + 1) + ", batch " +
                  std::to_string(at.position + 1));
  return {};
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
      if (Status bad = save(); !bad) return bad;
    }
    if (trainer.wanted_end.load(std::memory_order_relaxed) && at.position < loader->batches())
      return interrupted();
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
                           place(stepsDone()).c_str(), each.name.c_str(),
                           formatValue(each.percent, each.value).c_str(),
                           static_cast<long long>(each.nan_samples),
                           own.count > 0 ? static_cast<std::size_t>(own.count) : validation.size());
  return values;
}

/// Keeps the weights of the watched metric's best epoch, and counts the epochs since.
Status TrainingRun::watch(const MetricValue& watched) {
  bool better = watched.higher_is_better ? watched.value > at.best : watched.value < at.best;
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
                ", the best: validation " + metric.name + " " +
                formatValue(metric.unit == CNN_PERCENT, at.best));
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
  double limit = isSet(options.clip_norm) ? options.clip_norm : table.phases[at.phase + step].hyper.clip_norm;
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

Status TrainingRun::save() {
  return options.checkpoint.empty() ? Status() : saveCheckpoint(model, at, recipe, options.checkpoint);
}

Status TrainingRun::interrupted() {
  if (options.checkpoint.empty())
    return Status::error(CNN_ERROR_INTERRUPTED,
                         "%s: interrupted: nothing of this run was saved, as it has no checkpoint",
                         place(stepsDone()).c_str());
  if (Status bad = checkWeights(); !bad) return bad;
  if (Status bad = save(); !bad) return bad;
  return Status::error(CNN_ERROR_INTERRUPTED,
                       "%s: interrupted: %s holds the run so far, and it can go on from there",
                       place(stepsDone()).c_str(), options.checkpoint.c_str());
}

} // namespace cnn
