#include <cnn/trainer.hpp>

#include "../data/picture_changes.h"
#include "../report/exceptions.h"
#include "evaluate.h"
#include "training_run.h"

#include <algorithm>

namespace cnn {

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
  const std::vector<const cnn_tensor*> inputs = dataInputs(table);
  std::size_t picture = inputs.size(), first = inputs.size();
  for (std::size_t i = inputs.size(); i-- > 0;) {
    if (inputs[i]) first = i;
    if (inputs[i] && inputs[i]->rank == 4) picture = i;
  }
  if (picture == inputs.size()) picture = first;
  const cnn_description& network = *table.description;
  bool ofAnySize =
      picture < network.input_count && hasPreprocess(network, static_cast<std::uint32_t>(picture));
  Result<DataSplits> splits =
      load_data(*table.data, options.data, picture < inputs.size() ? inputs[picture] : nullptr, ofAnySize);
  if (!splits) return std::move(splits).error();
  use(*std::move(splits));
  return {};
}

Status Trainer::run() try {
  if (!model.handle()) return model.check(CNN_ERROR_ARGUMENT);
  if (Status bad = load(); !bad) return bad;
  Status done = TrainingRun(*this).run();
  wanted_end.store(false, std::memory_order_relaxed);
  return done;
} catch (...) {
  return caughtException();
}

Result<std::vector<MetricValue>> Trainer::test(const OutputCallback& each) try {
  if (!model.handle()) return model.check(CNN_ERROR_ARGUMENT);
  Result<const char*> split = tested_split();
  if (!split) return std::move(split).error();
  if (!*split)
    return Status::error(CNN_ERROR_FILE, "%s: no test data: expected a test or val beside it",
                         data.train.source.c_str());
  const Dataset& tested = data.test.count > 0 ? data.test : data.validation;
  return evaluateSamples(model, table, tested, allSamples(tested), each);
} catch (...) {
  return caughtException();
}

Result<const char*> Trainer::tested_split() {
  if (Status bad = load(); !bad) return bad;
  return data.test.count > 0         ? "test"
         : data.validation.count > 0 ? "validation"
                                     : static_cast<const char*>(nullptr);
}

std::vector<std::string> Trainer::notes() const {
  std::vector<std::string> lines;
  for (const Dataset* part : {&data.train, &data.validation, &data.test})
    if (!part->skipped.empty()) lines.push_back(part->skipped);
  return lines;
}

} // namespace cnn
