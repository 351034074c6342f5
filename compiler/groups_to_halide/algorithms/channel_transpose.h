//===- channel_transpose.h - Transposed convolutions of one image ------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_CHANNEL_TRANSPOSE_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_CHANNEL_TRANSPOSE_H

#include "registry.h"

namespace cnn::kernel {

Value convTransposePhases(Builder& b, const Op& op);
Schedule chooseTransposePhases(const Kernel& kernel, const Op& op);

/// Its template. Funcs: regionAccumulator0, … over the domains regionTaps0, … {channel in block, x, y,
/// block}. Tiles: x (pixels of a phase in registers), channels (vectors of them).
void scheduleChannelPhases(Builder& builder);

} // namespace cnn::kernel

#endif
