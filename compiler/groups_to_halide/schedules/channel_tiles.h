//===- channel_tiles.h - Tile sizes of the channel_lanes templates -----------------------------------===//
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

/// What a tile is chosen for.
struct TileProblem {
  int64_t blocks;        ///< of output channels; `vectors` is a divisor
  int64_t width, height; ///< of the picture that is tiled, in pixels (or Winograd tiles)
  int64_t taps;          ///< FMAs for each accumulator: input channels times kernel size
  std::string target;
  std::array<int64_t, 2> pool{1,
                              1}; ///< a pixel of the tile costs accumulators for its window: {size, stride}
  int64_t vectors = 0;            ///< more than 0: already decided by the packed weights
};

/// The tile that keeps the FMA units busiest.
ChannelTile chooseChannelTile(const TileProblem& problem);

} // namespace cnn::kernel

#endif
