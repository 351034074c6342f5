// Blocks of memory by a model's allocator.
#ifndef CNN_EXECUTION_MEMORY_H
#define CNN_EXECUTION_MEMORY_H

#include <cnn/model.h>

namespace cnn {

/// The default where both functions of `wanted` are null.
cnn_allocator allocatorOrDefault(const cnn_allocator& wanted);

/// A block that grows only; its memory is 64-aligned and not initialised.
struct Block {
  unsigned char* memory = nullptr;
  uint64_t bytes = 0;

  /// False where the allocator gave nothing; the block is then as before. The contents are not kept.
  bool reserve(const cnn_allocator& allocator, uint64_t wanted);
  void release(const cnn_allocator& allocator);
};

/// constant + each * count, or false beyond 2^63.
bool blockBytes(uint64_t constant, uint64_t each, uint64_t count, uint64_t& bytes);

} // namespace cnn
#endif
