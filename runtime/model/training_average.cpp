// Sums of gradients over several batches, moving averages of the parameters, and copies of them.
#include "training_state.h"

#include <cstring>

namespace cnn {
namespace {

// to = a to + b from, or an exchange, on a part of two arrays.
struct Combination {
  float *to, *from;
  uint64_t count;
  float a, b;
};

void combine(void* closure, int64_t index, cnn_worker*) {
  auto& work = *static_cast<Combination*>(closure);
  uint64_t begin = static_cast<uint64_t>(index) * updateChunkFloats;
  uint64_t end = begin + updateChunkFloats < work.count ? begin + updateChunkFloats : work.count;
  for (uint64_t i = begin; i < end; ++i) work.to[i] = work.a * work.to[i] + work.b * work.from[i];
}

void exchange(void* closure, int64_t index, cnn_worker*) {
  auto& work = *static_cast<Combination*>(closure);
  uint64_t begin = static_cast<uint64_t>(index) * updateChunkFloats;
  uint64_t end = begin + updateChunkFloats < work.count ? begin + updateChunkFloats : work.count;
  for (uint64_t i = begin; i < end; ++i) {
    float kept = work.to[i];
    work.to[i] = work.from[i];
    work.from[i] = kept;
  }
}

void forAll(cnn_model* model, cnn_task task, Combination work) {
  model->parallelFor(model->pool, task, &work,
                     static_cast<int64_t>((work.count + updateChunkFloats - 1) / updateChunkFloats));
}

int32_t reserve(cnn_model* model, Block& block, uint64_t floats, const char* what) {
  if (block.memory || block.reserve(model->allocator, floats * sizeof(float))) return CNN_OK;
  return model->fail(CNN_ERROR_MEMORY, "no memory for %s of %s", what, model->description->name);
}

float* floatsOf(Block& block) {
  return reinterpret_cast<float*>(block.memory);
}

} // namespace
} // namespace cnn

using cnn::TrainingState;

int32_t cnn_training_accumulate(cnn_model* model, double weight) {
  if (int32_t status = cnn::beginCall(model)) return status;
  cnn::ComputingMode mode;
  if (!model->training) return model->fail(CNN_ERROR_STATE, "training is not attached");
  if (!(weight > 0)) return model->fail(CNN_ERROR_ARGUMENT, "weight is %g, expected above 0", weight);
  TrainingState& state = *model->training;
  uint64_t floats = cnn::trainableFloats(*model->description);
  if (int32_t status = cnn::reserve(model, state.sums, floats, "sums of gradients")) return status;
  if (state.sumWeight == 0) memset(state.sums.memory, 0, floats * sizeof(float));
  state.sumWeight += weight;
  cnn::forAll(
      model, cnn::combine,
      {cnn::floatsOf(state.sums), cnn::floatsOf(state.gradients), floats, 1, static_cast<float>(weight)});
  return CNN_OK;
}

int32_t cnn_training_average_gradients(cnn_model* model) {
  if (int32_t status = cnn::beginCall(model)) return status;
  cnn::ComputingMode mode;
  if (!model->training || model->training->sumWeight == 0)
    return model->fail(CNN_ERROR_STATE, "no gradients were accumulated");
  TrainingState& state = *model->training;
  cnn::forAll(model, cnn::combine,
              {cnn::floatsOf(state.gradients), cnn::floatsOf(state.sums),
               cnn::trainableFloats(*model->description), 0, static_cast<float>(1 / state.sumWeight)});
  state.sumWeight = 0;
  return CNN_OK;
}

int32_t cnn_training_ema(cnn_model* model, double decay) {
  if (int32_t status = cnn::beginCall(model)) return status;
  cnn::ComputingMode mode;
  if (!model->training) return model->fail(CNN_ERROR_STATE, "training is not attached");
  if (!(decay >= 0 && decay <= 1))
    return model->fail(CNN_ERROR_ARGUMENT, "decay is %g, expected 0 to 1", decay);
  TrainingState& state = *model->training;
  bool first = !state.averages.memory;
  uint64_t floats = model->description->parameter_floats;
  if (int32_t status = cnn::reserve(model, state.averages, floats, "averages")) return status;
  if (first) {
    memcpy(state.averages.memory, model->parameters->floats(), floats * sizeof(float));
    return CNN_OK;
  }
  cnn::forAll(model, cnn::combine,
              {cnn::floatsOf(state.averages), model->parameters->own(), floats, static_cast<float>(decay),
               static_cast<float>(1 - decay)});
  return CNN_OK;
}

int32_t cnn_training_ema_swap(cnn_model* model) {
  if (int32_t status = cnn::beginCall(model)) return status;
  if (!model->training) return model->fail(CNN_ERROR_STATE, "training is not attached");
  if (!model->training->averages.memory) return CNN_OK;
  cnn::forAll(model, cnn::exchange,
              {model->parameters->own(), cnn::floatsOf(model->training->averages),
               model->description->parameter_floats, 0, 0});
  cnn_model_parameters_changed(model);
  return CNN_OK;
}

int32_t cnn_training_keep(cnn_model* model) {
  if (int32_t status = cnn::beginCall(model)) return status;
  if (!model->training) return model->fail(CNN_ERROR_STATE, "training is not attached");
  TrainingState& state = *model->training;
  uint64_t floats = model->description->parameter_floats;
  if (int32_t status = cnn::reserve(model, state.kept, floats, "a copy of the weights")) return status;
  memcpy(state.kept.memory, model->parameters->floats(), floats * sizeof(float));
  state.keptTracked = model->parameters->batchesTracked;
  if (!state.averages.memory) return CNN_OK;
  if (int32_t status = cnn::reserve(model, state.keptAverages, floats, "a copy of the averages"))
    return status;
  memcpy(state.keptAverages.memory, state.averages.memory, floats * sizeof(float));
  return CNN_OK;
}

int32_t cnn_training_restore(cnn_model* model) {
  if (int32_t status = cnn::beginCall(model)) return status;
  if (!model->training || !model->training->kept.memory)
    return model->fail(CNN_ERROR_STATE, "no weights were kept");
  TrainingState& state = *model->training;
  uint64_t bytes = model->description->parameter_floats * sizeof(float);
  memcpy(model->parameters->own(), state.kept.memory, bytes);
  model->parameters->batchesTracked = state.keptTracked;
  // Averages that began later begin anew with what was kept.
  if (state.averages.memory)
    memcpy(state.averages.memory, (state.keptAverages.memory ? state.keptAverages : state.kept).memory,
           bytes);
  cnn_model_parameters_changed(model);
  return CNN_OK;
}
