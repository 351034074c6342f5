#include "model_state.h"

#include "../execution/cpu.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>

namespace cnn {
namespace {

using Failure = Text;

int32_t checkLibrary(const cnn_inference* inference, Failure& why) {
  if (!inference || !inference->description) {
    why.add("%s is a null pointer", inference ? "the library's description" : "inference");
    return CNN_ERROR_ARGUMENT;
  }
  const cnn_description* description = inference->description;
  if (inference->version != CNN_ABI_VERSION || description->version != CNN_ABI_VERSION ||
      inference->size < sizeof(cnn_inference) || description->size < sizeof(cnn_description)) {
    why.add("the library was generated for ABI version %u, this runtime has %u: compile it again with the "
            "cnnc that "
            "belongs to the runtime",
            inference->version, CNN_ABI_VERSION);
    return CNN_ERROR_VERSION;
  }
  uint64_t missing = description->cpu_features & ~availableCpuFeatures(description->cpu_features);
  if (!missing) return CNN_OK;
  why.add("%s was compiled for %s, but this processor lacks", description->name, description->target);
  const char* separator = " ";
  for (; missing; missing &= missing - 1, separator = ", ")
    why.add("%s%s", separator, cpuFeatureName(missing));
  why.add("; compile with a lower --target");
  return CNN_ERROR_CPU;
}

int32_t checkOptions(const cnn_inference* inference, const cnn_options& options, Failure& why) {
  if (options.max_batch < 0)
    why.add("max_batch is %lld, expected 0 or more", static_cast<long long>(options.max_batch));
  if (options.threads < 0 || options.threads > maxThreads)
    why.add("%sthreads is %d, expected 0 to %d", why.empty() ? "" : "; ", options.threads, maxThreads);
  if (!why.empty()) return CNN_ERROR_ARGUMENT;
  if ((options.allocator.allocate == nullptr) != (options.allocator.release == nullptr)) {
    why.add("an allocator needs both allocate and release");
    return CNN_ERROR_ARGUMENT;
  }
  if (options.share && options.share->inference != inference) {
    why.add("parameters can be shared only between models of one network: %s and %s",
            inference->description->name, options.share->description->name);
    return CNN_ERROR_ARGUMENT;
  }
  return CNN_OK;
}

void releaseParameters(Parameters* parameters) {
  if (!parameters || parameters->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  cnn_allocator allocator = parameters->allocator;
  parameters->masters.release(allocator);
  parameters->prepared.release(allocator);
  parameters->~Parameters();
  allocator.release(allocator.context, parameters, sizeof(Parameters));
}

Parameters* makeParameters(const cnn_inference* inference, const cnn_allocator& allocator) {
  void* memory = allocator.allocate(allocator.context, sizeof(Parameters), 64);
  if (!memory) return nullptr;
  auto* parameters = new (memory) Parameters;
  parameters->allocator = allocator;
  parameters->inference = inference;
  if ((!inference->weights && !parameters->own()) ||
      !parameters->prepared.reserve(allocator, inference->prepared_bytes)) {
    releaseParameters(parameters);
    return nullptr;
  }
  return parameters;
}

int32_t fill(cnn_model& model, const cnn_inference* inference, const cnn_options& options) {
  if (!watchForks()) return model.fail(CNN_ERROR_MEMORY, "no memory to watch for forks");
  model.inference = inference;
  model.description = inference->description;
  model.execution.threads = options.threads ? options.threads : defaultThreads();
  model.foreignPool = {options.parallel_for, options.pool};
  model.parallelFor = options.parallel_for ? foreignParallelFor : parallelFor;
  model.pool = options.parallel_for ? static_cast<void*>(&model.foreignPool) : &model.execution;
  if (options.share) {
    model.parameters = options.share->parameters;
    model.parameters->users.fetch_add(1, std::memory_order_relaxed);
  } else {
    model.parameters = makeParameters(inference, model.allocator);
  }
  auto threads = static_cast<uint64_t>(model.execution.threads);
  uint64_t pointers = model.description->input_count + model.description->output_count;
  if (!model.parameters || !model.workers.reserve(model.allocator, threads * sizeof(cnn_worker)) ||
      !model.slice.reserve(model.allocator, pointers * sizeof(void*)))
    return model.fail(CNN_ERROR_MEMORY, "no memory for the parameters of %s", model.description->name);
  model.execution.workers = reinterpret_cast<cnn_worker*>(model.workers.memory);
  for (int32_t i = 0; i < model.execution.threads; ++i) {
    model.execution.workers[i] = cnn_worker{};
    model.execution.workers[i].index = i;
  }
  if (int32_t status = model.reserveScratch(inference->scratch_bytes)) return status;
  return cnn_model_reserve(&model, options.max_batch ? options.max_batch : 1);
}

} // namespace

int32_t beginCall(cnn_model* model, std::initializer_list<NeededPointer> needed) {
  if (!model) return CNN_ERROR_ARGUMENT;
  model->message.clear();
  for (const NeededPointer& each : needed)
    if (!each.pointer) return model->fail(CNN_ERROR_ARGUMENT, "%s is a null pointer", each.name);
  return CNN_OK;
}

int32_t checkTensors(cnn_model* model, const char* what, const cnn_tensor* tensors, uint32_t count,
                     const void* const* pointers, bool (*isOptional)(const cnn_model&, uint32_t)) {
  for (uint32_t i = 0; i < count; ++i)
    if (!pointers[i] && !(isOptional && isOptional(*model, i)))
      return model->fail(CNN_ERROR_ARGUMENT, "%s %s is a null pointer", what, tensors[i].name);
  return CNN_OK;
}

float* Parameters::own() {
  uint64_t bytes, floats = inference->description->parameter_floats;
  if (!masters.memory) {
    if (!blockBytes(64, sizeof(float), floats, bytes) || !masters.reserve(allocator, bytes)) return nullptr;
    if (inference->weights)
      memcpy(masters.memory, inference->weights, floats * sizeof(float));
    else
      memset(masters.memory, 0, bytes);
  }
  return reinterpret_cast<float*>(masters.memory);
}

int64_t sampleElements(const cnn_tensor& tensor) {
  int64_t elements = 1;
  for (int32_t i = 0; i < tensor.rank; ++i)
    if (tensor.shape[i] >= 0) elements *= tensor.shape[i];
  return elements;
}

size_t elementBytes(int32_t element) {
  return element == CNN_U8 ? 1 : element == CNN_I64 ? 8 : 4;
}

bool hasBatch(const cnn_tensor& tensor) {
  return tensor.rank > 0 && tensor.shape[0] < 0;
}

int64_t parameterElements(const cnn_parameter& parameter) {
  int64_t elements = 1;
  for (int32_t i = 0; i < parameter.rank; ++i) elements *= parameter.shape[i];
  return elements;
}

} // namespace cnn

int32_t cnn_model::fail(int32_t status, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  message.clear();
  message.add("%s", line);
  return ended(status);
}

int32_t cnn_model::ended(int32_t status) const {
  return status && !message.complete() ? int32_t{CNN_ERROR_MEMORY} : status;
}

cnn_run cnn_model::run(int64_t batch) const {
  cnn_run run{};
  run.pool = pool;
  run.parallel_for = parallelFor;
  run.parameters = const_cast<float*>(parameters->floats()); // written in training alone, which owns them
  run.prepared = parameters->prepared.memory;
  run.arena = arena.memory;
  run.batch = batch;
  return run;
}

int32_t cnn_model::finish(int32_t status, const char* what) {
  for (int32_t i = 0; i < execution.threads; ++i) {
    cnn_worker& worker = execution.workers[i];
    if (worker.failed && !status) status = -1;
    worker.failed = 0;
    worker.scratch_used = 0;
  }
  if (!status) return CNN_OK;
  if (status == -1)
    return fail(CNN_ERROR_INTERNAL, "%s of %s asked for more scratch than was planned: a bug of the compiler",
                what, description->name);
  return fail(CNN_ERROR_INTERNAL, "%s of %s failed with code %d: a bug of the compiler", what,
              description->name, status);
}

float* cnn_model::ownParameters() {
  float* own = parameters->own();
  if (!own) fail(CNN_ERROR_MEMORY, "no memory for the parameters of %s", description->name);
  return own;
}

int32_t cnn_model::reserveScratch(uint64_t bytesEach) {
  bytesEach = (bytesEach + 63) & ~uint64_t{63};
  if (bytesEach <= scratchBytes) return CNN_OK;
  uint64_t bytes;
  auto threads = static_cast<uint64_t>(execution.threads);
  if (!cnn::blockBytes(0, bytesEach, threads, bytes) || !scratch.reserve(allocator, bytes))
    return fail(CNN_ERROR_MEMORY, "no memory for scratch: %llu bytes for each of %d threads",
                static_cast<unsigned long long>(bytesEach), execution.threads);
  scratchBytes = bytesEach;
  for (uint64_t i = 0; i < threads; ++i) {
    execution.workers[i].scratch = scratch.memory + i * bytesEach;
    execution.workers[i].scratch_bytes = bytesEach;
  }
  return CNN_OK;
}

int32_t cnn_model::reserveArena(uint64_t constant, uint64_t block, int64_t blocks) {
  uint64_t bytes;
  if (cnn::blockBytes(constant, block, static_cast<uint64_t>(blocks), bytes) &&
      arena.reserve(allocator, bytes))
    return CNN_OK;
  return fail(CNN_ERROR_MEMORY, "no memory for the arena of %s: %llu bytes and %llu for each of %lld samples",
              description->name, static_cast<unsigned long long>(constant),
              static_cast<unsigned long long>(block), static_cast<long long>(blocks));
}

int32_t cnn_model_create(const cnn_inference* inference, const cnn_options* wanted, cnn_model** result,
                         char* message, size_t message_bytes) {
  cnn::Text why;
  cnn_options options = wanted ? *wanted : cnn_options{};
  int32_t status = CNN_ERROR_ARGUMENT;
  if (result) {
    *result = nullptr;
    status = cnn::checkLibrary(inference, why);
  } else {
    why.add("model is a null pointer: where to put the model");
  }
  if (!status) status = cnn::checkOptions(inference, options, why);
  if (!status) {
    cnn_allocator allocator = cnn::allocatorOrDefault(options.allocator);
    if (void* memory = allocator.allocate(allocator.context, sizeof(cnn_model), 64)) {
      auto* model = new (memory) cnn_model;
      model->allocator = allocator;
      cnn::keepPool();
      if ((status = cnn::fill(*model, inference, options)) != CNN_OK) {
        why.add("%s", model->message.message());
        cnn_model_destroy(model);
      } else {
        *result = model;
      }
    } else {
      status = CNN_ERROR_MEMORY;
      why.add("no memory for a model");
    }
  }
  if (message && message_bytes > 0) snprintf(message, message_bytes, "%s", why.message());
  if (status && !why.complete()) status = CNN_ERROR_MEMORY;
  return status;
}

void cnn_model_destroy(cnn_model* model) {
  if (!model) return;
  if (model->releaseTraining) model->releaseTraining(model);
  cnn_allocator allocator = model->allocator;
  cnn::releaseParameters(model->parameters);
  for (cnn::Block* block : {&model->workers, &model->scratch, &model->arena, &model->slice})
    block->release(allocator);
  model->~cnn_model();
  allocator.release(allocator.context, model, sizeof(cnn_model));
  cnn::releasePool();
}

int32_t cnn_model_reserve(cnn_model* model, int64_t max_batch) {
  if (int32_t status = cnn::beginCall(model)) return status;
  if (max_batch < 1)
    return model->fail(CNN_ERROR_ARGUMENT, "max_batch is %lld, expected at least 1", (long long)max_batch);
  if (max_batch <= model->maxBatch) return CNN_OK;
  if (max_batch > model->description->max_batch)
    return model->fail(CNN_ERROR_ARGUMENT, "max_batch is %lld, %s allows at most %lld", (long long)max_batch,
                       model->description->name, (long long)model->description->max_batch);
  const cnn_inference* inference = model->inference;
  if (int32_t status =
          model->reserveArena(inference->arena_constant_bytes, inference->arena_block_bytes, max_batch))
    return status;
  model->maxBatch = max_batch;
  return CNN_OK;
}

const char* cnn_model_message(const cnn_model* model) {
  return model ? model->message.message() : "the model is a null pointer";
}
const char* cnn_model_warning(const cnn_model* model) {
  return model ? model->warning.message() : "";
}
const cnn_description* cnn_model_description(const cnn_model* model) {
  return model ? model->description : nullptr;
}
int32_t cnn_model_threads(const cnn_model* model) {
  return model ? model->execution.threads : 0;
}
int64_t cnn_model_max_batch(const cnn_model* model) {
  return model ? model->maxBatch : 0;
}
size_t cnn_model_scratch_bytes(const cnn_model* model) {
  return model ? model->scratchBytes : 0;
}
float* cnn_model_parameters(cnn_model* model) {
  return cnn::beginCall(model) ? nullptr : model->ownParameters();
}

void cnn_model_parameters_changed(cnn_model* model) {
  if (!model) return;
  model->parameters->hasTrainingOnly = true;
  model->parameters->version.fetch_add(1, std::memory_order_release);
}
