#include "training_state.h"

#include <cstring>
#include <new>

namespace cnn {
namespace {

constexpr uint64_t lane = 16; // the optimizer works on whole vectors of so many floats

void release(cnn_model* model) {
  TrainingState* state = model->training;
  const cnn_allocator& allocator = model->allocator;
  for (Block* block : {&state->gradients, &state->state0, &state->state1, &state->results, &state->chunks,
                       &state->partials, &state->scalars})
    block->release(allocator);
  state->~TrainingState();
  allocator.release(allocator.context, state, sizeof(TrainingState));
  model->training = nullptr;
  model->releaseTraining = nullptr;
}

uint32_t groupOf(const cnn_training& table, uint32_t parameter) {
  for (uint32_t g = 0; g < table.group_count; ++g)
    for (uint32_t i = 0; i < table.groups[g].parameter_count; ++i)
      if (table.groups[g].parameters[i] == parameter) return g;
  return table.group_count;
}

// Visits the trainable floats as runs of one group, gaps included, in pieces of a fixed size: the pieces
// depend on the network only, so that sums over them come out the same for any number of threads.
template <class Visit> void forEachChunk(const cnn_training& table, Visit visit) {
  const cnn_description& description = *table.description;
  uint64_t end = trainableFloats(description), begin = 0;
  uint32_t group = table.group_count;
  auto flush = [&](uint64_t until) {
    for (; begin < until; begin += updateChunkFloats) {
      uint64_t count = until - begin < updateChunkFloats ? until - begin : updateChunkFloats;
      visit(UpdateChunk{begin, static_cast<uint32_t>(count), group});
    }
    begin = until;
  };
  for (uint32_t p = 0; p < description.parameter_count; ++p) {
    const cnn_parameter& parameter = description.parameters[p];
    if (!(parameter.flags & CNN_TRAINABLE)) continue;
    uint32_t own = groupOf(table, p);
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

bool reserveAll(TrainingState& state, const cnn_allocator& allocator) {
  const cnn_training& table = *state.table;
  uint64_t bytes = trainableFloats(*table.description) * sizeof(float);
  forEachChunk(table, [&](const UpdateChunk&) { ++state.chunkCount; });
  bool adam = table.optimizer != CNN_SGD;
  if (!reserveZero(state.gradients, allocator, bytes) ||
      !reserveZero(state.results, allocator, table.results_count * sizeof(float)) ||
      !reserveZero(state.chunks, allocator, state.chunkCount * sizeof(UpdateChunk)) ||
      !reserveZero(state.partials, allocator, state.chunkCount * sizeof(double)) ||
      !reserveZero(state.scalars, allocator, (table.group_count + 1) * scalarRoom * sizeof(float)) ||
      ((adam || table.momentum != 0) && !reserveZero(state.state0, allocator, bytes)) ||
      (adam && !reserveZero(state.state1, allocator, bytes)))
    return false;
  auto* chunk = reinterpret_cast<UpdateChunk*>(state.chunks.memory);
  forEachChunk(table, [&](const UpdateChunk& each) { *chunk++ = each; });
  return true;
}

int32_t check(cnn_model* model, const cnn_training* table) {
  if (table->version != CNN_ABI_VERSION || table->size < sizeof(cnn_training))
    return model->fail(CNN_ERROR_VERSION,
                       "the training code was generated for ABI version %u, this runtime has %u",
                       table->version, CNN_ABI_VERSION);
  if (table->description->parameter_hash != model->description->parameter_hash)
    return model->fail(CNN_ERROR_ARGUMENT, "the training code of %s cannot train a model of %s",
                       table->description->name, model->description->name);
  if (model->training && model->training->table != table)
    return model->fail(CNN_ERROR_STATE, "the model already has other training code attached");
  if (model->parameters->users.load(std::memory_order_relaxed) != 1 && !model->training)
    return model->fail(CNN_ERROR_STATE, "the model's parameters are shared, and training would change them");
  return CNN_OK;
}

int32_t attachFirst(cnn_model* model, const cnn_training* table) {
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

uint64_t trainableFloats(const cnn_description& description) {
  return (description.trainable_floats + lane - 1) / lane * lane;
}

} // namespace cnn

int32_t cnn_training_attach(cnn_model* model, const cnn_training* table, int64_t max_batch) {
  model->message.clear();
  if (int32_t status = cnn::check(model, table)) return status;
  if (max_batch == 0) max_batch = table->batch > 0 ? table->batch : 1;
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
  model->training->maxBatch = max_batch;
  return CNN_OK;
}

const cnn_training* cnn_training_table(const cnn_model* model) {
  return model->training ? model->training->table : nullptr;
}

int64_t cnn_training_max_batch(const cnn_model* model) {
  return model->training ? model->training->maxBatch : 0;
}

int32_t cnn_training_get_state(cnn_model* model, cnn_training_state* state) {
  model->message.clear();
  cnn::TrainingState* training = model->training;
  if (!training) return model->fail(CNN_ERROR_STATE, "training is not attached");
  *state = {reinterpret_cast<float*>(training->state0.memory),
            reinterpret_cast<float*>(training->state1.memory),
            &training->seed,
            &training->updates,
            &training->iterations,
            &model->parameters->batchesTracked};
  return CNN_OK;
}
