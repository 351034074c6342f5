//===- schedules.h - The templates, and what they share
//---------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_SCHEDULES_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_SCHEDULES_H

#include "builder.h"

namespace cnn::kernel {

/// Plain loops over the outputs, vectors over lanes (or along x of plain outputs). Tiles: x.
void scheduleRows(Builder& builder);

/// Convolutions and linear layers whose vectors are 16 images: a tile of accumulators in registers. Needs the
/// Func `accumulator` over {lane, x, y, c} with one update over the domain `taps` {kx, ky, channel}. Tiles:
/// channels, x; order: 1 when the pixels' loop is outside the channels' loop.
void scheduleBatchConv(Builder& builder);

/// Vector registers that hold accumulators without a spill: what the target has, less the operands.
int accumulatorRegisters(const Kernel& kernel);

/// The tile of a `width` x `channels` loop nest that keeps the FMA units busiest: {x, channels}.
struct Tile {
  int64_t x, channels;
};
Tile chooseTile(int64_t width, int64_t channels, int registers, int64_t mostChannels = 16);

} // namespace cnn::kernel

#endif
