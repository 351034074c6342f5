//===- schedules.h - The templates, and what they share ----------------------------------------------===//
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

/// Winograd convolutions whose vectors are 16 images, and their weights. Tiles: see BatchWinogradTiles.
void scheduleBatchWinograd(Builder& builder);
void scheduleWinogradWeights(Builder& builder);

/// Convolutions of one image on packed weights, vectors over output channels. Funcs: accumulator, and padded
/// where the input's halo does not suffice. Tiles: x, y (pixels in registers), inputs (channels in one pass
/// of the loop), rows_outside (1: the loop over rows is outside the channels').
void scheduleChannelDirect(Builder& builder);

/// One filter a channel. Tiles: x, y.
void scheduleChannelDepthwise(Builder& builder);

/// Matrix times vector, on packed weights.
void scheduleChannelLinear(Builder& builder);

/// Winograd convolutions of one image. Tiles: block_rows (rows of tiles transformed together), x, y (tiles in
/// registers), inputs.
void scheduleChannelWinograd(Builder& builder);

/// One image, no weights: layouts, concatenation, softmax. Funcs are computed once a pixel.
void scheduleImagePixels(Builder& builder);

/// Makes vectors of the channels of a plain output [C, 1, 1]; the last one is masked.
struct PlainVectors {
  Halide::Var lane, block;
};
PlainVectors vectorizePlainChannels(Builder& builder, Halide::Func& out, int lanes);

/// Winograd along y only. Tiles: x (pixels in registers).
void scheduleChannelWinogradRows(Builder& builder);

/// Convolutions with a few output channels into a plain tensor, vectors along the row. Tiles: channels.
void schedulePlainRows(Builder& builder);

/// Weight gradients of convolutions: see the Funcs of conv_backward_weight. Tiles: kx, ky, in, out (of the
/// registers), channels (of a chunk of sums in memory), rows (of a band), unroll (columns).
void scheduleBatchConvWeight(Builder& builder);

/// Weight gradients of linear layers, blocks of images outside. Tiles: channels (rows of the register tile),
/// vectors (its columns, in vectors of features), features (how many all blocks pass over before the next).
void scheduleBatchLinearWeight(Builder& builder);

/// Sums over pictures and lanes, computed for one channel after the other, or for one pixel after the other.
void scheduleChannelReductions(Builder& builder);
void schedulePixelReductions(Builder& builder);

/// Sums over the channels of a few pixels beside each other, then the result at these pixels. Tiles: x.
void schedulePixelTiles(Builder& builder);

/// Pooling, and everything whose output is in regions without a sum. Tiles: x.
void scheduleWindows(Builder& builder);
void scheduleHalo(Builder& builder);

/// Optimizers: flat arrays of run-time length, a multiple of 16.
void scheduleFlatUpdate(Builder& builder);

/// As written: for kernels that handle a few numbers.
void scheduleSerial(Builder& builder);

/// Whether the loop over channel tiles is inside that over x tiles, see chooseBackwardInput.
bool channelsInside(const Schedule& schedule);

/// Vector registers that hold accumulators without a spill: what the target has, less the operands.
int accumulatorRegisters(const std::string& target);
int accumulatorRegisters(const Kernel& kernel); ///< fewer where sums are in f64

/// The tile of a `width` x `channels` loop nest that keeps the FMA units busiest: {x, channels}.
struct Tile {
  int64_t x, channels;
};
Tile chooseTile(int64_t width, int64_t channels, int registers, int64_t mostChannels = 16);

} // namespace cnn::kernel

#endif
