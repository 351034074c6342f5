// Going on from a checkpoint: with the same run alone, over none by mistake, and from where it was
// interrupted.
#include "trainee.h"

#include <cstring>

namespace {

struct Checkpoint {
  TemporaryFolder folder;
  std::string path = folder / "run.safetensors";
  Small library;

  Checkpoint() {
    library.training.validation = 0.2;
    train(library, options({.epochs = 1}));
  }
  cnn::TrainerOptions options(cnn::TrainerOptions others, bool resume = false) {
    others.checkpoint = path;
    others.resume = resume;
    return others;
  }
  /// The error of a run that goes on with other options, or with the library as it is now.
  std::string refusal(cnn::TrainerOptions others = {}, cnn::DataSplits data = splits()) {
    const std::string before = readFile(path);
    std::string message = failure(library, std::move(data), options(std::move(others), true));
    REQUIRE(readFile(path) == before);
    REQUIRE_THAT(message,
                 Catch::Contains("cannot go on with another network, other data or other settings:\n"));
    return message;
  }
};

auto tells(const char* line) {
  return Catch::Contains(std::string("\n  ") + line);
}

bool sameBytes(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * 4) == 0;
}

} // namespace

TEST_CASE("a run does not go on with other settings, and all that differ are named") {
  Checkpoint made;
  cnn_phase& phase = made.library.phase;
  REQUIRE_THAT(made.refusal({.batch = 20}), tells("batch: 16 there, 20 here"));
  REQUIRE_THAT(made.refusal({.accumulate = 3}), tells("accumulate: 1 there, 3 here"));
  REQUIRE_THAT(made.refusal({.lr = 0.25}), tells("lr: 0.1 there, 0.25 here"));
  REQUIRE_THAT(made.refusal({.validation = 0.1}), tells("validation: 0.2 there, 0.1 here"));
  REQUIRE_THAT(made.refusal({.clip_norm = 2}), tells("clip_norm: 0 there, 2 here"));
  REQUIRE_THAT(made.refusal({.ema = 0.5}), tells("ema: 0 there, 0.5 here"));
  REQUIRE_THAT(made.refusal({.stop_metric = "loss", .stop_epochs = 2}), tells("stop: none there, loss here"));
  REQUIRE_THAT(made.refusal({.seed = 8}), tells("seed: 7 there, 8 here"));
  REQUIRE_THAT(made.refusal({.batch = 20, .seed = 8}),
               tells("seed: 7 there, 8 here") && tells("batch: 16 there, 20 here"));

  SECTION("optimizer") {
    phase.hyper.momentum = 0.9;
    REQUIRE_THAT(made.refusal(),
                 tells("optimizer: sgd(momentum = 0, ") && Catch::Contains("(momentum = 0.9, "));
    phase.optimizer = CNN_ADAM;
    REQUIRE_THAT(made.refusal(), tells("optimizer: sgd(momentum = 0, ") && Catch::Contains(" there, adam("));
  }
  SECTION("schedule") {
    phase.schedule = CNN_STEP;
    phase.schedule_arguments.step_size = 3;
    phase.schedule_arguments.gamma = 0.5;
    REQUIRE_THAT(made.refusal(), tells("schedule: constant there, step(step_size = 3, gamma = 0.5) here"));
  }
  SECTION("what is trained") {
    const std::uint32_t frozen[] = {1};
    phase.frozen = frozen;
    phase.frozen_count = 1;
    REQUIRE_THAT(made.refusal(), tells("frozen parameters: none there, 1 here"));
  }
  SECTION("groups") {
    const std::uint32_t members[] = {0, 1};
    const cnn_parameter_group group{members, 2, 0, 0.1, 0};
    phase.groups = &group;
    phase.group_count = 1;
    REQUIRE_THAT(made.refusal(),
                 tells("group: none there, parameters 0-1: lr_scale 0.1, weight_decay 0 here"));
  }
  SECTION("augmentation") {
    const cnn_augment augment{{"random_hflip", 0, nullptr, nullptr}, nullptr, 0, 0};
    made.library.training.augments = &augment;
    made.library.training.augment_count = 1;
    REQUIRE_THAT(made.refusal(), tells("augment: none there, random_hflip() here"));
  }
  SECTION("phases") {
    phase.name = "head";
    REQUIRE_THAT(made.refusal(),
                 tells("phase head: batch: none there, 16 here") && tells("batch: 16 there, none here"));
  }
}

TEST_CASE("a run does not go on with other data") {
  Checkpoint made;
  REQUIRE_THAT(made.refusal({}, splits(99)),
               tells("data: 100 samples, image u8[1, 4, 4], label u8[], contents ") &&
                   Catch::Contains(" there, 99 samples, image u8[1, 4, 4]"));
  cnn::DataSplits data = splits();
  data.train.columns[0].bytes[1599] ^= 1;
  REQUIRE_THAT(made.refusal({}, std::move(data)), tells("data: 100 samples"));
  data = splits();
  data.train.mean = {0.5f};
  data.train.deviation = {0.25f};
  REQUIRE_THAT(made.refusal({}, std::move(data)),
               tells("mean: none there, 0.5 here") && tells("std: none there, 0.25 here"));
}

TEST_CASE("a run does not go on with another network or loss") {
  Checkpoint made;
  made.library.description.meaning = "argument act = relu\n- conv1\tconv\t$0 @w\n- relu1\trelu\t-1\n";
  made.library.training.meaning = "- loss\tcross_entropy label_smoothing=0\t$0\n";
  std::remove(made.path.c_str());
  train(made.library, made.options({.epochs = 1}));
  made.library.description.meaning = "argument act = tanh\n- conv1\tconv\t$0 @w\n- tanh1\ttanh\t-1\n";
  REQUIRE_THAT(made.refusal(), tells("act: relu there, tanh here\n  tanh1: relu there, tanh here"));
  made.library.description.meaning = "argument act = relu\n- conv1\tconv\t$0 @w\n- relu1\trelu\t-1\n";
  made.library.training.meaning = "- loss\tcross_entropy label_smoothing=0.1\t$0\n";
  REQUIRE_THAT(made.refusal(), tells("loss: label_smoothing=0 there, label_smoothing=0.1 here"));
}

TEST_CASE("a run goes on with what changes nothing: threads, more epochs, another patience") {
  Checkpoint made;
  std::vector<float> unbroken = train(made.library, {.epochs = 3});
  REQUIRE(
      sameBytes(train(made.library, made.options({.epochs = 3, .checkpoint_steps = 2}, true), 2), unbroken));
  REQUIRE(
      sameBytes(train(made.library, made.options({.epochs = 2}, true)), unbroken)); // nothing is left to do

  made.library.phase.stop_epochs = 2;
  std::remove(made.path.c_str());
  train(made.library, made.options({.epochs = 2}));
  made.library.phase.stop_epochs = 5;
  train(made.library, made.options({.epochs = 3}, true));
}

TEST_CASE("a run whose schedule goes by the epochs does not go on with others") {
  Checkpoint made;
  made.library.phase.schedule = CNN_COSINE;
  std::remove(made.path.c_str());
  train(made.library, made.options({.epochs = 2}));
  REQUIRE_THAT(made.refusal({.epochs = 3}), tells("epochs (the schedule goes by them): 2 there, 3 here"));
  train(made.library, made.options({.epochs = 2}, true));
}

TEST_CASE("a checkpoint that is there is not overwritten by mistake") {
  Checkpoint made;
  const std::string before = readFile(made.path);
  REQUIRE_THAT(
      failure(made.library, splits(), made.options({.epochs = 1, .seed = 3})),
      Catch::Contains("there is a checkpoint already: resume goes on from it, overwrite begins anew"));
  REQUIRE(readFile(made.path) == before);
  train(made.library, made.options({.epochs = 1, .seed = 3, .overwrite = true}));
  REQUIRE(readFile(made.path) != before);
}

TEST_CASE("a run that is interrupted ends after its step, and goes on from there bit for bit") {
  TemporaryFolder folder;
  Small library({CNN_ADAM, false});
  library.phase.accumulate = 2;
  std::vector<float> unbroken = train(library, {});
  for (std::int64_t end : {0, 2, 3, 5, 7}) { // 4 steps of 7 batches an epoch
    std::string path = folder / ("run" + std::to_string(end));
    cnn::Model model = makeTrainee(library);
    cnn::Trainer trainer(model, library.training, {.checkpoint = path, .quiet = true});
    trainer.use(splits());
    trainer.on_step([&](std::int64_t step, double, std::span<const float>) {
      if (step == end) trainer.interrupt();
    });
    cnn::Status status = trainer.run();
    INFO("interrupted at " << end << ": " << status.message());
    if (end == 7) { // the last one: nothing is left to interrupt
      REQUIRE(status.ok());
    } else {
      REQUIRE(status.code() == CNN_ERROR_INTERRUPTED);
      REQUIRE_THAT(status.message(),
                   Catch::StartsWith("epoch ") && Catch::Contains(path + " holds the run so far"));
    }
    REQUIRE(sameBytes(train(library, {.checkpoint = path, .resume = true}), unbroken));
  }
  cnn::Model model = makeTrainee(library);
  cnn::Trainer trainer(model, library.training, {.quiet = true});
  trainer.use(splits());
  trainer.on_step([&](std::int64_t, double, std::span<const float>) { trainer.interrupt(); });
  REQUIRE_THAT(trainer.run().message(),
               Catch::Contains("epoch 1, step 1 of 4: interrupted: nothing of this run was saved"));
}

TEST_CASE("a share without samples is no validation") {
  Small library;
  REQUIRE_THAT(failure(library, splits(), {.validation = 0.005}),
               Catch::Contains("validation is 0.005, which is none of 100 samples: expected at least 0.01"));
}
