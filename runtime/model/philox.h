// Philox4x32-10, a counter-based random generator: every number is a function of key and counter.
// Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#ifndef CNN_MODEL_PHILOX_H
#define CNN_MODEL_PHILOX_H

#include <array>
#include <cstdint>

namespace cnn {

struct PhiloxKey {
  uint32_t low, high;
};

inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, PhiloxKey key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t first = uint64_t{0xD2511F53} * counter[0], second = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(second >> 32) ^ counter[1] ^ key.low, static_cast<uint32_t>(second),
               static_cast<uint32_t>(first >> 32) ^ counter[3] ^ key.high, static_cast<uint32_t>(first)};
    key.low += 0x9E3779B9;
    key.high += 0xBB67AE85;
  }
  return counter;
}

/// Four words for one index of a stream.
inline std::array<uint32_t, 4> philox(uint64_t seed, uint64_t stream, uint64_t index) {
  return philox({static_cast<uint32_t>(index), static_cast<uint32_t>(index >> 32),
                 static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
                {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
}

/// [0, 1), a multiple of 2^-24.
inline double unitInterval(uint32_t word) {
  return (word >> 8) * 0x1p-24;
}

/// [0, bound) without modulo bias worth naming: 64 random bits times the bound.
inline uint64_t below(uint64_t bound, uint32_t high, uint32_t low) {
  unsigned __int128 product = static_cast<unsigned __int128>(uint64_t{high} << 32 | low) * bound;
  return static_cast<uint64_t>(product >> 64);
}

} // namespace cnn
#endif
