// Losses and metrics of a batch that is not trained on.
#ifndef CNN_MODEL_EVALUATION_H
#define CNN_MODEL_EVALUATION_H

#include "model_state.h"

namespace cnn {

/// Room for cnn_training_evaluate on so many samples, which else reserves it by itself.
int32_t reserveEvaluation(cnn_model* model, const cnn_training& table, int64_t batch);

} // namespace cnn
#endif
