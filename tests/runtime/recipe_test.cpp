// Accumulated gradients, moving averages, early ends.
#include "trainee.h"

#include "../../runtime/model/safetensors.h"

#include <cstring>

namespace {

std::int64_t passes;

/// Learns for two epochs of 5 batches, then climbs the loss.
std::int32_t learnThenUnlearn(const cnn_run* run) {
  std::int32_t status = Small::C::forwardBackward(run);
  for (std::uint64_t i = 0; run->step >= 10 && i < Small::C::meanOffset; ++i) run->gradients[i] *= -1;
  return ++passes == 0 ? 1 : status;
}

/// 80 samples of 100 in batches of 16, and a loss that is best after two epochs.
struct Unlearning {
  Small library{{CNN_ADAM, false}};
  Unlearning() {
    passes = 0;
    library.phase.forward_backward = learnThenUnlearn;
    library.phase.hyper.lr = 0.02;
    library.phase.epochs = 9;
    library.phase.stop_epochs = 3;
    library.training.validation = 0.2;
  }
};

/// As train, until the forward pass number `stopAt` fails.
void breakOff(Small& library, cnn::TrainerOptions options, std::int64_t stopAt) {
  passes = -stopAt - 1;
  cnn::Model model = makeTrainee(library);
  options.quiet = true;
  cnn::Trainer trainer(model, library.training, options);
  trainer.use(splits());
  REQUIRE(!trainer.run().ok());
  passes = 0;
}

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
  library.phase.hyper.lr = 0; // statistics move, and predict does not read them
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
  library.phase.hyper.lr = 0.05;
  library.phase.stop_metric = 0;
  REQUIRE(epochs({}) == 9);
  library.training.validation = 0;
  REQUIRE_THAT(failure(library, splits()), Catch::Contains("stop watches loss on the validation share"));
  REQUIRE_THAT(failure(library, splits(), {.stop_metric = "top5", .stop_epochs = 1}),
               Catch::Contains("no metric top5"));
}

TEST_CASE("an early end gives the weights of the best epoch, and says so") {
  for (double ema : {0.0, 0.5}) {
    Unlearning unlearning;
    Small& library = unlearning.library;
    library.training.ema = ema;
    std::FILE* out = std::tmpfile();
    cnn::Model model = makeTrainee(library);
    cnn::Trainer trainer(model, library.training, {.report = out});
    trainer.use(splits());
    std::vector<std::vector<float>> epochs;
    trainer.on_step([&](std::int64_t step, double, std::span<const float>) {
      if (step % 5 != 4) return;
      cnn_training_state state;
      model.check(cnn_training_get_state(model.handle(), &state)).or_exit();
      std::size_t floats = model.description().parameter_floats;
      epochs.push_back(ema > 0 ? std::vector<float>(state.averages, state.averages + floats)
                               : parametersOf(model));
    });
    trainer.run().or_exit();
    REQUIRE(epochs.size() < 9);
    std::size_t best = epochs.size() - 4;
    REQUIRE(sameBytes(parametersOf(model), epochs[best]));
    std::rewind(out);
    std::string text;
    for (char line[512]; std::fgets(line, sizeof(line), out);) text += line;
    std::fclose(out);
    REQUIRE_THAT(text, Catch::Contains("stopped: loss has not improved for 3 epochs\n") &&
                           Catch::Contains("\nthe weights are those of epoch " + std::to_string(best + 1) +
                                           ", the best: validation loss 0."));
    // The same where the epochs end before the patience does.
    Unlearning shorter;
    shorter.library.training.ema = ema;
    auto ended = train(shorter.library, {.epochs = static_cast<std::int64_t>(epochs.size()) - 1});
    REQUIRE(sameBytes(ended, epochs[best]));
  }
}

TEST_CASE("a run that knows its best epoch resumes bit for bit, and its checkpoint holds the best weights") {
  for (double ema : {0.0, 0.5}) {
    Unlearning unlearning;
    Small& library = unlearning.library;
    library.training.ema = ema;
    std::vector<float> unbroken = train(library, {});
    TemporaryFolder folder;
    for (std::int64_t stopAt : {2, 5, 9, 10, 14, 17, 21}) {
      std::string path = folder / ("run" + std::to_string(stopAt) + ".safetensors");
      cnn::TrainerOptions options{.checkpoint = path, .checkpoint_steps = 1, .resume = true};
      breakOff(library, options, stopAt);
      INFO("stopped at " << stopAt << ", ema " << ema);
      REQUIRE(sameBytes(train(library, options), unbroken));
      cnn::Model loaded = makeTrainee(library);
      loaded.load(path.c_str()).or_exit();
      REQUIRE(sameBytes(parametersOf(loaded), unbroken));
      REQUIRE(sameBytes(train(library, options), unbroken)); // nothing is left to do
    }
  }
}

TEST_CASE("the phase after an early end begins with the best weights") {
  Unlearning unlearning;
  Small& library = unlearning.library;
  std::vector<float> best = train(library, {});
  std::vector<cnn_phase> phases{library.phase, library.phase};
  phases[0].name = "first";
  phases[1].name = "second";
  phases[1].hyper.lr = 0;
  phases[1].stop_epochs = 0;
  library.training.phases = phases.data();
  library.training.phase_count = 2;
  std::vector<float> both = train(library, {});
  both.resize(Small::C::meanOffset); // statistics go on
  best.resize(Small::C::meanOffset);
  REQUIRE(sameBytes(both, best));
}

TEST_CASE("weights are kept and restored by hand") {
  Small library;
  cnn::Model model = makeTrainee(library);
  model.initialise(1).or_exit();
  REQUIRE(cnn_training_keep(model.handle()) == CNN_ERROR_STATE);
  model.check(cnn_training_attach(model.handle(), &library.training, 16)).or_exit();
  REQUIRE_THAT(model.check(cnn_training_restore(model.handle())).message(),
               Catch::Contains("no weights were kept"));
  std::vector<float> kept = parametersOf(model);
  model.check(cnn_training_keep(model.handle())).or_exit();
  std::vector<float> images(16 * 16, 0.5f);
  std::vector<std::int32_t> labels(16, 1);
  const void* inputs[] = {images.data(), labels.data()};
  model.check(cnn_training_step(model.handle(), inputs, 16, nullptr, nullptr)).or_exit();
  model.check(cnn_training_ema(model.handle(), 0.5)).or_exit();
  REQUIRE(parametersOf(model) != kept);
  model.check(cnn_training_restore(model.handle())).or_exit();
  REQUIRE(sameBytes(parametersOf(model), kept));
  model.check(cnn_training_ema_swap(model.handle())).or_exit();
  REQUIRE(sameBytes(parametersOf(model), kept)); // averages that began after what was kept
}
