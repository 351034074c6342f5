#include "handles.h"

#include "../../runtime/execution/pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

struct Workers {
  explicit Workers(int threads) : workers(static_cast<size_t>(threads)) {
    for (int i = 0; i < threads; ++i) workers[static_cast<size_t>(i)].index = i;
    execution.workers = workers.data();
    execution.threads = threads;
  }
  std::vector<cnn_worker> workers;
  cnn::Execution execution;
};

template <class Body> void forEach(Workers& workers, int64_t chunks, Body body) {
  cnn::parallelFor(
      &workers.execution,
      [](void* closure, int64_t chunk, cnn_worker* worker) { (*static_cast<Body*>(closure))(chunk, worker); },
      &body, chunks);
}

// Every chunk once, and every write visible afterwards.
void exercise(Workers& workers, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    int64_t chunks = round % 37;
    std::vector<int> seen(static_cast<size_t>(chunks));
    forEach(workers, chunks, [&](int64_t chunk, cnn_worker* worker) {
      ++seen[static_cast<size_t>(chunk)];
      ++worker->scratch_used;
    });
    for (int count : seen)
      if (count != 1) throw std::logic_error("a chunk did not run exactly once");
  }
}

} // namespace

TEST_CASE("the pool runs every chunk exactly once, whatever the number of threads") {
  for (int threads : {1, 2, 3, 8}) {
    Workers workers(threads);
    REQUIRE_NOTHROW(exercise(workers, 2000));
    uint64_t ran = 0, expected = 0;
    for (const cnn_worker& worker : workers.workers) ran += worker.scratch_used;
    for (int round = 0; round < 2000; ++round) expected += static_cast<uint64_t>(round % 37);
    REQUIRE(ran == expected);
  }
}

TEST_CASE("several callers may use the pool at the same time") {
  std::atomic<int> failures{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      Workers workers(3);
      try {
        exercise(workers, 2000);
      } catch (const std::logic_error&) {
        ++failures;
      }
    });
  for (std::thread& caller : callers) caller.join();
  REQUIRE(failures == 0);
}

TEST_CASE("a nested call runs on the thread that makes it, with the same worker") {
  Workers workers(3);
  std::atomic<int> inner{0}, strangers{0};
  forEach(workers, 16, [&](int64_t, cnn_worker* outer) {
    forEach(workers, 5, [&](int64_t, cnn_worker* worker) {
      ++inner;
      strangers += worker != outer;
    });
  });
  REQUIRE(inner == 80);
  REQUIRE(strangers == 0);
}

TEST_CASE("no worker's scratch is used by two threads at once") {
  Workers workers(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<int> clashes{0};
  for (int round = 0; round < 500; ++round)
    forEach(workers, 12, [&](int64_t, cnn_worker* worker) {
      auto& count = inside[static_cast<size_t>(worker->index)];
      clashes += count.fetch_add(1) != 0;
      count.fetch_sub(1);
    });
  REQUIRE(clashes == 0);
}

#if !defined(__SANITIZE_THREAD__) // which ends a child that starts threads
TEST_CASE("the pool still works in a forked child") {
  Workers workers(3);
  exercise(workers, 50);
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(20);
    Workers own(3);
    try {
      exercise(own, 200);
    } catch (const std::logic_error&) {
      _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
}
#endif

#if defined(__x86_64__)
TEST_CASE("workers take over the caller's floating point mode") {
  Workers workers(2);
  unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040); // flush to zero, denormals are zero
  std::atomic<int> other{0}, helped{0};
  for (int round = 0; round < 2000 && helped == 0; ++round)
    forEach(workers, 64, [&](int64_t, cnn_worker* worker) {
      helped += worker->index != 0;
      other += (_mm_getcsr() & 0x8040) != 0x8040;
      for (int i = 0; i < 100; ++i) _mm_pause();
    });
  _mm_setcsr(before);
  REQUIRE(helped > 0);
  REQUIRE(other == 0);
}
#endif

TEST_CASE("the number of threads can be set by the environment") {
  setenv("CNN_NUM_THREADS", "3", 1);
  REQUIRE(cnn::defaultThreads() == 3);
  for (const char* wrong : {"0", "-2", "two", "3x", ""}) {
    setenv("CNN_NUM_THREADS", wrong, 1);
    REQUIRE(cnn::defaultThreads() >= 1);
    REQUIRE(cnn::defaultThreads() <= static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
  }
  unsetenv("CNN_NUM_THREADS");
}

TEST_CASE("forking and joining takes about a microsecond", "[.][speed]") {
  Workers workers(2);
  exercise(workers, 1000);
  std::vector<double> times;
  std::atomic<int64_t> helped{0};
  for (int repeat = 0; repeat < 51; ++repeat) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i)
      forEach(workers, 2, [&](int64_t, cnn_worker* worker) {
        if (worker->index) helped.fetch_add(1, std::memory_order_relaxed);
      });
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  std::printf("fork and join: median %.0f ns, the helper took %.0f %% of its chunks\n", times[25],
              static_cast<double>(helped) / 510.0);
}
