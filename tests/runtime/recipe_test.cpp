// Accumulated gradients, moving averages, early ends.
#include "trainee.h"

#include "../../runtime/model/safetensors.h"

#include <cstring>

namespace {

bool sameBytes(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * 4) == 0;
}

} // namespace

TEST_CASE("accumulated gradients are the mean over all samples") {
  Small library;
  cnn::Model model = makeTrainee(library);
  model.initialise(1).or_exit();
  model.check(cnn_training_attach(model.handle(), &library.training, 16)).or_exit();
  REQUIRE(cnn_training_average_gradients(model.handle()) == CNN_ERROR_STATE);
  std::vector<double> expected(library.description.trainable_floats);
  for (int round = 0; round < 2; ++round) { // the second sum begins anew
    std::fill(expected.begin(), expected.end(), 0.0);
    for (int64_t batch : {6, 10}) {
      std::vector<float> images(static_cast<std::size_t>(16 * batch),
                                0.1f * static_cast<float>(batch + round));
      std::vector<std::int32_t> labels(static_cast<std::size_t>(batch), batch == 6 ? 0 : 2);
      const void* inputs[] = {images.data(), labels.data()};
      model.check(cnn_training_forward_backward(model.handle(), inputs, batch, nullptr)).or_exit();
      for (std::size_t i = 0; i < expected.size(); ++i)
        expected[i] += cnn_training_gradients(model.handle())[i] * static_cast<double>(batch) / 16;
      model.check(cnn_training_accumulate(model.handle(), static_cast<double>(batch))).or_exit();
    }
    model.check(cnn_training_average_gradients(model.handle())).or_exit();
    for (std::size_t i = 0; i < expected.size(); ++i)
      REQUIRE(cnn_training_gradients(model.handle())[i] == Approx(expected[i]).margin(1e-6));
  }
}

TEST_CASE("a step is made after so many batches, and at an epoch's end") {
  Small library;
  library.phase.accumulate = 3;
  cnn::Model model = makeTrainee(library);
  cnn::Trainer trainer(model, library.training, {.epochs = 2, .quiet = true});
  trainer.use(splits());
  std::vector<std::int64_t> steps;
  trainer.on_step([&](std::int64_t step, double, std::span<const float>) { steps.push_back(step); });
  trainer.run().or_exit();
  REQUIRE(steps == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}); // 7 batches an epoch
}

TEST_CASE("the trained weights are the moving averages, and a checkpoint holds both") {
  Small library;
  library.training.ema = 0.8;
  TemporaryFolder folder;
  std::string path = folder / "run.safetensors";
  cnn::Model model = makeTrainee(library);
  cnn::Trainer trainer(model, library.training, {.epochs = 1, .checkpoint = path, .quiet = true});
  trainer.use(splits());
  std::vector<double> average;
  std::vector<float> last;
  trainer.on_step([&](std::int64_t step, double, std::span<const float>) {
    last = parametersOf(model);
    average.resize(last.size());
    for (std::size_t i = 0; i < last.size(); ++i)
      average[i] = step == 0 ? last[i] : 0.8 * average[i] + 0.2 * double{last[i]};
  });
  trainer.run().or_exit();
  std::vector<float> trained = parametersOf(model);
  for (std::size_t i = 0; i < trained.size(); ++i) REQUIRE(trained[i] == Approx(average[i]).margin(1e-6));
  REQUIRE(trained != last);

  cnn::Model loaded = makeTrainee(library);
  loaded.load(path.c_str()).or_exit();
  REQUIRE(sameBytes(parametersOf(loaded), trained));
  cnn::SafetensorsReader file;
  cnn::Text why;
  REQUIRE(file.openFile(path.c_str(), why) == CNN_OK);
  std::vector<float> bias(3);
  REQUIRE(file.find("cnn.trained.fc.bias") != nullptr);
  REQUIRE(file.readFloats(*file.find("cnn.trained.fc.bias"), bias.data(), why) == CNN_OK);
  REQUIRE(std::memcmp(bias.data(), last.data() + Small::C::biasOffset, 12) == 0);
}

TEST_CASE("accumulation, averages and stop resume bit for bit") {
  Small library({CNN_ADAM, false});
  std::vector<cnn_phase> phases{library.phase};
  phases[0].accumulate = 2;
  phases[0].epochs = 4;
  phases[0].stop_epochs = 2;
  library.training.phases = phases.data();
  library.training.ema = 0.9;
  library.training.validation = 0.2;
  std::vector<float> unbroken = train(library, {});
  REQUIRE(sameBytes(train(library, {}, 2), unbroken));
  REQUIRE(!sameBytes(train(library, {.ema = 0}), unbroken));
  TemporaryFolder folder;
  for (std::int64_t stopAt : {1, 2, 3, 5, 8}) {
    std::string path = folder / ("run" + std::to_string(stopAt) + ".safetensors");
    cnn::TrainerOptions options{.checkpoint = path, .checkpoint_steps = 1, .resume = true};
    trainUntil(stopAt, library, phases, options);
    INFO("stopped at " << stopAt);
    REQUIRE(sameBytes(train(library, options), unbroken));
    REQUIRE(sameBytes(train(library, options), unbroken)); // nothing is left to do
  }
}

TEST_CASE("a phase ends when what it watches does not improve") {
  Small library;
  library.phase.lr = 0; // statistics move, and predict does not read them
  library.phase.epochs = 9;
  library.phase.stop_epochs = 3;
  library.phase.stop_metric = 1;
  auto epochs = [&](cnn::TrainerOptions options) {
    cnn::Model model = makeTrainee(library);
    options.quiet = true;
    std::int64_t count = 0;
    cnn::Trainer trainer(model, library.training, options);
    trainer.use(splits());
    trainer.on_step([&](std::int64_t, double, std::span<const float>) { ++count; });
    trainer.run().or_exit();
    return count / 5; // 80 samples in batches of 16
  };
  library.training.validation = 0.2;
  REQUIRE(epochs({}) == 4); // the first is the best
  REQUIRE(epochs({.stop_metric = "loss", .stop_epochs = 1}) == 2);
  library.phase.lr = 0.05;
  library.phase.stop_metric = 0;
  REQUIRE(epochs({}) == 9);
  library.training.validation = 0;
  REQUIRE_THAT(failure(library, splits()), Catch::Contains("stop watches loss on the validation share"));
  REQUIRE_THAT(failure(library, splits(), {.stop_metric = "top5", .stop_epochs = 1}),
               Catch::Contains("no metric top5"));
}
