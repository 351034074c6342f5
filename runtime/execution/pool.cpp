#include "pool.h"

#include "cpu.h"
#include "floating_point.h"

#include <atomic>
#include <climits>
#include <cstdlib>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cnn {
namespace {

// One word carries the handshake, so that a thread that comes late can never touch a job that has ended:
//   bits 32..63 epoch, a job's number
//   bit  31     open: threads may join
//   bit  30     the caller sleeps until the count is 0
//   bits 16..29 the highest thread index that may join
//   bits 0..15  threads inside
constexpr uint64_t openBit = 1u << 31;
constexpr uint64_t callerSleepsBit = 1u << 30;
constexpr uint64_t countMask = 0xffff;
constexpr int limitShift = 16;
constexpr uint64_t limitMask = 0x3fff;
constexpr int epochShift = 32;

struct Job {
  cnn_task task;
  void* closure;
  int32_t shares;
  Execution* execution;
  uint64_t mode; // floating-point, the caller's
};

// A thread's share of a job's chunks: it takes them in order, and others take what is left when theirs are
// done.
struct alignas(64) Share {
  std::atomic<int64_t> next{0};
  int64_t end = 0;
};

struct Pool {
  alignas(64) std::atomic<uint64_t> state{0};
  Share shares[maxThreads];
  alignas(64) std::atomic<int32_t> sleepers{0};
  std::atomic<bool> busy{false};
  alignas(64) Job job{};
  pthread_t threads[maxThreads]{};
  int32_t started = 0; // threads beside the caller; written only while busy is held
  bool refused = false;
  std::atomic<bool> ending{false}; // the next epoch is the threads' last
  std::atomic<int64_t> keepers{0};
  std::atomic<bool> forksWatched{false};
  std::atomic<uint32_t> forks{0}; // all zero: the pool takes no room in a program's file
};

constinit Pool pool;

// The task that this thread is inside of. Nested calls of the same model go on with the same worker's
// scratch.
struct Inside {
  Execution* execution;
  cnn_worker* worker;
};
constinit thread_local Inside inside{nullptr, nullptr};

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the futex words are halves of the state");
uint32_t* countWord() {
  return reinterpret_cast<uint32_t*>(&pool.state);
}
uint32_t* epochWord() {
  return reinterpret_cast<uint32_t*>(&pool.state) + 1;
}

void futexWait(uint32_t* word, uint32_t expected) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}
void futexWake(uint32_t* word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

// Spinning ends after about 40 us: long enough for the gap between two layers, short enough for a process
// that wants the core.
class Spin {
public:
  bool again() {
#if defined(__x86_64__)
    _mm_pause();
    if (start == 0) start = __rdtsc();
    return __rdtsc() - start < 120'000;
#else
    return ++start < 4000;
#endif
  }

private:
  uint64_t start = 0;
};

// Neighbouring chunks work on neighbouring memory, and layer after layer is cut alike: a thread that always
// begins with the same share finds what it wrote in its own cache.
void shareOut(int64_t chunks, int32_t shares) {
  for (int32_t i = 0; i < shares; ++i) {
    pool.shares[i].next.store(chunks * i / shares, std::memory_order_relaxed);
    pool.shares[i].end = chunks * (i + 1) / shares;
  }
}

void runChunks(const Job& job, int32_t index) {
  cnn_worker* worker = &job.execution->workers[index];
  Inside before = inside;
  inside = {job.execution, worker};
  for (int32_t i = 0; i < job.shares; ++i) {
    Share& share = pool.shares[(index + i) % job.shares];
    for (int64_t chunk; (chunk = share.next.fetch_add(1, std::memory_order_relaxed)) < share.end;)
      job.task(job.closure, chunk, worker);
  }
  inside = before;
}

void runInline(Execution* execution, cnn_task task, void* closure, int64_t chunks) {
  Inside before = inside;
  cnn_worker* worker = before.execution == execution ? before.worker : &execution->workers[0];
  inside = {execution, worker};
  for (int64_t chunk = 0; chunk < chunks; ++chunk) task(closure, chunk, worker);
  inside = before;
}

// Waits until the epoch is another one than `seen`; returns the state.
uint64_t awaitJob(uint32_t seen) {
  auto isNew = [&](uint64_t state) { return static_cast<uint32_t>(state >> epochShift) != seen; };
  uint64_t state;
  for (Spin spin;;) {
    if (isNew(state = pool.state.load(std::memory_order_acquire))) return state;
    if (!spin.again()) break;
  }
  pool.sleepers.fetch_add(1);
  while (!isNew(state = pool.state.load())) futexWait(epochWord(), seen);
  pool.sleepers.fetch_sub(1);
  return state;
}

bool join(uint64_t state, uint64_t index) {
  uint64_t epoch = state >> epochShift;
  for (;;) {
    if (state >> epochShift != epoch || !(state & openBit) || index > ((state >> limitShift) & limitMask))
      return false;
    if (pool.state.compare_exchange_weak(state, state + 1, std::memory_order_acquire)) return true;
  }
}

void leave() {
  uint64_t before = pool.state.fetch_sub(1, std::memory_order_acq_rel);
  if ((before & countMask) == 1 && (before & callerSleepsBit)) futexWake(countWord());
}

// The argument packs the thread's index (16 bits) and the epoch that it has seen.
void* threadMain(void* argument) {
  uint64_t packed = reinterpret_cast<uintptr_t>(argument);
  uint64_t index = packed & 0xffff;
  uint32_t seen = static_cast<uint32_t>(packed >> 16);
  for (;;) {
    uint64_t state = awaitJob(seen);
    seen = static_cast<uint32_t>(state >> epochShift);
    if (pool.ending.load(std::memory_order_acquire)) return nullptr;
    if (!join(state, index)) continue;
    setFloatingPointMode(pool.job.mode);
    runChunks(pool.job, static_cast<int32_t>(index));
    leave();
  }
}

// A forked child has no threads but the one that forked: forget them, and start again when needed.
void forgetThreads() {
  pool.started = 0;
  pool.refused = false;
  pool.ending = false;
  pool.sleepers = 0;
  ++pool.forks;
  pool.state = pool.state & ~((openBit << 1) - 1);
  pool.busy = false;
}

// Where a thread cannot be had, fewer do the same work.
void startThreads(int32_t wanted) {
  pool.refused = !watchForks();
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before); // signals are the program's business, not the pool's
  uint64_t epoch = static_cast<uint32_t>(pool.state.load() >> epochShift);
  while (pool.started < wanted && !pool.refused) {
    uint64_t packed = epoch << 16 | static_cast<uint64_t>(pool.started + 1);
    void* argument = reinterpret_cast<void*>(packed);
    pool.refused = pthread_create(&pool.threads[pool.started], nullptr, threadMain, argument) != 0;
    if (!pool.refused) ++pool.started;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

// The caller holds `busy`.
void endThreads() {
  pool.ending = true;
  uint64_t epoch = (pool.state.load(std::memory_order_relaxed) >> epochShift) + 1;
  pool.state.store(epoch << epochShift);
  if (pool.sleepers.load() > 0) futexWake(epochWord());
  for (; pool.started > 0; --pool.started) pthread_join(pool.threads[pool.started - 1], nullptr);
  pool.ending = false;
  pool.refused = false;
}

void awaitLeavers() {
  for (Spin spin;;) {
    if (!(pool.state.load(std::memory_order_acquire) & countMask)) return;
    if (!spin.again()) break;
  }
  for (uint64_t state = pool.state.fetch_or(callerSleepsBit) | callerSleepsBit; state & countMask;
       state = pool.state.load(std::memory_order_acquire))
    futexWait(countWord(), static_cast<uint32_t>(state));
}

} // namespace

void parallelFor(void* opaque, cnn_task task, void* closure, int64_t chunks) {
  auto* execution = static_cast<Execution*>(opaque);
  if (chunks <= 1 || execution->threads <= 1 || inside.execution || pool.busy.exchange(true))
    return runInline(execution, task, closure, chunks);

  int64_t helpers = execution->threads - 1 < chunks - 1 ? execution->threads - 1 : chunks - 1;
  if (pool.started < execution->threads - 1 && !pool.refused) startThreads(execution->threads - 1);
  auto shares = static_cast<int32_t>(helpers + 1);
  pool.job = {task, closure, shares, execution, floatingPointMode()};
  shareOut(chunks, shares);
  uint64_t epoch = (pool.state.load(std::memory_order_relaxed) >> epochShift) + 1;
  pool.state.store(epoch << epochShift | openBit | static_cast<uint64_t>(helpers) << limitShift);
  if (pool.sleepers.load() > 0) futexWake(epochWord());
  runChunks(pool.job, 0);
  pool.state.fetch_and(~openBit, std::memory_order_acq_rel);
  awaitLeavers();
  pool.busy.store(false, std::memory_order_release);
}

void keepPool() {
  pool.keepers.fetch_add(1, std::memory_order_relaxed);
}

void releasePool() {
  if (pool.keepers.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  while (pool.busy.exchange(true)) {
    if (pool.keepers.load() != 0) return; // somebody else's to end
    sched_yield();
  }
  if (pool.keepers.load() == 0) endThreads();
  pool.busy.store(false, std::memory_order_release);
}

bool watchForks() {
  if (pool.forksWatched.load()) return true;
  if (pthread_atfork(nullptr, nullptr, forgetThreads) != 0) return false;
  pool.forksWatched = true; // two threads may both have come here: the handler may run twice
  return true;
}

uint32_t processGeneration() {
  return pool.forks.load(std::memory_order_relaxed) + 1;
}

int32_t defaultThreads() {
  if (const char* text = getenv("CNN_NUM_THREADS")) {
    char* end;
    long value = strtol(text, &end, 10);
    if (end != text && *end == 0 && value > 0)
      return static_cast<int32_t>(value < maxThreads ? value : maxThreads);
  }
  int32_t count = availableProcessors();
  return count < maxThreads ? count : maxThreads;
}

} // namespace cnn
