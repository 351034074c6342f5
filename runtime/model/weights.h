// How a network's parameters and a safetensors file meet.
#ifndef CNN_MODEL_WEIGHTS_H
#define CNN_MODEL_WEIGHTS_H

#include "model_state.h"
#include "safetensors.h"

namespace cnn {

/// Names that begin so are a checkpoint's, not the network's.
inline constexpr char reservedPrefix[] = "cnn.";

/// Compares names, shapes and types with the network; one message lists all differences. A cnn_status.
int32_t matchWeights(const cnn_description& description, const SafetensorsReader& file, const char* fileName,
                     Text& message);

/// Copies matched weights into the masters.
int32_t readWeights(cnn_model& model, const SafetensorsReader& file);

/// "bn1.running_mean" to "bn1.num_batches_tracked"; false for other names.
bool trackedName(const char* parameterName, Text& name);

} // namespace cnn
#endif
