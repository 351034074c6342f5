#include "memory.h"

#include <cstdlib>
#include <sys/mman.h>

namespace cnn {
namespace {

constexpr size_t hugePage = size_t{2} << 20;

// Weights and arenas of large networks are read through from end to end: huge pages save a tenth to a
// quarter.
void* allocateAligned(void*, size_t bytes, size_t alignment) {
  bool huge = bytes >= 2 * hugePage;
  if (huge && alignment < hugePage) alignment = hugePage;
  if (bytes > SIZE_MAX - alignment) return nullptr;
  void* memory = aligned_alloc(alignment, (bytes + alignment - 1) & ~(alignment - 1));
  if (memory && huge) madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

void releaseAligned(void*, void* memory, size_t) {
  free(memory);
}

} // namespace

cnn_allocator allocatorOrDefault(const cnn_allocator& wanted) {
  if (wanted.allocate && wanted.release) return wanted;
  return {nullptr, allocateAligned, releaseAligned};
}

bool Block::reserve(const cnn_allocator& allocator, uint64_t wanted) {
  if (wanted <= bytes) return true;
  void* larger = allocator.allocate(allocator.context, wanted, 64);
  if (!larger) return false;
  release(allocator);
  memory = static_cast<unsigned char*>(larger);
  bytes = wanted;
  return true;
}

void Block::release(const cnn_allocator& allocator) {
  if (memory) allocator.release(allocator.context, memory, bytes);
  memory = nullptr;
  bytes = 0;
}

bool blockBytes(uint64_t constant, uint64_t each, uint64_t count, uint64_t& bytes) {
  return !__builtin_mul_overflow(each, count, &bytes) && !__builtin_add_overflow(bytes, constant, &bytes) &&
         bytes <= INT64_MAX;
}

} // namespace cnn
