#include <cnn/trainer.hpp>

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
  auto first = std::find_if(inputs.begin(), inputs.end(), [](const cnn_tensor* tensor) { return tensor; });
  const cnn_tensor* picture = first == inputs.end() ? nullptr : *first;
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

} // namespace cnn
