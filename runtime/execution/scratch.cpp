#include <cnn/abi.h>

#include <cstdlib>

// A kernel that asks for more than was planned still gets memory, so that it does not write over anything;
// the call then ends with CNN_ERROR_INTERNAL.
void* cnn_scratch_allocate(void* opaque, size_t bytes) {
  auto* worker = static_cast<cnn_worker*>(opaque);
  if (!worker) return nullptr;
  uint64_t needed = bytes ? (uint64_t{bytes} + 63) & ~uint64_t{63} : 64;
  if (needed < bytes) return nullptr;
  if (needed > worker->scratch_bytes - worker->scratch_used) {
    worker->failed = 1;
    return aligned_alloc(64, needed);
  }
  void* memory = worker->scratch + worker->scratch_used;
  worker->scratch_used += needed;
  return memory;
}

void cnn_scratch_free(void* opaque, void* pointer) {
  auto* worker = static_cast<cnn_worker*>(opaque);
  auto* bytes = static_cast<unsigned char*>(pointer);
  if (!worker || !bytes) return;
  if (bytes >= worker->scratch && bytes < worker->scratch + worker->scratch_bytes)
    worker->scratch_used = static_cast<uint64_t>(bytes - worker->scratch);
  else
    free(pointer);
}
