// Numbers that are none: what training stops at, and what loading warns of.
#ifndef CNN_MODEL_FINITE_H
#define CNN_MODEL_FINITE_H

#include "model_state.h"

namespace cnn {

/// How many of the values are NaN or infinite.
uint64_t countNotFinite(const float* values, uint64_t count);

/// "\n  conv1.weight: 3 of 150" for each parameter with values that are not finite; how many parameters.
uint32_t listNotFinite(const cnn_description& description, const float* masters, Text& lines);

} // namespace cnn
#endif
