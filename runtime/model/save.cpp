#include "save.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace cnn {

TensorList::~TensorList() {
  for (size_t i = 0; i < used; ++i) free(names[i]);
  free(names);
  free(tensors);
}

bool TensorList::add(const char* name, const char* type, int32_t rank, const int64_t* shape, const void* data,
                     uint64_t bytes) {
  if (used == room) {
    size_t larger = room ? room * 2 : 64;
    auto* moreNames = static_cast<char**>(realloc(names, larger * sizeof(char*)));
    if (moreNames) names = moreNames;
    auto* moreTensors = static_cast<TensorToWrite*>(realloc(tensors, larger * sizeof(TensorToWrite)));
    if (moreTensors) tensors = moreTensors;
    if (!moreNames || !moreTensors) return false;
    room = larger;
  }
  char* copy = strdup(name);
  if (!copy) return false;
  names[used] = copy;
  tensors[used++] = {copy, type, rank, shape, data, bytes};
  return true;
}

bool listWeights(const cnn_model& model, TensorList& list, bool trainingOnly, const float* masters,
                 const uint64_t* tracked) {
  const cnn_description& description = *model.description;
  Text name;
  for (uint32_t i = 0; i < description.parameter_count; ++i) {
    const cnn_parameter& parameter = description.parameters[i];
    if ((parameter.flags & CNN_TRAINING_ONLY) && !trainingOnly) continue;
    auto bytes = static_cast<uint64_t>(parameterElements(parameter)) * sizeof(float);
    if (!list.add(parameter.name, "F32", parameter.rank, parameter.shape, masters + parameter.offset, bytes))
      return false;
    if (trackedName(parameter.name, name) &&
        (!name.complete() || !list.add(name.c_str(), "I64", 0, nullptr, tracked, sizeof(int64_t))))
      return false;
  }
  return true;
}

int32_t writeModelFile(cnn_model& model, const char* path, const TensorList& list,
                       const MetadataEntry* further, size_t furtherCount) {
  char hash[20];
  snprintf(hash, sizeof(hash), "%016" PRIx64, model.description->parameter_hash);
  const char* meaning = model.description->meaning;
  const MetadataEntry own[] = {{"format", "pt"},
                               {"network", model.description->name},
                               {"cnnc", model.description->cnnc_version},
                               {"parameter_hash", hash},
                               {meaningKey, meaning}};
  const size_t ownCount = sizeof(own) / sizeof(*own) - (meaning && *meaning ? 0 : 1);
  const Metadata& users = model.parameters->metadata;
  auto* all =
      static_cast<MetadataEntry*>(malloc((ownCount + furtherCount + users.size()) * sizeof(MetadataEntry)));
  if (!all) return model.fail(CNN_ERROR_MEMORY, "%s: no memory for the metadata", path);
  size_t count = 0;
  for (size_t i = 0; i < ownCount; ++i) all[count++] = own[i];
  for (size_t i = 0; i < furtherCount; ++i) all[count++] = further[i];
  for (size_t i = 0; i < users.size(); ++i)
    if (!isOwnMetadata(users.data()[i].name)) all[count++] = users.data()[i];
  int32_t status = writeSafetensors(path, list.data(), list.size(), all, count, model.message);
  free(all);
  return status;
}

} // namespace cnn

int32_t cnn_model_save(cnn_model* model, const char* path) {
  if (int32_t status = cnn::beginCall(model, {{"path", path}})) return status;
  cnn::TensorList list;
  if (!cnn::listWeights(*model, list, /*trainingOnly=*/false, model->parameters->floats(),
                        &model->parameters->batchesTracked))
    return model->fail(CNN_ERROR_MEMORY, "%s: no memory to list the tensors", path);
  return model->ended(cnn::writeModelFile(*model, path, list));
}
