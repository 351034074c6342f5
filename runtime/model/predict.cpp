#include "model_state.h"

#include <sched.h>

// Parameters may be shared: one model prepares, others that come at the same time wait for it. A thread that
// was at it when the process forked is not there in the child, which begins anew. On the usual path this is
// two loads.
int32_t cnn_model::prepare() {
  cnn::Parameters& shared = *parameters;
  for (;;) {
    uint64_t version = shared.version.load(std::memory_order_acquire);
    if (shared.preparedVersion.load(std::memory_order_acquire) == version) return CNN_OK;
    uint32_t before = 0, own = cnn::processGeneration();
    if (!shared.preparing.compare_exchange_strong(before, own, std::memory_order_acquire) &&
        (before == own ||
         !shared.preparing.compare_exchange_strong(before, own, std::memory_order_acquire))) {
      sched_yield();
      continue;
    }
    int32_t status = 0;
    if (shared.preparedVersion.load(std::memory_order_acquire) != version && inference->prepare) {
      cnn_run own = run(1);
      status = inference->prepare(&own);
    }
    if (!status) shared.preparedVersion.store(version, std::memory_order_release);
    shared.preparing.store(0, std::memory_order_release);
    if (status) return finish(status, "prepare");
  }
}

int32_t cnn_model::checkAssertions(int64_t batch, bool forTraining) {
  if (!description->failed_assertion) return CNN_OK;
  int32_t failed = description->failed_assertion(batch, forTraining);
  if (failed < 0) return CNN_OK;
  return fail(CNN_ERROR_ARGUMENT, "batch is %lld, but %s asserts %s", (long long)batch, description->name,
              description->assertions[failed]);
}

namespace {

void advance(const cnn_tensor* tensors, uint32_t count, const void* const* from, const void** to,
             int64_t samples) {
  for (uint32_t i = 0; i < count; ++i) {
    int64_t elements = cnn::hasBatch(tensors[i]) ? samples * cnn::sampleElements(tensors[i]) : 0;
    to[i] = static_cast<const char*>(from[i]) +
            elements * static_cast<int64_t>(cnn::elementBytes(tensors[i].element));
  }
}

} // namespace

int32_t cnn_model_predict(cnn_model* model, const void* const* inputs, void* const* outputs, int64_t batch) {
  if (int32_t status = cnn::beginCall(model, {{"inputs", inputs}, {"outputs", outputs}})) return status;
  cnn::ComputingMode mode;
  if (batch < 1)
    return model->fail(CNN_ERROR_ARGUMENT, "batch is %lld, expected at least 1", (long long)batch);
  const cnn_description* description = model->description;
  if (int32_t status =
          cnn::checkTensors(model, "input", description->inputs, description->input_count, inputs))
    return status;
  if (int32_t status = cnn::checkTensors(model, "output", description->outputs, description->output_count,
                                         const_cast<const void* const*>(outputs)))
    return status;
  if (int32_t status = model->checkAssertions(batch, false)) return status;
  if (int32_t status = model->prepare()) return status;
  auto** sliceInputs = reinterpret_cast<const void**>(model->slice.memory);
  auto** sliceOutputs = sliceInputs + description->input_count;
  for (int64_t done = 0; done < batch; done += model->maxBatch) {
    cnn_run run = model->run(batch - done < model->maxBatch ? batch - done : model->maxBatch);
    run.inputs = inputs;
    run.outputs = outputs;
    if (batch > model->maxBatch) {
      advance(description->inputs, description->input_count, inputs, sliceInputs, done);
      advance(description->outputs, description->output_count, const_cast<const void* const*>(outputs),
              sliceOutputs, done);
      run.inputs = sliceInputs;
      run.outputs = const_cast<void* const*>(sliceOutputs);
    }
    if (int32_t status = model->finish(model->inference->predict(&run), "predict")) return status;
  }
  return CNN_OK;
}
