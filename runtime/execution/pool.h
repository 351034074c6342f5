// The process's one pool of threads, and a model's view of it.
#ifndef CNN_EXECUTION_POOL_H
#define CNN_EXECUTION_POOL_H

#include <cnn/abi.h>

namespace cnn {

/// What one model brings to parallelFor: its share of threads and the workers' scratch. workers[0] is the
/// caller's, workers[i] that of the pool's i-th thread, so two models never share scratch.
struct Execution {
  cnn_worker* workers = nullptr;
  int32_t threads = 1;
};

/// cnn_parallel_for with `execution` an Execution*. The caller takes part. If another caller has the pool, or
/// the call comes from within a task, all chunks run on the calling thread: the same chunks, so the same
/// results.
void parallelFor(void* execution, cnn_task task, void* closure, int64_t chunks);

/// CNN_NUM_THREADS if it is a positive number, else the cores that the process may use; at most maxThreads.
int32_t defaultThreads();
inline constexpr int32_t maxThreads = 256;

} // namespace cnn
#endif
