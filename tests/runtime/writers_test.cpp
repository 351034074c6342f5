// Several processes that write the same files, processes that end while they write, links and modes.
#include "handles.h"
#include "linear_library.h"
#include "trainee.h"

#include "../../runtime/files/lock.h"
#include "../../runtime/files/replacement.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using Wide = linear::Library<32, 40>; // 164 kB of weights: many writes of the disk's

/// Runs `body` in a child of its own; it gives the exit status.
template <class Body> pid_t inChild(Body body) {
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(60);
    _exit(body());
  }
  return child;
}

int exitStatus(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<std::string> filesIn(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::string save(const std::string& path, const std::string& text) {
  cnn::Text error;
  return cnn::replaceFile(path.c_str(), text.data(), text.size(), error) ? error.c_str() : "";
}

/// Ends without a destructor's work, in the middle of a file.
int endWhileWriting(const std::string& path, int signal) {
  cnn::Text error;
  auto* file = new cnn::FileReplacement;
  if (file->open(path.c_str(), error)) return 1;
  file->write("half", 4);
  if (signal) {
    ::signal(signal, [](int number) {
      cnn::removeUnfinishedFiles();
      ::signal(number, SIG_DFL);
      raise(number);
    });
    raise(signal);
  }
  _exit(0);
}

mode_t modeOf(const std::string& path) {
  struct stat status{};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

} // namespace

TEST_CASE("two processes save to one path, and a third never reads a mixture") {
  TemporaryFolder folder;
  const std::string path = folder / "weights.safetensors";
  Wide library;
  auto fill = [&](cnn_model* model, float value) {
    float* parameters = cnn_model_parameters(model);
    std::fill(parameters, parameters + library.description.parameter_floats, value);
  };
  ModelHandle model = makeModel(library.inference);
  fill(model.get(), 1);
  REQUIRE(cnn_model_save(model.get(), path.c_str()) == CNN_OK);
  auto writer = [&](float value) {
    fill(model.get(), value);
    for (int i = 0; i < 60; ++i)
      if (cnn_model_save(model.get(), path.c_str()) != CNN_OK) return 1;
    return 0;
  };
  pid_t first = inChild([&] { return writer(1); }), second = inChild([&] { return writer(2); });
  long read = 0, mixed = 0, errors = 0;
  for (int done = 0; done < 2; ++read) {
    errors += cnn_model_load(model.get(), path.c_str()) != CNN_OK;
    const float* parameters = cnn_model_parameters(model.get());
    float expected = parameters[0];
    mixed += expected != 1 && expected != 2;
    for (const cnn_parameter& parameter : library.parameters)
      for (int64_t i = 0; i < parameter.shape[0] * (parameter.rank > 1 ? parameter.shape[1] : 1); ++i)
        mixed += parameters[parameter.offset + static_cast<uint64_t>(i)] != expected;
    for (pid_t* child : {&first, &second})
      if (int status = 0; *child && waitpid(*child, &status, WNOHANG) == *child) {
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
        *child = 0;
        ++done;
      }
  }
  CHECK(read > 10);
  CHECK(errors == 0);
  CHECK(mixed == 0);
  CHECK(filesIn(folder.path) == std::vector<std::string>{"weights.safetensors"});
}

TEST_CASE("what an ended process left is swept, and what a living one writes is not") {
  TemporaryFolder folder;
  REQUIRE(exitStatus(inChild([&] { return endWhileWriting(folder / "a", 0); })) == 0);
  REQUIRE(filesIn(folder.path).size() == 1);

  // Names of others: nothing that this project wrote, or on another machine.
  const std::vector<std::string> others = {"a.part", "a.123.part", "x.00000000-1-1.part", ".part",
                                           "-1-1.part"};
  for (const std::string& name : others) writeFile(folder / name, "mine");

  cnn::Text error;
  cnn::FileReplacement living;
  REQUIRE(living.open((folder / "b").c_str(), error) == CNN_OK);
  living.write("whole", 5);
  REQUIRE(exitStatus(inChild([&] { return save(folder / "c", "new").empty() ? 0 : 1; })) == 0);
  REQUIRE(living.finish(error) == CNN_OK);
  REQUIRE(living.publish(error) == CNN_OK);
  std::vector<std::string> expected = others;
  expected.insert(expected.end(), {"b", "c"});
  std::sort(expected.begin(), expected.end());
  CHECK(filesIn(folder.path) == expected);
  CHECK(readFile(folder / "b") == "whole");
}

TEST_CASE("a handler of SIGINT or SIGTERM removes what the process was writing, and no other's") {
  for (int signal : {SIGINT, SIGTERM}) {
    TemporaryFolder folder;
    writeFile(folder / "a", "old");
    cnn::Text error;
    cnn::FileReplacement others;
    REQUIRE(others.open((folder / "b").c_str(), error) == CNN_OK);
    REQUIRE(exitStatus(inChild([&] { return endWhileWriting(folder / "a", signal); })) == 128 + signal);
    CHECK(filesIn(folder.path).size() == 2);
    CHECK(others.finish(error) == CNN_OK);
    CHECK(others.publish(error) == CNN_OK);
    CHECK(filesIn(folder.path) == std::vector<std::string>{"a", "b"});
    CHECK(readFile(folder / "a") == "old");
  }
}

TEST_CASE("links are followed, also those that lead to nothing yet") {
  TemporaryFolder folder;
  fs::create_directory(folder / "sub");
  writeFile(folder / "sub/real", "old");
  fs::create_symlink("sub/real", folder / "link");
  fs::create_symlink("link", folder / "link_to_link");
  fs::create_symlink("sub/new", folder / "dangling");
  fs::create_symlink(folder / "sub/absolute", folder / "link_to_absolute");
  CHECK(save(folder / "link_to_link", "fixed") == "");
  CHECK(save(folder / "dangling", "made") == "");
  CHECK(save(folder / "link_to_absolute", "there") == "");
  CHECK(readFile(folder / "sub/real") == "fixed");
  CHECK(readFile(folder / "sub/new") == "made");
  CHECK(readFile(folder / "sub/absolute") == "there");
  for (const char* link : {"link", "link_to_link", "dangling", "link_to_absolute"})
    CHECK(fs::is_symlink(folder / link));
  CHECK(filesIn(folder.path / "sub") == std::vector<std::string>{"absolute", "new", "real"});

  fs::create_symlink("circle", folder / "circle");
  CHECK_THAT(save(folder / "circle", "x"), Catch::Contains("circle: cannot write: Too many levels"));

  // Weights go the same way.
  linear::Library<> library;
  ModelHandle model = makeModel(library.inference);
  REQUIRE(cnn_model_save(model.get(), (folder / "link").c_str()) == CNN_OK);
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(cnn_model_load(model.get(), (folder / "sub/real").c_str()) == CNN_OK);
}

TEST_CASE("a file that is replaced keeps its mode, and a new one gets what the process gives") {
  TemporaryFolder folder;
  mode_t mask = umask(027);
  CHECK(save(folder / "new", "x") == "");
  umask(mask);
  CHECK(modeOf(folder / "new") == 0640);
  for (mode_t mode : {0600u, 0644u, 0755u, 0664u}) {
    REQUIRE(chmod((folder / "new").c_str(), mode) == 0);
    CHECK(save(folder / "new", "y") == "");
    CHECK(modeOf(folder / "new") == mode);
  }
}

TEST_CASE("what cannot be written is an error that says why, and leaves all as it was") {
  TemporaryFolder folder;
  fs::create_directory(folder / "sub");
  CHECK_THAT(save(folder / "sub", "x"), Catch::EndsWith("cannot write: Is a directory"));
  CHECK_THAT(save(folder / "sub/", "x"), Catch::EndsWith("cannot write: Is a directory"));
  CHECK_THAT(save(folder / "none/x", "x"), Catch::EndsWith("cannot write: No such file or directory"));
  CHECK_THAT(save("", "x"), Catch::EndsWith("cannot write: No such file or directory"));
  CHECK_THAT(save(folder / std::string(300, 'n'), "x"), Catch::EndsWith("cannot write: File name too long"));
  CHECK(save(folder / std::string(255, 'n'), "x") == "");
  CHECK_THAT(save("/dev/full", "x"), Catch::EndsWith("cannot write: No space left on device"));
  CHECK(save("/dev/null", "x") == "");
  CHECK(fs::is_character_file("/dev/null"));
  writeFile(folder / "read_only", "old");
  REQUIRE(chmod((folder / "read_only").c_str(), 0444) == 0);
  if (geteuid() != 0) CHECK_THAT(save(folder / "read_only", "x"), Catch::EndsWith("Permission denied"));
  CHECK(filesIn(folder.path) == std::vector<std::string>{std::string(255, 'n'), "read_only", "sub"});
}

TEST_CASE("a file may be made only where there is none") {
  TemporaryFolder folder;
  writeFile(folder / "old", "old");
  fs::create_symlink("nowhere", folder / "link");
  for (const char* name : {"old", "link"}) {
    cnn::Text error;
    cnn::FileReplacement file;
    const std::string path = folder / name;
    CHECK(file.open(path.c_str(), error, cnn::FileReplacement::Existing::refuse) == CNN_ERROR_FILE);
    CHECK_THAT(error.c_str(), Catch::EndsWith("cannot write: File exists"));
  }
  // One that appears in the meantime stays.
  cnn::Text error;
  cnn::FileReplacement file;
  const std::string path = folder / "new";
  REQUIRE(file.open(path.c_str(), error, cnn::FileReplacement::Existing::refuse) == CNN_OK);
  file.write("mine", 4);
  writeFile(path, "another's");
  REQUIRE(file.finish(error) == CNN_OK);
  CHECK(file.publish(error) == CNN_ERROR_FILE);
  CHECK(readFile(path) == "another's");
}

TEST_CASE("a checkpoint that is being trained on is refused to a second training, by process id") {
  TemporaryFolder folder;
  const std::string path = folder / "run", link = folder / "link";
  fs::create_symlink("run", link);
  int ready[2], go[2];
  REQUIRE(pipe(ready) == 0);
  REQUIRE(pipe(go) == 0);
  pid_t child = inChild([&] {
    linear::Library<> library;
    cnn::Model model = makeTrainee(library);
    cnn::Trainer trainer(model, library.training, {.epochs = 2, .checkpoint = path, .quiet = true});
    trainer.use(splits());
    bool told = false;
    trainer.on_step([&](std::int64_t, double, std::span<const float>) {
      char byte = 0;
      if (!told && write(ready[1], "r", 1) == 1 && read(go[0], &byte, 1) == 1) told = true;
    });
    return trainer.run().ok() ? 0 : 1;
  });
  char byte;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  const std::string holder = "process " + std::to_string(child) + " on ";
  for (const std::string& name : {path, link}) {
    linear::Library<> library;
    std::string message = failure(library, splits(), {.checkpoint = name});
    CHECK_THAT(message,
               Catch::StartsWith(name + ": this checkpoint is being written by a training: " + holder));
    cnn::Text error;
    CHECK(cnn::FileLock::check(name.c_str(), "by", error) == CNN_ERROR_FILE);
    CHECK_THAT(error.c_str(), Catch::Contains(holder));
  }
  REQUIRE(write(go[1], "g", 1) == 1);
  CHECK(exitStatus(child) == 0);
  CHECK(filesIn(folder.path) == std::vector<std::string>{"link", "run"});

  // A lock that an ended process left holds nobody up.
  REQUIRE(exitStatus(inChild([&] {
            cnn::Text error;
            auto* lock = new cnn::FileLock;
            int32_t status = lock->acquire(path.c_str(), "by", error);
            _exit(status);
            return 0;
          })) == 0);
  CHECK(fs::exists(path + ".lock"));
  linear::Library<> library;
  train(library, {.epochs = 1, .checkpoint = path, .overwrite = true});
  CHECK(filesIn(folder.path) == std::vector<std::string>{"link", "run"});

  // Somebody else's file of that name stays as it is.
  writeFile(path + ".lock", "a recipe\n");
  CHECK_THAT(failure(library, splits(), {.checkpoint = path, .overwrite = true}),
             Catch::Contains("run.lock is in the way"));
  CHECK(readFile(path + ".lock") == "a recipe\n");
  for (int end : {ready[0], ready[1], go[0], go[1]}) close(end);
}

TEST_CASE("a training that fails at its start leaves its checkpoint as it was") {
  TemporaryFolder folder;
  linear::Library<> library;
  const std::string path = folder / "run";
  train(library, {.epochs = 1, .checkpoint = path});
  const std::string before = readFile(path);
  failure(library, {rows(0, 1), rows(0, 1)}, {.checkpoint = path, .overwrite = true});
  CHECK(readFile(path) == before);
  CHECK(filesIn(folder.path) == std::vector<std::string>{"run"});
}
