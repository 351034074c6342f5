// Training in child processes that die inside write, fsync or renameat, or are killed at any moment. A
// program that includes this replaces those functions. One source file of a program may include it.
#pragma once

#include "handles.h"

#include "../../runtime/model/philox.h"

#include <algorithm>
#include <chrono>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

long callsUntilDeath = -1; // below 0: never

bool dies() {
  return callsUntilDeath >= 0 && callsUntilDeath-- == 0;
}

[[noreturn]] void die() {
  raise(SIGKILL);
  _exit(99);
}

} // namespace

extern "C" {
// Half of the bytes still reach the file.
ssize_t write(int file, const void* data, size_t bytes) {
  if (dies()) {
    syscall(SYS_write, file, data, bytes / 2);
    die();
  }
  return syscall(SYS_write, file, data, bytes);
}
int fsync(int file) {
  if (dies()) die();
  return static_cast<int>(syscall(SYS_fsync, file));
}
// Before it and after it.
int renameat(int fromFolder, const char* from, int toFolder, const char* to) noexcept {
  if (dies()) die();
  int result = static_cast<int>(syscall(SYS_renameat, fromFolder, from, toFolder, to));
  if (dies()) die();
  return result;
}
}

namespace {

/// Trains to the end, going on from the checkpoint if there is one, and writes the result. In a child.
using Training = bool (*)(const std::string& checkpoint, const std::string& result);

/// A child that dies by itself at a call (below 0: not) or is killed after some microseconds (0: not). True:
/// it came to its end.
inline bool trainInChild(Training train, const TemporaryFolder& folder, long dieAt, useconds_t killAfter) {
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    callsUntilDeath = dieAt;
    _exit(train(folder / "run", folder / "result") ? 0 : 1);
  }
  if (killAfter > 0) {
    usleep(killAfter);
    kill(child, SIGKILL);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status)) {
    REQUIRE(WTERMSIG(status) == SIGKILL);
    return false;
  }
  REQUIRE(WEXITSTATUS(status) == 0);
  return true;
}

inline std::string unbroken(Training train) {
  TemporaryFolder folder;
  REQUIRE(trainInChild(train, folder, -1, 0));
  std::string result = readFile(folder / "result");
  REQUIRE(result.size() > 100);
  return result;
}

/// Dies in the first call that could hurt a checkpoint, then in the second, …; resumes each time. `stride`
/// leaves some out.
inline void dieInEachOf(long calls, long stride, Training train) {
  const std::string expected = unbroken(train);
  for (long dieAt = 0; dieAt < calls; dieAt += stride) {
    TemporaryFolder folder;
    INFO("death at call " << dieAt);
    REQUIRE(!trainInChild(train, folder, dieAt, 0));
    REQUIRE(trainInChild(train, folder, -1, 0));
    bool same = readFile(folder / "result") == expected;
    REQUIRE(same);
  }
}

/// Kills again and again after 0 to `longest` microseconds, or what an unbroken run takes, until one try
/// comes to its end. A round that nothing was killed in does not count, and halves the time: a machine that
/// is faster than it was in the unbroken run is killed as often as one that is not.
inline void killAtRandom(int rounds, std::uint32_t longest, Training train) {
  auto start = std::chrono::steady_clock::now();
  const std::string expected = unbroken(train);
  std::chrono::duration<double, std::micro> whole = std::chrono::steady_clock::now() - start;
  longest = static_cast<std::uint32_t>(std::clamp(whole.count(), 1.0, double(longest)));
  std::uint64_t draws = 0;
  for (int round = 0; round < rounds;) {
    TemporaryFolder folder;
    int killed = 0;
    bool done = false;
    for (int tries = 0; !done && tries < 40; ++tries, killed += !done)
      done = trainInChild(train, folder, -1, 1 + cnn::philox(1, 1, draws++)[0] % longest);
    if (!done) REQUIRE(trainInChild(train, folder, -1, 0));
    bool same = readFile(folder / "result") == expected;
    REQUIRE(same);
    if (killed > 0)
      ++round;
    else
      longest = std::max(longest / 2, std::uint32_t{1});
  }
}

} // namespace
