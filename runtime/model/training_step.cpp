#include "draw.h"
#include "labels.h"
#include "training_state.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace cnn {
namespace {

double orElse(double value, double otherwise) {
  return std::isnan(value) ? otherwise : value;
}

cnn_hyper resolve(const cnn_phase& phase, const cnn_hyper* wanted) {
  if (!wanted) return phase.hyper;
  return {
#define CNN_HYPER(field, kind, range) orElse(wanted->field, phase.hyper.field),
#include <cnn/optimizers.def>
      orElse(wanted->clip_norm, phase.hyper.clip_norm)};
}

/// What the code was compiled for stays as it is: the states that are kept, and flags.
int32_t checkCompiled(cnn_model* model, const cnn_phase& phase, const cnn_hyper& hyper) {
  const OptimizerKind& kind = optimizerKinds[phase.optimizer];
  for (const OptimizerState& state : kind.states)
    if (state.kept(hyper) && !state.kept(phase.hyper))
      return model->fail(CNN_ERROR_ARGUMENT,
                         "%s was compiled for %s without %s, which these hyper-parameters need",
                         model->description->name, kind.name, state.name);
  for (const auto& argument : kind.arguments)
    if (argument.is.kind == NumberKind::flag && hyper.*argument.field != phase.hyper.*argument.field)
      return model->fail(CNN_ERROR_ARGUMENT, "%s is %g, but %s was compiled with %g", argument.name,
                         hyper.*argument.field, model->description->name, phase.hyper.*argument.field);
  return CNN_OK;
}

struct ChunkWork {
  TrainingState* state;
  float* parameters;
  float scale;
  std::atomic<int32_t> status;
};

void updateChunk(void* closure, int64_t index, cnn_worker* worker) {
  auto& work = *static_cast<ChunkWork*>(closure);
  TrainingState& state = *work.state;
  const UpdateChunk& chunk = state.ownChunks()[index];
  const cnn_phase& phase = state.current();
  auto* gradients = reinterpret_cast<float*>(state.gradients.memory) + chunk.offset;
  float* states[CNN_MAX_STATES] = {};
  for (int i = 0; i < stateCount(phase); ++i) states[i] = state.optimizerState(i, state.phase) + chunk.offset;
  const float* scalars = reinterpret_cast<const float*>(state.scalars.memory) + chunk.group * scalarRoom;
  int32_t status =
      phase.update(worker, work.parameters + chunk.offset, gradients, states, chunk.count, scalars);
  if (status) work.status.store(status, std::memory_order_relaxed);
}

// Sixteen sums side by side, combined in a fixed order.
void squaresOfChunk(void* closure, int64_t index, cnn_worker*) {
  TrainingState& state = *static_cast<ChunkWork*>(closure)->state;
  const UpdateChunk& chunk = state.ownChunks()[index];
  const float* gradients = reinterpret_cast<const float*>(state.gradients.memory) + chunk.offset;
  double sums[16] = {};
  for (uint32_t i = 0; i < chunk.count; i += 16)
    for (uint32_t j = 0; j < 16; ++j) sums[j] += static_cast<double>(gradients[i + j]) * gradients[i + j];
  double total = 0;
  for (double sum : sums) total += sum;
  reinterpret_cast<double*>(state.partials.memory)[index] = total;
}

void scaleChunk(void* closure, int64_t index, cnn_worker*) {
  auto& work = *static_cast<ChunkWork*>(closure);
  const UpdateChunk& chunk = work.state->ownChunks()[index];
  float* gradients = reinterpret_cast<float*>(work.state->gradients.memory) + chunk.offset;
  for (uint32_t i = 0; i < chunk.count; ++i) gradients[i] *= work.scale;
}

void forChunks(cnn_model* model, cnn_task task, ChunkWork& work) {
  model->parallelFor(model->pool, task, &work, static_cast<int64_t>(model->training->chunkCount()));
}

int32_t checkBatch(cnn_model* model, int64_t batch) {
  if (!model->training) return model->fail(CNN_ERROR_STATE, "training is not attached");
  if (batch >= 1 && batch <= model->training->maxBatch) return model->checkAssertions(batch, true);
  return model->fail(CNN_ERROR_ARGUMENT, "batch is %lld, training is reserved for 1 to %lld",
                     (long long)batch, (long long)model->training->maxBatch);
}

bool isDrawn(const cnn_model& model, uint32_t input) {
  const cnn_training& table = *model.training->table;
  for (uint32_t i = 0; i < table.draw_count; ++i)
    if (table.draws[i].input == input) return true;
  return false;
}

int32_t checkInputs(cnn_model* model, const void* const* inputs) {
  const cnn_description& description = *model->description;
  const cnn_training& table = *model->training->table;
  if (int32_t status =
          checkTensors(model, "input", description.inputs, description.input_count, inputs, isDrawn))
    return status;
  return checkTensors(model, "target", table.targets, table.target_count, inputs + description.input_count);
}

// What is drawn for one input, some samples a task.
struct DrawWork {
  const cnn_draw* drawn;
  const cnn_tensor* tensor;
  uint64_t seed, iteration;
  int64_t batch;
  float* values;
};
constexpr int64_t drawnSamples = 8;

void drawChunk(void* closure, int64_t index, cnn_worker*) {
  const auto& work = *static_cast<const DrawWork*>(closure);
  int64_t first = index * drawnSamples, rest = work.batch - first;
  drawSamples(*work.drawn, *work.tensor, work.seed, trainingDraws, work.iteration, first,
              rest < drawnSamples ? rest : drawnSamples, work.values + first * sampleElements(*work.tensor));
}

// The given inputs; where there is none that the train section draws, drawn ones.
const void* const* withDraws(cnn_model* model, const void* const* given, int64_t batch) {
  TrainingState& state = *model->training;
  const cnn_training& table = *state.table;
  if (table.draw_count == 0) return given;
  auto* inputs = reinterpret_cast<const void**>(state.inputs.memory);
  for (uint32_t i = 0; i < model->description->input_count + table.target_count; ++i) inputs[i] = given[i];
  auto* values = reinterpret_cast<float*>(state.draws.memory);
  for (uint32_t i = 0; i < table.draw_count; ++i) {
    const cnn_draw& drawn = table.draws[i];
    if (inputs[drawn.input]) continue;
    const cnn_tensor& tensor = model->description->inputs[drawn.input];
    DrawWork work{&drawn, &tensor, state.seed, state.iterations, batch, values};
    model->parallelFor(model->pool, drawChunk, &work, (batch + drawnSamples - 1) / drawnSamples);
    inputs[drawn.input] = values;
    values += sampleElements(tensor) * batch;
  }
  return inputs;
}

} // namespace
} // namespace cnn

using cnn::TrainingState;

cnn_hyper cnn_hyper_default(void) {
  constexpr double unset = std::numeric_limits<double>::quiet_NaN();
  return {
#define CNN_HYPER(field, kind, range) unset,
#include <cnn/optimizers.def>
      unset};
}

int32_t cnn_training_forward_backward(cnn_model* model, const void* const* inputs, int64_t batch,
                                      float* results) {
  if (int32_t status = cnn::beginCall(model, {{"inputs", inputs}})) return status;
  cnn::ComputingMode mode;
  if (int32_t status = cnn::checkBatch(model, batch)) return status;
  if (int32_t status = cnn::checkInputs(model, inputs)) return status;
  TrainingState& state = *model->training;
  if (int32_t status = cnn::checkLabels(model, *state.table, inputs, batch)) return status;
  cnn_run run = model->run(batch);
  run.inputs = cnn::withDraws(model, inputs, batch);
  run.gradients = reinterpret_cast<float*>(state.gradients.memory);
  run.results = reinterpret_cast<float*>(state.results.memory);
  run.seed = state.seed;
  run.step = state.iterations;
  if (int32_t status = model->finish(state.current().forward_backward(&run), "forward_backward"))
    return status;
  if (state.isLastStep()) { // the steps of an iteration have the same random numbers
    ++state.iterations;
    ++model->parameters->batchesTracked;
  }
  cnn_model_parameters_changed(model); // batch norm's statistics
  if (results) memcpy(results, run.results, state.table->results_count * sizeof(float));
  return CNN_OK;
}

float* cnn_training_gradients(cnn_model* model) {
  return model && model->training ? reinterpret_cast<float*>(model->training->gradients.memory) : nullptr;
}

int32_t cnn_training_clip(cnn_model* model, double max_norm, double* norm) {
  if (int32_t status = cnn::beginCall(model)) return status;
  cnn::ComputingMode mode;
  if (!model->training) return model->fail(CNN_ERROR_STATE, "training is not attached");
  if (!(max_norm >= 0))
    return model->fail(CNN_ERROR_ARGUMENT, "max_norm is %g, expected 0 or more", max_norm);
  TrainingState& state = *model->training;
  cnn::ChunkWork work{&state, nullptr, 1, {0}};
  cnn::forChunks(model, cnn::squaresOfChunk, work);
  double squares = 0;
  for (uint64_t i = 0; i < state.chunkCount(); ++i)
    squares += reinterpret_cast<double*>(state.partials.memory)[i];
  double total = std::sqrt(squares);
  if (norm) *norm = total;
  double scale = max_norm / (total + 1e-6);
  if (max_norm == 0 || scale >= 1) return CNN_OK;
  work.scale = static_cast<float>(scale);
  cnn::forChunks(model, cnn::scaleChunk, work);
  return CNN_OK;
}

int32_t cnn_training_update(cnn_model* model, const cnn_hyper* wanted) {
  if (int32_t status = cnn::beginCall(model)) return status;
  cnn::ComputingMode mode;
  if (!model->training) return model->fail(CNN_ERROR_STATE, "training is not attached");
  TrainingState& state = *model->training;
  const cnn_phase& phase = state.current();
  cnn_hyper hyper = cnn::resolve(phase, wanted);
  if (int32_t status = cnn::checkCompiled(model, phase, hyper)) return status;
  auto fill = cnn::optimizerKinds[phase.optimizer].fill;
  auto step = static_cast<double>(state.updates + 1);
  auto* scalars = reinterpret_cast<float*>(state.scalars.memory);
  for (uint32_t g = 0; g < phase.group_count; ++g) {
    cnn_hyper own = hyper;
    own.lr *= cnn::orElse(phase.groups[g].lr_scale, 1);
    own.weight_decay = cnn::orElse(phase.groups[g].weight_decay, own.weight_decay);
    fill(own, step, scalars + g * cnn::scalarRoom);
  }
  fill(hyper, step, scalars + phase.group_count * cnn::scalarRoom);
  cnn::ChunkWork work{&state, model->parameters->own(), 1, {0}};
  cnn::forChunks(model, cnn::updateChunk, work);
  if (state.isLastStep()) ++state.updates;
  if (state.table->steps) cnn::goTo(state, state.isLastStep() ? 0 : state.phase + 1);
  cnn_model_parameters_changed(model);
  return model->finish(work.status.load(std::memory_order_relaxed), "update");
}

int32_t cnn_training_step(cnn_model* model, const void* const* inputs, int64_t batch, const cnn_hyper* hyper,
                          float* results) {
  do {
    if (int32_t status = cnn_training_forward_backward(model, inputs, batch, results)) return status;
    double limit = cnn::resolve(model->training->current(), hyper).clip_norm;
    if (limit > 0)
      if (int32_t status = cnn_training_clip(model, limit, nullptr)) return status;
    if (int32_t status = cnn_training_update(model, hyper)) return status;
  } while (model->training->table->steps && model->training->phase != 0);
  return CNN_OK;
}
