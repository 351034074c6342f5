#include "checkpoint.h"

#include "../model/meaning.h"
#include "../model/save.h"
#include "../model/training_state.h"
#include "../model/weights.h"
#include "../training/recipe.h"

#include <cmath>
#include <cstring>

namespace cnn {
namespace {

// cnn.progress, one I64 each.
enum Field {
  Version,
  Optimizer,
  Seed,
  Updates,
  Iterations,
  Epoch,
  Position,
  Summed,
  Phase,
  Round,
  Steps,
  Waited,
  BestEpoch,
  Averaged,    // 1: with moving averages
  Tracked,     // batch norm's num_batches_tracked
  BestTracked, // likewise of the best weights
  FieldCount
};
constexpr std::int64_t formatVersion = 3;
// So that no product or sum of what a file says is beyond 2^63.
constexpr std::int64_t mostCounted = std::int64_t{1} << 40, mostEpochs = std::int64_t{1} << 31;
constexpr char recipeKey[] = "recipe", trainingMeaningKey[] = "training_meaning";
constexpr char progressName[] = "cnn.progress", sumsName[] = "cnn.sums", bestName[] = "cnn.best";

// Optimizer state is stored a tensor a parameter, under the parameter's name, so that the file does not
// depend on how the masters are laid out; what the phase leaves alone has none. Steps have theirs under their
// names.
template <class Visit> Status forEachState(Model& model, std::uint32_t current, Visit visit) {
  const cnn_description& description = model.description();
  const TrainingState& state = *model.handle()->training;
  const cnn_training& table = *state.table;
  for (std::uint32_t part = table.steps ? 0 : current; part < (table.steps ? table.phase_count : current + 1);
       ++part)
    for (int number = 0; number < stateCount(table.phases[part]); ++number) {
      std::string prefix = "cnn.state" + std::to_string(number) + ".";
      if (table.steps) prefix += std::string(table.phases[part].name) + ":";
      float* values = state.optimizerState(number, part);
      for (std::uint32_t i = 0; i < description.parameter_count; ++i) {
        const cnn_parameter& parameter = description.parameters[i];
        if (!isTrained(description, table.phases[part], i)) continue;
        if (Status bad = visit(prefix + parameter.name, parameter, values + parameter.offset); !bad)
          return bad;
      }
    }
  return {};
}

/// The network's parameters a second and third time, each tensor under a prefix.
struct Copy {
  const char* prefix;
  float* values; // laid out like the masters
};

/// What a checkpoint holds beside the weights that the run would give if it ended now. With moving averages
/// or the best of what `stop` watches these are not what is being trained.
std::vector<Copy> copiesOf(float* masters, const cnn_training_state& state, bool averaged, bool best) {
  std::vector<Copy> copies;
  if (averaged || best) copies.push_back({"cnn.trained.", masters});
  if (averaged && best) {
    copies.push_back({"cnn.averages.", state.averages});
    copies.push_back({"cnn.best_trained.", state.kept});
  }
  return copies;
}

Status mismatch(const std::string& path, const char* name, const char* expected) {
  return Status::error(CNN_ERROR_MISMATCH, "%s: not a checkpoint of this run: %s: expected %s", path.c_str(),
                       name, expected);
}

Result<StoredTensor*> findAs(const SafetensorsReader& file, const std::string& path, const char* name,
                             StoredType type, int32_t rank, const int64_t* shape) {
  StoredTensor* stored = file.find(name);
  if (!stored) return mismatch(path, name, "a tensor of this name, found none");
  if (stored->type != type || !stored->hasShape(rank, shape))
    return mismatch(path, name, "another type or shape");
  return stored;
}

Status readProgress(const SafetensorsReader& file, const std::string& path, const cnn_training& table,
                    std::int64_t (&fields)[FieldCount], std::vector<double>& sums, double& best) {
  Text why;
  int64_t fieldCount = FieldCount, sumCount = table.results_count;
  Result<StoredTensor*> progress = findAs(file, path, progressName, StoredType::I64, 1, &fieldCount);
  if (!progress) return std::move(progress).error();
  Result<StoredTensor*> stored = findAs(file, path, sumsName, StoredType::F64, 1, &sumCount);
  if (!stored) return std::move(stored).error();
  Result<StoredTensor*> storedBest = findAs(file, path, bestName, StoredType::F64, 0, nullptr);
  if (!storedBest) return std::move(storedBest).error();
  sums.resize(table.results_count);
  int code = file.readBytes(**progress, fields, why);
  if (!code) code = file.readBytes(**storedBest, &best, why);
  if (!code) code = file.readBytes(**stored, sums.data(), why);
  if (code) return Status::error(code, "%s", why.message());
  if (fields[Version] != formatVersion) return mismatch(path, progressName, "format version 3");
  for (Field field : {Updates, Iterations, Epoch, Position, Summed, Phase, Round, Steps, Waited})
    if (fields[field] < 0 || fields[field] > mostCounted)
      return mismatch(path, progressName, "values from 0 to 2^40");
  if (fields[Epoch] > mostEpochs || fields[Round] > mostEpochs)
    return mismatch(path, progressName, "at most 2^31 epochs");
  if (fields[Phase] >= table.phase_count) return mismatch(path, progressName, "a phase of this network's");
  if (fields[Optimizer] != table.phases[fields[Phase]].optimizer)
    return mismatch(path, progressName, "the same optimizer");
  return {};
}

const char* metadataOf(const SafetensorsReader& file, const char* name) {
  for (std::size_t i = 0; i < file.metadataCount(); ++i)
    if (std::strcmp(file.metadata()[i].name, name) == 0) return file.metadata()[i].text;
  return nullptr;
}

/// Whether the file is a checkpoint, and of this network with this recipe.
Status checkRun(const SafetensorsReader& file, const std::string& path, const cnn_training& table,
                const std::string& recipe) {
  const char* found = metadataOf(file, recipeKey);
  if (!found || !file.find(progressName))
    return Status::error(CNN_ERROR_MISMATCH,
                         "%s: not a checkpoint of this version: it holds weights alone, or "
                         "is older; a new run can begin with its weights",
                         path.c_str());
  Text lines;
  const std::pair<const char*, const char*> meanings[] = {{meaningKey, table.description->meaning},
                                                          {trainingMeaningKey, table.meaning}};
  for (auto [key, here] : meanings)
    if (const char* there = metadataOf(file, key); there && here) compareMeanings(there, here, lines);
  std::string differences = lines.c_str() + recipeDifferences(found, recipe);
  if (differences.empty()) return {};
  return Status::error(CNN_ERROR_MISMATCH,
                       "%s: cannot go on with another network, other data or other settings:%s", path.c_str(),
                       differences.c_str());
}

Status beginPhase(Model& model, std::uint32_t phase, cnn_training_state& state) {
  if (Status bad = model.check(cnn_training_set_phase(model.handle(), phase)); !bad) return bad;
  return model.check(cnn_training_get_state(model.handle(), &state));
}

/// Room for averages and the best weights, both as the parameters are now.
Status reserveCopies(Model& model, bool averaged, bool best) {
  if (averaged)
    if (Status bad = model.check(cnn_training_ema(model.handle(), 0)); !bad) return bad;
  return best ? model.check(cnn_training_keep(model.handle())) : Status();
}

} // namespace

Status saveCheckpoint(Model& model, const RunPosition& position, const std::string& recipe,
                      const std::string& path) {
  cnn_training_state state;
  if (Status bad = model.check(cnn_training_get_state(model.handle(), &state)); !bad) return bad;
  const cnn_description& description = model.description();
  const cnn_phase& phase = cnn_training_table(model.handle())->phases[position.phase];
  float* masters = cnn_model_parameters(model.handle());
  const bool averaged = state.averages, best = !std::isnan(position.best);
  const float* result = best       ? (averaged ? state.kept_averages : state.kept)
                        : averaged ? state.averages
                                   : masters;
  TensorList list;
  bool room = listWeights(*model.handle(), list, /*trainingOnly=*/true, result,
                          best ? state.kept_tracked : state.batches_tracked);
  for (const Copy& copy : copiesOf(masters, state, averaged, best))
    for (std::uint32_t i = 0; i < description.parameter_count; ++i) {
      const cnn_parameter& parameter = description.parameters[i];
      room = room && list.add((copy.prefix + std::string(parameter.name)).c_str(), "F32", parameter.rank,
                              parameter.shape, copy.values + parameter.offset,
                              static_cast<uint64_t>(parameterElements(parameter)) * sizeof(float));
    }
  Status listed = forEachState(
      model, position.phase, [&](const std::string& name, const cnn_parameter& parameter, float* values) {
        auto bytes = static_cast<uint64_t>(parameterElements(parameter)) * sizeof(float);
        room = room && list.add(name.c_str(), "F32", parameter.rank, parameter.shape, values, bytes);
        return Status();
      });
  const std::int64_t fields[FieldCount] = {formatVersion,
                                           phase.optimizer,
                                           static_cast<std::int64_t>(*state.seed),
                                           static_cast<std::int64_t>(*state.updates),
                                           static_cast<std::int64_t>(*state.iterations),
                                           position.epoch,
                                           position.position,
                                           position.summed,
                                           position.phase,
                                           position.round,
                                           position.steps,
                                           position.waited,
                                           position.best_epoch,
                                           averaged,
                                           static_cast<std::int64_t>(*state.batches_tracked),
                                           static_cast<std::int64_t>(*state.kept_tracked)};
  const int64_t fieldCount = FieldCount, sumCount = static_cast<int64_t>(position.sums.size());
  room =
      room && list.add(progressName, "I64", 1, &fieldCount, fields, sizeof(fields)) &&
      list.add(sumsName, "F64", 1, &sumCount, position.sums.data(), position.sums.size() * sizeof(double)) &&
      list.add(bestName, "F64", 0, nullptr, &position.best, sizeof(double));
  if (!room) return Status::error(CNN_ERROR_MEMORY, "%s: no memory to list the tensors", path.c_str());
  model.handle()->message.clear();
  const char* meaning = cnn_training_table(model.handle())->meaning;
  const MetadataEntry further[] = {{recipeKey, recipe.c_str()}, {trainingMeaningKey, meaning ? meaning : ""}};
  return model.check(writeModelFile(*model.handle(), path.c_str(), list, further, 2));
}

Status loadCheckpoint(Model& model, RunPosition& position, const std::string& recipe,
                      const std::string& path) {
  const cnn_training& table = *cnn_training_table(model.handle());
  const cnn_description& description = model.description();
  Text why;
  SafetensorsReader file;
  int code = file.openFile(path.c_str(), why);
  if (!code) code = matchWeights(description, file, path.c_str(), why, {.complete = true});
  if (code) return Status::error(code, "%s", why.message());
  if (Status bad = checkRun(file, path, table, recipe); !bad) return bad;

  std::int64_t fields[FieldCount];
  std::vector<double> sums;
  double best = 0;
  if (Status bad = readProgress(file, path, table, fields, sums, best); !bad) return bad;
  const bool averaged = fields[Averaged] != 0, hasBest = !std::isnan(best);
  const auto phaseNumber = static_cast<std::uint32_t>(fields[Phase]);
  const std::uint32_t before = cnn_training_phase(model.handle());
  cnn_training_state state;
  if (Status bad = beginPhase(model, phaseNumber, state); !bad) return bad;
  auto find = [&](const std::string& name, const cnn_parameter& parameter) {
    return findAs(file, path, name.c_str(), StoredType::F32, parameter.rank, parameter.shape);
  };
  auto read = [&](const std::string& name, const cnn_parameter& parameter, float* values) {
    int bad = file.readBytes(**find(name, parameter), values, why);
    return bad ? Status::error(bad, "%s", why.message()) : Status();
  };
  auto check = [&](const std::string& name, const cnn_parameter& parameter, float*) {
    return std::move(find(name, parameter)).error();
  };
  auto forEachCopy = [&](auto visit) {
    for (const Copy& copy : copiesOf(cnn_model_parameters(model.handle()), state, averaged, hasBest))
      for (std::uint32_t i = 0; i < description.parameter_count; ++i) {
        const cnn_parameter& parameter = description.parameters[i];
        if (Status bad = visit(copy.prefix + std::string(parameter.name), parameter,
                               copy.values ? copy.values + parameter.offset : nullptr);
            !bad)
          return bad;
      }
    return Status();
  };
  Status found = forEachState(model, phaseNumber, check);
  if (found) found = forEachCopy(check);
  if (!found) {
    if (Status bad = beginPhase(model, before, state); !bad) return bad;
    return found;
  }

  if (int bad = readWeights(*model.handle(), file)) return model.check(bad);
  if (int bad = takeMetadata(*model.handle(), file)) return model.check(bad);
  if (Status bad = reserveCopies(model, averaged, hasBest); !bad) return bad;
  if (Status bad = model.check(cnn_training_get_state(model.handle(), &state)); !bad) return bad;
  if (Status bad = forEachState(model, phaseNumber, read); !bad) return bad;
  if (Status bad = forEachCopy(read); !bad) return bad;
  cnn_model_parameters_changed(model.handle());
  *state.seed = static_cast<uint64_t>(fields[Seed]);
  *state.updates = static_cast<uint64_t>(fields[Updates]);
  *state.iterations = static_cast<uint64_t>(fields[Iterations]);
  *state.batches_tracked = static_cast<uint64_t>(fields[Tracked]);
  *state.kept_tracked = static_cast<uint64_t>(fields[BestTracked]);
  position = {phaseNumber,    fields[Epoch],    fields[Position], std::move(sums),
              fields[Summed], fields[Round],    fields[Steps],    fields[Waited],
              best,           fields[BestEpoch]};
  return {};
}

} // namespace cnn
