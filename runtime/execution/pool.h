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

/// The pool's threads live as long as somebody keeps them: every model does. The last releasePool ends and
/// joins them, so that the code that they run may be unloaded.
void keepPool();
void releasePool();

/// Makes this module know when it woke in a forked child. False: no memory for that.
bool watchForks();
/// 1, and one more in each forked child: what another number has begun is work of threads that are not here.
uint32_t processGeneration();

/// CNN_NUM_THREADS if it is a positive number, else the cores that the process may use; at most maxThreads.
int32_t defaultThreads();
inline constexpr int32_t maxThreads = 256;

} // namespace cnn
#endif
