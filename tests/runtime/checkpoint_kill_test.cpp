// Training that is killed at any moment goes on from its checkpoint and ends with the same bytes. This
// program replaces write, fsync and rename, to die inside them.
#include "handles.h"
#include "linear_library.h"

#include <cnn/cnn.hpp>

#include <cstring>
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
int rename(const char* from, const char* to) noexcept {
  bool after = dies();
  if (after && callsUntilDeath % 2 == 0) die();
  int result = static_cast<int>(syscall(SYS_rename, from, to));
  if (after) die();
  return result;
}
}

namespace {

cnn::Dataset noise(std::int64_t count) {
  cnn::Dataset data;
  data.source = "noise";
  data.count = count;
  data.columns.push_back({"image", CNN_U8, {1, 4, 4}, {}});
  data.columns.push_back({"label", CNN_U8, {}, {}});
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count) * 16; ++i)
    data.columns[0].bytes.push_back(static_cast<std::uint8_t>(cnn::philox(5, 1, i)[0]));
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i)
    data.columns[1].bytes.push_back(static_cast<std::uint8_t>(cnn::philox(5, 2, i)[0] % 3));
  return data;
}

// Trains to the end, going on from a checkpoint if there is one, and saves.
bool trainToEnd(const std::string& checkpoint, const std::string& result) {
  linear::Library<> library({CNN_ADAM, false});
  cnn::Model model = cnn::Model::create(library.inference, {.threads = 2}).or_exit();
  cnn::Trainer trainer(
      model, library.training,
      {.epochs = 4, .checkpoint = checkpoint, .checkpoint_steps = 2, .resume = true, .quiet = true});
  trainer.use({noise(90), noise(10)});
  cnn::Status status = trainer.run();
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.message());
  return status.ok() && model.save(result.c_str()).ok();
}

// A child that dies by itself or is killed after so many microseconds. True: it came to its end.
bool trainInChild(const std::string& checkpoint, const std::string& result, long dieAt,
                  useconds_t killAfter) {
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    callsUntilDeath = dieAt;
    bool good = trainToEnd(checkpoint, result);
    _exit(good ? 0 : 1);
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

std::string unbroken() {
  TemporaryFolder folder;
  REQUIRE(trainInChild(folder / "run", folder / "result", -1, 0));
  return readFile(folder / "result");
}

} // namespace

TEST_CASE("killed inside any write, sync or rename, training resumes to the same bytes") {
  const std::string expected = unbroken();
  REQUIRE(expected.size() > 100);
  int deaths = 0;
  for (long dieAt = 0; dieAt < 60; ++dieAt) {
    TemporaryFolder folder;
    INFO("death at call " << dieAt);
    deaths += !trainInChild(folder / "run", folder / "result", dieAt, 0);
    REQUIRE(trainInChild(folder / "run", folder / "result", -1, 0));
    bool same = readFile(folder / "result") == expected;
    REQUIRE(same);
  }
  REQUIRE(deaths == 60);
}

TEST_CASE("killed again and again at random moments, training still comes to the same bytes") {
  const std::string expected = unbroken();
  std::uint64_t draws = 0;
  int killed = 0;
  for (int round = 0; round < 5; ++round) {
    TemporaryFolder folder;
    bool done = false;
    for (int kills = 0; !done && kills < 40; ++kills, killed += !done)
      done = trainInChild(folder / "run", folder / "result", -1,
                          1 + static_cast<useconds_t>(cnn::philox(1, 1, draws++)[0] % 30000));
    if (!done) REQUIRE(trainInChild(folder / "run", folder / "result", -1, 0));
    bool same = readFile(folder / "result") == expected;
    REQUIRE(same);
  }
  REQUIRE(killed > 0);
}
