#include "training_state.h"

#include <cstring>
#include <new>

namespace cnn {
namespace {

constexpr uint64_t lane = 16; // the optimizer works on whole vectors of so many floats

void release(cnn_model* model) {
  TrainingState* state = model->training;
  const cnn_allocator& allocator = model->allocator;
  for (Block* block : {&state->gradients, &state->sums, &state->averages, &state->kept, &state->keptAverages,
                       &state->results, &state->chunks, &state->begins, &state->draws, &state->inputs,
                       &state->partials, &state->scalars})
    block->release(allocator);
  for (Block& block : state->states) block.release(allocator);
  state->~TrainingState();
  allocator.release(allocator.context, state, sizeof(TrainingState));
  model->training = nullptr;
  model->releaseTraining = nullptr;
}

uint32_t groupOf(const cnn_phase& phase, uint32_t parameter) {
  for (uint32_t g = 0; g < phase.group_count; ++g)
    for (uint32_t i = 0; i < phase.groups[g].parameter_count; ++i)
      if (phase.groups[g].parameters[i] == parameter) return g;
  return phase.group_count;
}

// Visits the floats that a phase trains as runs of one group, gaps included, in pieces of a fixed size: the
// pieces depend on the network only, so that sums over them come out the same for any number of threads.
template <class Visit> void forEachChunk(const cnn_training& table, const cnn_phase& phase, Visit visit) {
  const cnn_description& description = *table.description;
  const uint32_t untrained = phase.group_count + 1;
  uint64_t end = trainableFloats(description), begin = 0;
  uint32_t group = phase.group_count;
  auto flush = [&](uint64_t until) {
    for (; begin < until && group != untrained; begin += updateChunkFloats) {
      uint64_t count = until - begin < updateChunkFloats ? until - begin : updateChunkFloats;
      visit(UpdateChunk{begin, static_cast<uint32_t>(count), group});
    }
    begin = until;
  };
  for (uint32_t p = 0; p < description.parameter_count; ++p) {
    const cnn_parameter& parameter = description.parameters[p];
    if (!(parameter.flags & CNN_TRAINABLE)) continue;
    uint32_t own = isTrained(description, phase, p) ? groupOf(phase, p) : untrained;
    if (own != group) flush(parameter.offset);
    group = own;
  }
  flush(end);
}

bool reserveZero(Block& block, const cnn_allocator& allocator, uint64_t bytes) {
  if (!block.reserve(allocator, bytes)) return false;
  memset(block.memory, 0, block.bytes);
  return true;
}

void setZero(Block& block) {
  if (block.memory) memset(block.memory, 0, block.bytes);
}

// All memory is there already.
void beginPhase(TrainingState& state, uint32_t phase) {
  goTo(state, phase);
  state.updates = 0;
  state.sumWeight = 0;
  for (Block& block : state.states) setZero(block);
}

void listChunks(TrainingState& state) {
  const cnn_training& table = *state.table;
  auto* chunks = reinterpret_cast<UpdateChunk*>(state.chunks.memory);
  auto* begins = reinterpret_cast<uint64_t*>(state.begins.memory);
  uint64_t count = 0;
  for (uint32_t i = 0; i < table.phase_count; ++i) {
    begins[i] = count;
    forEachChunk(table, table.phases[i], [&](const UpdateChunk& each) { chunks[count++] = each; });
  }
  begins[table.phase_count] = count;
}

bool reserveAll(TrainingState& state, const cnn_allocator& allocator) {
  const cnn_training& table = *state.table;
  const cnn_description& description = *table.description;
  uint64_t bytes = trainableFloats(description) * sizeof(float), most = 0, all = 0;
  uint32_t groups = 0;
  int states = 0;
  for (uint32_t i = 0; i < table.phase_count; ++i) {
    uint64_t chunks = 0;
    forEachChunk(table, table.phases[i], [&](const UpdateChunk&) { ++chunks; });
    if (chunks > most) most = chunks;
    all += chunks;
    if (table.phases[i].group_count > groups) groups = table.phases[i].group_count;
    if (stateCount(table.phases[i]) > states) states = stateCount(table.phases[i]);
  }
  uint64_t stateBytes = bytes * (table.steps ? table.phase_count : 1);
  if (!reserveZero(state.gradients, allocator, bytes) ||
      !reserveZero(state.results, allocator, table.results_count * sizeof(float)) ||
      !reserveZero(state.chunks, allocator, all * sizeof(UpdateChunk)) ||
      !reserveZero(state.begins, allocator, (table.phase_count + 1) * sizeof(uint64_t)) ||
      !reserveZero(state.inputs, allocator, (description.input_count + table.target_count) * sizeof(void*)) ||
      !reserveZero(state.partials, allocator, most * sizeof(double)) ||
      !reserveZero(state.scalars, allocator, (groups + 1) * scalarRoom * sizeof(float)))
    return false;
  for (int i = 0; i < states; ++i)
    if (!reserveZero(state.states[i], allocator, stateBytes)) return false;
  listChunks(state);
  beginPhase(state, 0);
  return true;
}

// Room for what is drawn for a batch.
bool reserveDraws(TrainingState& state, const cnn_allocator& allocator, int64_t batch) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < state.table->draw_count; ++i)
    bytes +=
        static_cast<uint64_t>(sampleElements(state.table->description->inputs[state.table->draws[i].input])) *
        static_cast<uint64_t>(batch) * sizeof(float);
  return bytes == 0 || state.draws.reserve(allocator, bytes);
}

int32_t check(cnn_model* model, const cnn_training* table) {
  if (int32_t status = checkTable(model, *table, "train")) return status;
  for (uint32_t i = 0; i < table->draw_count; ++i)
    if (table->draws[i].input >= table->description->input_count)
      return model->fail(CNN_ERROR_ARGUMENT, "the training code of %s draws an input that it does not have",
                         table->description->name);
  if (table->phase_count == 0)
    return model->fail(CNN_ERROR_ARGUMENT, "the training code of %s has no phase", table->description->name);
  for (uint32_t i = 0; i < table->phase_count; ++i)
    if (static_cast<uint32_t>(table->phases[i].optimizer) >= CNN_OPTIMIZER_COUNT)
      return model->fail(CNN_ERROR_ARGUMENT, "the training code of %s has an optimizer that is not known",
                         table->description->name);
  if (model->training && model->training->table != table)
    return model->fail(CNN_ERROR_STATE, "the model already has other training code attached");
  if (model->parameters->users.load(std::memory_order_relaxed) != 1 && !model->training)
    return model->fail(CNN_ERROR_STATE, "the model's parameters are shared, and training would change them");
  return CNN_OK;
}

int32_t attachFirst(cnn_model* model, const cnn_training* table) {
  if (!model->ownParameters()) return CNN_ERROR_MEMORY;
  void* memory = model->allocator.allocate(model->allocator.context, sizeof(TrainingState), 64);
  if (memory) {
    model->training = new (memory) TrainingState;
    model->releaseTraining = release;
    model->training->table = table;
    model->training->seed = table->seed;
    if (reserveAll(*model->training, model->allocator)) return CNN_OK;
    release(model);
  }
  return model->fail(CNN_ERROR_MEMORY, "no memory for gradients and optimizer state of %s",
                     model->description->name);
}

} // namespace

int32_t checkTable(cnn_model* model, const cnn_training& table, const char* verb) {
  if (table.version != CNN_ABI_VERSION || table.size < sizeof(cnn_training))
    return model->fail(CNN_ERROR_VERSION,
                       "the training code was generated for ABI version %u, this runtime has %u",
                       table.version, CNN_ABI_VERSION);
  if (!table.description)
    return model->fail(CNN_ERROR_ARGUMENT, "the training code's description is a null pointer");
  if (table.description->parameter_hash != model->description->parameter_hash)
    return model->fail(CNN_ERROR_ARGUMENT, "the training code of %s cannot %s a model of %s",
                       table.description->name, verb, model->description->name);
  return CNN_OK;
}

uint64_t trainableFloats(const cnn_description& description) {
  return (description.trainable_floats + lane - 1) / lane * lane;
}

int stateCount(const cnn_phase& phase) {
  return stateCount(optimizerKinds[phase.optimizer], phase.hyper);
}

float* TrainingState::optimizerState(int number, uint32_t part) const {
  uint64_t floats = table->steps ? part * trainableFloats(*table->description) : 0;
  return reinterpret_cast<float*>(states[number].memory) + floats;
}

void goTo(TrainingState& state, uint32_t part) {
  state.phase = part;
  memset(state.gradients.memory, 0, state.gradients.bytes);
}

bool isTrained(const cnn_description& description, const cnn_phase& phase, uint32_t parameter) {
  if (!(description.parameters[parameter].flags & CNN_TRAINABLE)) return false;
  for (uint32_t i = 0; i < phase.frozen_count; ++i)
    if (phase.frozen[i] == parameter) return false;
  return true;
}

int64_t largestBatch(const cnn_training& table) {
  int64_t largest = 1;
  for (uint32_t i = 0; i < table.phase_count; ++i)
    if (table.phases[i].batch > largest) largest = table.phases[i].batch;
  return largest;
}

} // namespace cnn

int32_t cnn_training_attach(cnn_model* model, const cnn_training* table, int64_t max_batch) {
  if (int32_t status = cnn::beginCall(model, {{"training", table}})) return status;
  if (int32_t status = cnn::check(model, table)) return status;
  if (max_batch == 0) max_batch = cnn::largestBatch(*table);
  if (max_batch < 0 || max_batch > table->description->max_batch)
    return model->fail(CNN_ERROR_ARGUMENT, "max_batch is %lld, expected 1 to %lld", (long long)max_batch,
                       (long long)table->description->max_batch);
  if (!model->training)
    if (int32_t status = cnn::attachFirst(model, table)) return status;
  if (max_batch <= model->training->maxBatch) return CNN_OK;
  if (int32_t status = model->reserveScratch(table->scratch_bytes)) return status;
  int64_t block = table->block ? table->block : 1;
  int64_t blocks = max_batch / block + (max_batch % block != 0);
  if (int32_t status = model->reserveArena(table->arena_constant_bytes, table->arena_block_bytes, blocks))
    return status;
  if (!cnn::reserveDraws(*model->training, model->allocator, max_batch))
    return model->fail(CNN_ERROR_MEMORY, "no memory for what %s draws", model->description->name);
  model->training->maxBatch = max_batch;
  return CNN_OK;
}

const cnn_training* cnn_training_table(const cnn_model* model) {
  return model && model->training ? model->training->table : nullptr;
}

int32_t cnn_training_set_phase(cnn_model* model, uint32_t phase) {
  if (int32_t status = cnn::beginCall(model)) return status;
  if (!model->training) return model->fail(CNN_ERROR_STATE, "training is not attached");
  if (phase >= model->training->table->phase_count)
    return model->fail(CNN_ERROR_ARGUMENT, "phase is %u, %s has phases 0 to %u", phase,
                       model->description->name, model->training->table->phase_count - 1);
  cnn::beginPhase(*model->training, phase);
  return CNN_OK;
}

uint32_t cnn_training_phase(const cnn_model* model) {
  return model && model->training ? model->training->phase : 0;
}

int64_t cnn_training_max_batch(const cnn_model* model) {
  return model && model->training ? model->training->maxBatch : 0;
}

int32_t cnn_training_get_state(cnn_model* model, cnn_training_state* state) {
  if (int32_t status = cnn::beginCall(model, {{"state", state}})) return status;
  cnn::TrainingState* training = model->training;
  if (!training) return model->fail(CNN_ERROR_STATE, "training is not attached");
  *state = {{},
            &training->seed,
            &training->updates,
            &training->iterations,
            reinterpret_cast<float*>(training->averages.memory),
            &model->parameters->batchesTracked,
            reinterpret_cast<float*>(training->kept.memory),
            reinterpret_cast<float*>(training->keptAverages.memory),
            &training->keptTracked};
  for (int i = 0; i < cnn::stateCount(training->current()); ++i)
    state->states[i] = training->optimizerState(i, training->phase);
  return CNN_OK;
}
