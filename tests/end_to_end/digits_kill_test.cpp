// Training of a generated library, and by `cnnc train`, that is killed at any moment goes on from its
// checkpoint and ends with the same bytes.
#include "../runtime/deaths.h"
#include "digits.hpp"
#include "digits_data.h"

#include <cnn/cnn.hpp>

#include <fcntl.h>

namespace {

const std::string& dataFolder() {
  static DigitsData data;
  static const std::string folder = data.folder.path.string();
  return folder;
}

bool byLibrary(const std::string& checkpoint, const std::string& result) {
  digits::Model model = digits::Model::create({.max_batch = 32, .threads = 2}).or_exit();
  cnn::Trainer trainer(
      model,
      {.data = dataFolder(), .checkpoint = checkpoint, .checkpoint_steps = 2, .resume = true, .quiet = true});
  cnn::Status status = trainer.run();
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.message());
  return status.ok() && model.save(result.c_str()).ok();
}

bool byCommand(const std::string& checkpoint, const std::string& result) {
  int nothing = open("/dev/null", O_WRONLY);
  dup2(nothing, STDOUT_FILENO);
  execl(CNNC_COMMAND, CNNC_COMMAND, "train", CNNC_NETWORK, "--cache", CNNC_CACHE, "--data",
        dataFolder().c_str(), "--epochs", "20", "--checkpoint", checkpoint.c_str(), "--checkpoint-steps", "2",
        "--resume", "--save", result.c_str(), "--quiet", static_cast<char*>(nullptr));
  return false;
}

} // namespace

TEST_CASE(
    "killed inside any write, sync or rename, a generated library's training resumes to the same bytes") {
  dataFolder();
  dieInEachOf(390, 13, byLibrary); // a checkpoint is some thirty calls: each of them in some checkpoint
}

TEST_CASE("killed at random moments, a generated library's training comes to the same bytes") {
  dataFolder();
  killAtRandom(4, 40000, byLibrary);
}

TEST_CASE("killed at random moments, cnnc train comes to the same bytes") {
  dataFolder();
  killAtRandom(2, 1500000, byCommand);
}
