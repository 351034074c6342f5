// How a network's parameters and a safetensors file meet.
#ifndef CNN_MODEL_WEIGHTS_H
#define CNN_MODEL_WEIGHTS_H

#include "model_state.h"
#include "safetensors.h"

namespace cnn {

/// Names that begin so are a checkpoint's, not the network's.
inline constexpr char reservedPrefix[] = "cnn.";

/// Which of a network's parameters a file is about; by default all.
struct WeightsPart {
  const char* into = ""; // their common path; names in the file lack it
  bool (*skips)(const void* context, const char* name) = nullptr; // by names in the file: not loaded
  const void* context = nullptr;
  bool complete =
      false; // what only training has must be there, as in a checkpoint; else all of it may be missing

  /// The parameter's name in the file; null where the file is not asked for it.
  const char* nameInFile(const cnn_parameter& parameter) const;
};

/// Compares names, shapes and types with the network; one message lists all differences. A cnn_status.
int32_t matchWeights(const cnn_description& description, const SafetensorsReader& file, const char* fileName,
                     Text& message, const WeightsPart& part = {});

/// Copies matched weights into the masters.
int32_t readWeights(cnn_model& model, const SafetensorsReader& file, const WeightsPart& part = {});

/// The file's metadata in place of the model's.
int32_t takeMetadata(cnn_model& model, const SafetensorsReader& file);

/// "bn1.running_mean" to "bn1.num_batches_tracked"; false for other names.
bool trackedName(const char* parameterName, Text& name);

} // namespace cnn
#endif
