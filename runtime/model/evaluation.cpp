#include "evaluation.h"

#include "labels.h"
#include "training_state.h"

namespace cnn {

int32_t reserveEvaluation(cnn_model* model, const cnn_training& table, int64_t batch) {
  if (int32_t status = model->reserveScratch(table.scratch_bytes)) return status;
  int64_t block = table.block ? table.block : 1;
  return model->reserveArena(table.evaluation_constant_bytes, table.evaluation_block_bytes,
                             batch / block + (batch % block != 0));
}

} // namespace cnn

int32_t cnn_training_evaluate(cnn_model* model, const cnn_training* table, const void* const* inputs,
                              int64_t batch, void* const* outputs) {
  if (int32_t status = cnn::beginCall(model, {{"training", table}, {"inputs", inputs}, {"outputs", outputs}}))
    return status;
  cnn::ComputingMode mode;
  if (int32_t status = cnn::checkTable(model, *table, "measure")) return status;
  if (!table->evaluate)
    return model->fail(CNN_ERROR_ARGUMENT, "the training code's evaluate is a null pointer");
  const cnn_description& description = *table->description;
  if (batch < 1 || batch > description.max_batch)
    return model->fail(CNN_ERROR_ARGUMENT, "batch is %lld, expected 1 to %lld", (long long)batch,
                       (long long)description.max_batch);
  if (int32_t status = cnn::checkTensors(model, "input", description.inputs, description.input_count, inputs))
    return status;
  if (int32_t status = cnn::checkTensors(model, "target", table->targets, table->target_count,
                                         inputs + description.input_count))
    return status;
  for (uint32_t i = 0; i < table->evaluation_output_count; ++i)
    if (!outputs[i]) return model->fail(CNN_ERROR_ARGUMENT, "output %u is a null pointer", i);
  if (int32_t status = model->checkAssertions(batch, false)) return status;
  if (int32_t status = cnn::checkLabels(model, *table, inputs, batch)) return status;
  if (int32_t status = cnn::reserveEvaluation(model, *table, batch)) return status;
  cnn_run run = model->run(batch);
  run.inputs = inputs;
  run.outputs = outputs;
  return model->finish(table->evaluate(&run), "evaluate");
}
