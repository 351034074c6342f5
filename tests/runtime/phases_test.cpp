#include "trainee.h"

#include <cstring>

namespace {

constexpr std::uint32_t weight[] = {0};

/// Two phases: the bias alone by Adam, then everything by SGD with momentum.
struct TwoPhases {
  Small library{{CNN_ADAM, false}};
  Small second{{CNN_SGD, false}}; // for its update function
  std::vector<cnn_phase> phases{library.phase, second.phase};

  TwoPhases() {
    phases[0].name = "head";
    phases[0].frozen = weight;
    phases[0].frozen_count = 1;
    phases[0].hyper.lr = 0.01;
    phases[0].batch = 20;
    phases[0].epochs = 2;
    phases[1].name = "tail";
    phases[1].hyper.momentum = 0.9;
    phases[1].batch = 16;
    phases[1].epochs = 3;
    library.training.phases = phases.data();
    library.training.phase_count = 2;
  }
};

bool sameBytes(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * 4) == 0;
}

} // namespace

TEST_CASE("a phase leaves alone what it does not train, and begins with a fresh optimizer") {
  TwoPhases two;
  cnn::Model model = makeTrainee(two.library);
  model.initialise(1).or_exit();
  model.check(cnn_training_attach(model.handle(), &two.library.training, 16)).or_exit();
  REQUIRE(cnn_training_phase(model.handle()) == 0);
  std::vector<float> before = parametersOf(model), images(16 * 16, 0.5f);
  std::vector<std::int32_t> labels(16, 1);
  const void* inputs[] = {images.data(), labels.data()};
  cnn_training_state state;
  auto step = [&] {
    model.check(cnn_training_step(model.handle(), inputs, 16, nullptr, nullptr)).or_exit();
    model.check(cnn_training_get_state(model.handle(), &state)).or_exit();
  };
  const std::size_t bias = Small::C::biasOffset;
  step();
  std::vector<float> after = parametersOf(model);
  REQUIRE(std::equal(after.begin(), after.begin() + bias, before.begin()));
  REQUIRE(after[bias] != before[bias]);
  REQUIRE(state.states[1] != nullptr);
  REQUIRE(state.states[0][0] == 0);
  REQUIRE(state.states[0][bias] != 0);
  REQUIRE(*state.updates == 1);

  model.check(cnn_training_set_phase(model.handle(), 1)).or_exit();
  model.check(cnn_training_get_state(model.handle(), &state)).or_exit();
  REQUIRE(state.states[0][bias] == 0);
  REQUIRE(state.states[1] == nullptr);
  REQUIRE(*state.updates == 0);
  REQUIRE(*state.iterations == 1);
  step();
  REQUIRE(parametersOf(model)[0] != before[0]);
  REQUIRE(state.states[0][0] != 0);
  REQUIRE_THAT(model.check(cnn_training_set_phase(model.handle(), 2)).message(),
               Catch::Contains("phases 0 to 1"));
}

TEST_CASE("clipping measures only what the phase trains") {
  TwoPhases two;
  cnn::Model model = makeTrainee(two.library);
  model.initialise(1).or_exit();
  model.check(cnn_training_attach(model.handle(), &two.library.training, 16)).or_exit();
  std::vector<float> images(16 * 16, 0.5f);
  std::vector<std::int32_t> labels(16, 1);
  const void* inputs[] = {images.data(), labels.data()};
  model.check(cnn_training_forward_backward(model.handle(), inputs, 16, nullptr)).or_exit();
  const float* gradients = cnn_training_gradients(model.handle());
  double squares = 0, norm = 0;
  for (std::size_t i = Small::C::biasOffset; i < Small::C::meanOffset; ++i)
    squares += double{gradients[i]} * gradients[i];
  model.check(cnn_training_clip(model.handle(), 0, &norm)).or_exit();
  REQUIRE(norm == Approx(std::sqrt(squares)));
}

TEST_CASE("the trainer runs all phases, each with its own batch, epochs and rate") {
  TwoPhases two;
  cnn::Model model = makeTrainee(two.library);
  std::FILE* out = std::tmpfile();
  cnn::Trainer trainer(model, two.library.training, {.report = out});
  trainer.use(splits());
  std::vector<double> rates;
  std::vector<std::int64_t> steps;
  trainer.on_step([&](std::int64_t step, double lr, std::span<const float>) {
    rates.push_back(lr);
    steps.push_back(step);
  });
  trainer.run().or_exit();
  REQUIRE(rates.size() == 2 * 5 + 3 * 7);
  REQUIRE(rates[9] == 0.01);
  REQUIRE(rates[10] == 0.1);
  REQUIRE(steps.back() == 30);
  REQUIRE(cnn_training_phase(model.handle()) == 1);
  std::rewind(out);
  std::string text;
  for (char line[512]; std::fgets(line, sizeof(line), out);) text += line;
  std::fclose(out);
  REQUIRE_THAT(text, Catch::Contains("training Linear on 100 samples, 2 phases, 1 thread\n") &&
                         Catch::Contains("phase head: batch 20, 2 epochs, trains 3 of 51 parameters\n") &&
                         Catch::Contains("\nhead epoch 2/2  ") &&
                         Catch::Contains("phase tail: batch 16, 3 epochs, trains 51 of 51 parameters\n") &&
                         Catch::Contains("\ntail epoch 3/3  "));
}

TEST_CASE("a run through phases that was stopped anywhere and resumed ends with the same bytes") {
  TwoPhases two;
  std::vector<float> unbroken = train(two.library, {});
  REQUIRE(sameBytes(train(two.library, {}, 2), unbroken));
  TemporaryFolder folder;
  // Within the first phase, at its last step, at the border, at the second phase's first step, within it.
  for (std::int64_t stopAt : {0, 4, 9, 10, 11, 18}) {
    std::string path = folder / ("run" + std::to_string(stopAt) + ".safetensors");
    cnn::TrainerOptions options{.checkpoint = path, .checkpoint_steps = 1, .resume = true};
    trainUntil(stopAt, two.library, two.phases, options);
    INFO("stopped at " << stopAt);
    REQUIRE(sameBytes(train(two.library, options), unbroken));
    REQUIRE(sameBytes(train(two.library, options), unbroken)); // nothing is left to do
  }
}
