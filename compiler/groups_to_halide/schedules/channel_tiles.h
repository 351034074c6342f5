//===- channel_tiles.h - Tile sizes of the channel_lanes templates
//----------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_CHANNEL_TILES_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_CHANNEL_TILES_H

#include "kernel.h"

namespace cnn::kernel {

/// Vectors of output channels times columns times rows of pixels that are accumulated in registers together.
struct ChannelTile {
  int64_t vectors = 1, x = 1, y = 1;
};

/// How many accumulators fit in the target's vector registers beside the operands.
int channelAccumulators(const std::string& target);

/// The tile that keeps the FMA units busiest, for `blocks` output channel blocks (of which `vectors` is a
/// divisor) and a picture of width x height. Each pixel of the tile costs pool.size / pool.stride pixels of
/// accumulators. vectors > 0 in `fixed`: already decided by the packed weights.
ChannelTile chooseChannelTile(int64_t blocks, int64_t width, int64_t height, int accumulators,
                              std::array<int64_t, 2> pool = {1, 1}, int64_t fixedVectors = 0);

/// Rows of tiles that one block of a Winograd convolution transforms together.
int64_t winogradBlockRows(int64_t channels, int64_t outChannels, int64_t outHeight, int64_t outWidth,
                          int64_t tileOutputs, int64_t points);

} // namespace cnn::kernel

#endif
