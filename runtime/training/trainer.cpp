#include <cnn/trainer.hpp>

#include "training_run.h"

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
  Result<DataSplits> splits = load_data(*table.data, options.data, *table.description);
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
