// What a network computes, as text: whether weights that fit in names and shapes were made for this one.
#ifndef CNN_MODEL_MEANING_H
#define CNN_MODEL_MEANING_H

#include "text.h"

#include <cstddef>
#include <cstdint>

namespace cnn {

/// Compares two texts of cnn_description.meaning or cnn_training.meaning; appends "\n  relu1: relu there,
/// tanh here" for what differs, `there` first. How many lines differ in what they mean; 0: it is the same
/// network. Differing arguments are told only as the likely cause of another difference.
size_t compareMeanings(const char* there, const char* here, Text& differences);

} // namespace cnn
#endif
