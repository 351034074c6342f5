#include "draw.h"
#include "model_state.h"

int32_t cnn_model_initialise(cnn_model* model, uint64_t seed) {
  if (int32_t status = cnn::beginCall(model)) return status;
  const cnn_description* description = model->description;
  float* masters = model->ownParameters();
  if (!masters) return CNN_ERROR_MEMORY;
  for (uint32_t p = 0; p < description->parameter_count; ++p) {
    const cnn_parameter& parameter = description->parameters[p];
    float* values = masters + parameter.offset;
    int64_t count = cnn::parameterElements(parameter);
    cnn::draw(parameter.initialiser, parameter.a, parameter.b, seed, parameter.stream, 0, count, values);
  }
  model->parameters->batchesTracked = 0;
  cnn_model_parameters_changed(model);
  return CNN_OK;
}
