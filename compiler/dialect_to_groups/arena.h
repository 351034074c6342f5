//===- arena.h - Places for intermediate tensors -------------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_GROUPS_ARENA_H
#define CNN_COMPILER_DIALECT_TO_GROUPS_ARENA_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cnn {

/// One tensor of the arena. `first` and `last` are its writer's and its last reader's place in the order of
/// groups; the last reader is that of the last phase.
struct ArenaItem {
  int64_t bytes = 0;    ///< of one block
  bool perBlock = true; ///< one for each block of the batch; else one in all
  int64_t firstPhase = 0, lastPhase = 0;
  int64_t first = 0, last = 0;
  /// All readers in lastPhase work block by block in the phase's one chain.
  bool readInChain = true;
  int64_t offset = -1; ///< the result: bytes, a multiple of 64; times the number of blocks where perBlock
};

struct ArenaSizes {
  int64_t constantBytes = 0, blockBytes = 0;
  int64_t largestLiveBytes = 0; ///< perBlock bytes alive at once: no plan can do with less
  /// Of the phase in which most memory is in use: one item for each place, the constant ones too.
  std::vector<std::size_t> fullestPhase;
};

/// Gives every item its offset. Items that are alive at once never overlap. Because blocks of a phase run at
/// different times, two items of one phase are apart in time only block by block: those may share a place
/// only where offset and size are the same, so that block b of one meets nothing but block b of the other.
ArenaSizes planArena(std::vector<ArenaItem>& items);

} // namespace cnn

#endif
