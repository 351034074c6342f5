#include "finite.h"
#include "meaning.h"
#include "weights.h"

#include <cstring>

namespace cnn {
namespace {

constexpr char trackedSuffix[] = "num_batches_tracked";
constexpr char meanSuffix[] = "running_mean";

void addShape(Text& text, int32_t rank, const int64_t* shape) {
  text.addCharacter('[');
  for (int32_t i = 0; i < rank; ++i) text.add("%s%lld", i ? ", " : "", static_cast<long long>(shape[i]));
  text.addCharacter(']');
}

bool isFloating(StoredType type) {
  return type != StoredType::I64 && type != StoredType::Other;
}

// The differences of one file; each is a line of the report.
struct Differences {
  Text lines;
  size_t count = 0;

  Text& add(const char* kind, const char* name) {
    ++count;
    return lines.add("\n  %-11s %s: ", kind, name);
  }
  void found(const StoredTensor& stored) {
    lines.add("found %s %.*s", stored.typeName, stored.shapeLength, stored.shapeText);
  }
};

void compare(const cnn_parameter& parameter, const char* name, StoredTensor* stored,
             Differences& differences) {
  if (!stored) {
    differences.add("missing", name).add("expected ");
    addShape(differences.lines, parameter.rank, parameter.shape);
    return;
  }
  stored->used = true;
  if (!stored->hasShape(parameter.rank, parameter.shape)) {
    differences.add("shape", name).add("expected ");
    addShape(differences.lines, parameter.rank, parameter.shape);
    differences.lines.add(", ");
    differences.found(*stored);
  } else if (!isFloating(stored->type)) {
    differences.add("type", name).add("expected F32, F16, BF16 or F64, ");
    differences.found(*stored);
  }
}

// False: no memory.
bool acceptTracked(const cnn_description& description, const SafetensorsReader& file,
                   const WeightsPart& part) {
  Text name;
  for (uint32_t i = 0; i < description.parameter_count; ++i) {
    const char* own = part.nameInFile(description.parameters[i]);
    if (!own || !trackedName(own, name)) continue;
    if (!name.complete()) return false;
    StoredTensor* stored = file.find(name.c_str());
    if (stored && stored->type == StoredType::I64 && stored->rank == 0) stored->used = true;
  }
  return true;
}

// Whether the file has any of the parameters that predict does not read.
bool holdsMoreThanPredicts(const cnn_description& description, const SafetensorsReader& file,
                           const WeightsPart& part) {
  for (uint32_t i = 0; i < description.parameter_count; ++i) {
    if (!(description.parameters[i].flags & CNN_TRAINING_ONLY)) continue;
    const char* name = part.nameInFile(description.parameters[i]);
    if (name && file.find(name)) return true;
  }
  return false;
}

} // namespace

bool trackedName(const char* parameterName, Text& name) {
  size_t length = strlen(parameterName), suffix = sizeof(meanSuffix) - 1;
  if (length < suffix || strcmp(parameterName + length - suffix, meanSuffix) != 0) return false;
  name.clear();
  name.add("%.*s%s", static_cast<int>(length - suffix), parameterName, trackedSuffix);
  return true;
}

const char* WeightsPart::nameInFile(const cnn_parameter& parameter) const {
  const char* name = parameter.name;
  if (size_t length = strlen(into)) {
    if (strncmp(name, into, length) != 0 || name[length] != '.') return nullptr;
    name += length + 1;
  }
  return skips && skips(context, name) ? nullptr : name;
}

int32_t matchWeights(const cnn_description& description, const SafetensorsReader& file, const char* fileName,
                     Text& message, const WeightsPart& part) {
  Differences differences;
  bool all = part.complete || holdsMoreThanPredicts(description, file, part);
  for (uint32_t i = 0; i < description.parameter_count; ++i) {
    const cnn_parameter& parameter = description.parameters[i];
    const char* name = part.nameInFile(parameter);
    if (name && (all || !(parameter.flags & CNN_TRAINING_ONLY)))
      compare(parameter, name, file.find(name), differences);
  }
  if (!acceptTracked(description, file, part)) {
    message.add("%s: no memory to compare it with %s", fileName, description.name);
    return CNN_ERROR_MEMORY;
  }
  for (size_t i = 0; i < file.count(); ++i) {
    const StoredTensor& stored = file.tensors()[i];
    if (stored.used || strncmp(stored.name, reservedPrefix, sizeof(reservedPrefix) - 1) == 0) continue;
    if (part.skips && part.skips(part.context, stored.name)) continue;
    differences.add("unexpected", stored.name);
    differences.found(stored);
  }
  if (differences.count == 0) return CNN_OK;
  if (!differences.lines.complete()) {
    message.add("%s does not fit the network %s: no memory to list the %zu differences", fileName,
                description.name, differences.count);
    return CNN_ERROR_MEMORY;
  }
  message.add("%s does not fit %s%sthe network %s: %zu difference%s%s", fileName, part.into,
              *part.into ? " of " : "", description.name, differences.count,
              differences.count == 1 ? "" : "s", differences.lines.c_str());
  return CNN_ERROR_MISMATCH;
}

int32_t readWeights(cnn_model& model, const SafetensorsReader& file, const WeightsPart& part) {
  const cnn_description& description = *model.description;
  float* masters = model.ownParameters();
  if (!masters) return CNN_ERROR_MEMORY;
  model.warning.clear();
  Text name;
  for (uint32_t i = 0; i < description.parameter_count; ++i) {
    const cnn_parameter& parameter = description.parameters[i];
    const char* own = part.nameInFile(parameter);
    if (!own) continue;
    const StoredTensor* stored = file.find(own);
    if (!stored) continue; // only training has it
    float* to = masters + parameter.offset;
    if (int32_t status = file.readFloats(*stored, to, model.message)) return status;
    if (!trackedName(own, name)) continue;
    if (!name.complete()) return model.fail(CNN_ERROR_MEMORY, "%s: no memory for a name", file.name());
    const StoredTensor* tracked = file.find(name.c_str());
    if (!tracked) continue;
    if (int32_t status = file.readBytes(*tracked, &model.parameters->batchesTracked, model.message))
      return status;
  }
  cnn_model_parameters_changed(&model);
  Text lines;
  if (uint32_t found = listNotFinite(description, masters, lines))
    model.warning.add("%s: values that are NaN or infinite in %u parameter%s of %s:%s\n", file.name(), found,
                      found == 1 ? "" : "s", description.name, lines.c_str());
  return CNN_OK;
}

int32_t takeMetadata(cnn_model& model, const SafetensorsReader& file) {
  Parameters& parameters = *model.parameters;
  TextList names;
  const char* text = nullptr;
  for (size_t i = 0; i < file.metadataCount(); ++i)
    if (strcmp(file.metadata()[i].name, classNamesKey) == 0) text = file.metadata()[i].text;
  if (!names.parse(text) || !parameters.metadata.assign(file.metadata(), file.metadataCount()))
    return model.fail(CNN_ERROR_MEMORY, "no memory for the metadata of a file");
  parameters.classNames.exchange(names);
  return CNN_OK;
}

} // namespace cnn

namespace {

// Weights that fit in names and shapes and come from another network, or with other classes.
void warnOfAnother(cnn_model& model, const char* name) {
  const cnn_description& description = *model.description;
  const cnn::Parameters& parameters = *model.parameters;
  const char* there = parameters.metadata.find(cnn::meaningKey);
  cnn::Text lines;
  if (there && description.meaning && *description.meaning &&
      cnn::compareMeanings(there, description.meaning, lines))
    model.warning.add(
        "%s: the weights fit %s in names and shapes, but are of a network that computes something "
        "else:%s\n",
        name, description.name, lines.c_str());
  const cnn::TextList& classes = parameters.classNames;
  for (size_t i = 0; i < classes.size() && i < description.label_count; ++i)
    if (strcmp(classes[i], description.labels[i]) != 0) {
      model.warning.add("%s: the weights are of other classes than %s: number %zu is '%s' there, '%s' here\n",
                        name, description.name, i, classes[i], description.labels[i]);
      break;
    }
}

int32_t loadFrom(cnn_model* model, const cnn::SafetensorsReader& file, const char* name) {
  if (int32_t status = cnn::matchWeights(*model->description, file, name, model->message)) return status;
  if (!model->ownParameters()) return CNN_ERROR_MEMORY;
  if (int32_t status = cnn::takeMetadata(*model, file)) return status;
  if (int32_t status = cnn::readWeights(*model, file)) return status;
  model->parameters->hasTrainingOnly = cnn::holdsMoreThanPredicts(*model->description, file, {});
  warnOfAnother(*model, name);
  return CNN_OK;
}

} // namespace

int32_t cnn_model_load(cnn_model* model, const char* path) {
  if (int32_t status = cnn::beginCall(model, {{"path", path}})) return status;
  cnn::SafetensorsReader file;
  if (int32_t status = file.openFile(path, model->message)) return model->ended(status);
  return model->ended(loadFrom(model, file, path));
}

int32_t cnn_model_load_memory(cnn_model* model, const void* data, size_t bytes, const char* name) {
  if (int32_t status = cnn::beginCall(model, {{"data", bytes ? data : ""}, {"name", name}})) return status;
  cnn::SafetensorsReader file;
  if (int32_t status = file.openMemory(data, bytes, name, model->message)) return model->ended(status);
  return model->ended(loadFrom(model, file, name));
}
