// The processor's floating-point mode while the library computes: round to nearest, no traps, and numbers
// below 1.2e-38 (subnormal ones) count as zero. Processors take a hundred times as long over those.
#ifndef CNN_EXECUTION_FLOATING_POINT_H
#define CNN_EXECUTION_FLOATING_POINT_H

#include <cnn/abi.h>

namespace cnn {

/// This thread's mode: MXCSR on x86-64, FPCR on arm-64.
inline uint64_t floatingPointMode() {
#if defined(__x86_64__)
  return __builtin_ia32_stmxcsr();
#elif defined(__aarch64__)
  uint64_t mode;
  asm volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
#else
  return 0;
#endif
}

inline void setFloatingPointMode([[maybe_unused]] uint64_t mode) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(static_cast<uint32_t>(mode));
#elif defined(__aarch64__)
  asm volatile("msr fpcr, %0" : : "r"(mode));
#endif
}

/// Sets the mode of this thread, and the one before when it goes; the pool's threads take the caller's. What
/// the caller finds afterwards is what it left, its sticky flags as well.
class ComputingMode {
public:
  ComputingMode() : before(floatingPointMode()) {
#if defined(__x86_64__)
    setFloatingPointMode(0x1f80 | 0x8000 |
                         0x0040); // all exceptions masked, flush to zero, denormals are zero
#elif defined(__aarch64__)
    setFloatingPointMode(uint64_t{1} << 24); // flush to zero
#endif
  }
  ~ComputingMode() { setFloatingPointMode(before); }
  ComputingMode(const ComputingMode&) = delete;
  ComputingMode& operator=(const ComputingMode&) = delete;

private:
  uint64_t before;
};

/// A program's own threads, which know nothing of the mode.
struct ForeignPool {
  cnn_parallel_for parallelFor = nullptr;
  void* pool = nullptr;
};

/// The closure that they are given: the work, and what it works on.
struct ForeignWork {
  cnn_task task;
  void* closure;
};

/// cnn_parallel_for with `foreign` a ForeignPool*: its threads compute in the mode.
inline void foreignParallelFor(void* foreign, cnn_task task, void* closure, int64_t chunks) {
  ForeignWork work{task, closure};
  auto inMode = [](void* opaque, int64_t chunk, cnn_worker* worker) {
    ComputingMode mode;
    auto* own = static_cast<ForeignWork*>(opaque);
    own->task(own->closure, chunk, worker);
  };
  auto* pool = static_cast<ForeignPool*>(foreign);
  pool->parallelFor(pool->pool, inMode, &work, chunks);
}

} // namespace cnn
#endif
