// Labels of a training batch.
#ifndef CNN_MODEL_LABELS_H
#define CNN_MODEL_LABELS_H

#include "model_state.h"

namespace cnn {

/// The label at an index of an i32 or u8 tensor.
int32_t labelAt(const cnn_tensor& tensor, const void* values, int64_t index);

/// The index of the first of `count` labels that is neither a class nor ignored; -1 where all are.
int64_t firstNoClass(const cnn_labels& labels, const cnn_tensor& tensor, const void* values, int64_t count);

/// The first of the inputs' labels that is no class is an error which says where it is.
int32_t checkLabels(cnn_model* model, const cnn_training& table, const void* const* inputs, int64_t batch);

} // namespace cnn
#endif
