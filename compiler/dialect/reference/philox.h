//===- philox.h - The counter-based random numbers of dropout ------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_REFERENCE_PHILOX_H
#define CNN_COMPILER_DIALECT_REFERENCE_PHILOX_H

#include <array>
#include <cstdint>

namespace cnn::reference {

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): four random words that
/// depend on nothing but the counter and the key.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

} // namespace cnn::reference

#endif
