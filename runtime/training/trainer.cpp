#include <cnn/trainer.hpp>

#include "../data/picture_changes.h"
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

Status Trainer::run() {
  if (Status bad = load(); !bad) return bad;
  return TrainingRun(*this).run();
}

Result<std::vector<MetricValue>> Trainer::test(const OutputCallback& each) {
  if (Status bad = load(); !bad) return bad;
  return evaluateSamples(model, table, data.test, allSamples(data.test), each);
}

} // namespace cnn
