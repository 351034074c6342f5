#include "trainee.h"

#include "../../runtime/model/draw.h"

#include <cstring>

namespace {

constexpr std::uint32_t weight[] = {0}, bias[] = {1};
const std::size_t biasOffset = Small::C::biasOffset;

std::int64_t callsLeft = -1;

/// The code of one step writes its own loss; the first one's the accuracy as well.
template <int Step> int32_t stepCode(const cnn_run* run) {
  if (callsLeft-- == 0) return 1;
  float own[2];
  cnn_run inner = *run;
  inner.results = own;
  if (int32_t status = Small::C::forwardBackward(&inner)) return status;
  run->results[Step] = own[0];
  if (Step == 0) run->results[2] = own[1];
  return 0;
}

/// The bias alone by Adam, then the weight by SGD with momentum, on each batch.
struct TwoSteps {
  Small library{{CNN_ADAM, false}};
  Small second{{CNN_SGD, false}}; // for its update function
  std::vector<cnn_phase> steps{library.phase, second.phase};
  cnn_metric metrics[3] = {{"first loss", "cross_entropy", 0, 1, CNN_PLAIN, 0},
                           {"second loss", "custom", -1, -1, CNN_PLAIN, 0},
                           {"top1", "accuracy", 0, 1, CNN_PERCENT, 1}};
  cnn_term terms[2] = {{0, 1, -1, 0}, {2, 2, -1, 0}};

  TwoSteps() {
    callsLeft = -1;
    steps[0].name = "first";
    steps[0].frozen = weight;
    steps[0].frozen_count = 1;
    steps[0].hyper.lr = 0.01;
    steps[0].forward_backward = stepCode<0>;
    steps[1].name = "second";
    steps[1].frozen = bias;
    steps[1].frozen_count = 1;
    steps[1].hyper.momentum = 0.9;
    steps[1].forward_backward = stepCode<1>;
    library.training.phases = steps.data();
    library.training.phase_count = 2;
    library.training.steps = 1;
    library.training.metrics = metrics;
    library.training.terms = terms;
    library.training.term_count = 2;
    library.training.results_count = 3;
  }

  cnn::Model model(int threads = 1) {
    cnn::Model made = makeTrainee(library, threads);
    made.initialise(1).or_exit();
    made.check(cnn_training_attach(made.handle(), &library.training, 16)).or_exit();
    return made;
  }
};

bool sameBytes(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * 4) == 0;
}

cnn_training_state stateOf(cnn::Model& model) {
  cnn_training_state state;
  model.check(cnn_training_get_state(model.handle(), &state)).or_exit();
  return state;
}

} // namespace

TEST_CASE("all steps run on a batch, each with its own parameters, optimizer and state") {
  TwoSteps two;
  cnn::Model model = two.model();
  std::vector<float> images(16 * 16, 0.5f);
  std::vector<std::int32_t> labels(16, 1);
  const void* inputs[] = {images.data(), labels.data()};
  std::vector<float> before = parametersOf(model);
  auto forwardBackward = [&](float* results) {
    model.check(cnn_training_forward_backward(model.handle(), inputs, 16, results)).or_exit();
  };
  auto update = [&] { model.check(cnn_training_update(model.handle(), nullptr)).or_exit(); };

  float results[3], again[3];
  forwardBackward(results);
  REQUIRE(cnn_training_phase(model.handle()) == 0);
  REQUIRE(*stateOf(model).iterations == 0); // the second step has the same random numbers
  update();
  REQUIRE(cnn_training_phase(model.handle()) == 1);
  REQUIRE(cnn_training_gradients(model.handle())[biasOffset] == 0);
  REQUIRE(*stateOf(model).updates == 0);
  std::vector<float> between = parametersOf(model);
  REQUIRE(std::equal(between.begin(), between.begin() + biasOffset, before.begin()));
  REQUIRE(between[biasOffset] != before[biasOffset]);

  forwardBackward(again);
  REQUIRE(again[0] == results[0]);
  REQUIRE(again[1] < results[0]); // after an update, on the same batch with the same pixels dropped
  update();
  std::vector<float> after = parametersOf(model);
  REQUIRE(after[0] != before[0]);
  REQUIRE(after[biasOffset] == between[biasOffset]);
  REQUIRE(cnn_training_phase(model.handle()) == 0);
  cnn_training_state state = stateOf(model);
  REQUIRE(*state.iterations == 1);
  REQUIRE(*state.updates == 1);
  REQUIRE(state.states[1] != nullptr); // Adam's
  REQUIRE(state.states[0][0] == 0);
  REQUIRE(state.states[0][biasOffset] != 0);

  cnn::Model whole = two.model();
  whole.check(cnn_training_step(whole.handle(), inputs, 16, nullptr, results)).or_exit();
  REQUIRE(sameBytes(parametersOf(whole), after));
  REQUIRE(results[0] == again[0]);
  REQUIRE(results[1] == again[1]);
}

TEST_CASE("a run in steps that was stopped anywhere and resumed ends with the same bytes") {
  TwoSteps two;
  std::vector<float> unbroken = train(two.library, {});
  REQUIRE(sameBytes(train(two.library, {}, 2), unbroken));
  TemporaryFolder folder;
  for (std::int64_t stopAt : {0, 1, 2, 7, 8, 15, 20}) {
    std::string path = folder / ("run" + std::to_string(stopAt) + ".safetensors");
    cnn::TrainerOptions options{.checkpoint = path, .checkpoint_steps = 1, .resume = true, .quiet = true};
    callsLeft = stopAt;
    cnn::Model model = makeTrainee(two.library);
    cnn::Trainer trainer(model, two.library.training, options);
    trainer.use(splits());
    REQUIRE(!trainer.run().ok());
    callsLeft = -1;
    INFO("stopped at " << stopAt);
    REQUIRE(sameBytes(train(two.library, options), unbroken));
    REQUIRE(sameBytes(train(two.library, options), unbroken)); // nothing is left to do
  }
}

TEST_CASE("the trainer names the steps and their losses, and each step has its rate") {
  TwoSteps two;
  two.steps[0].schedule = CNN_STEP;
  two.steps[0].schedule_arguments.step_size = 1;
  two.steps[0].schedule_arguments.gamma = 0.1;
  cnn::Model model = makeTrainee(two.library);
  std::FILE* out = std::tmpfile();
  cnn::Trainer trainer(model, two.library.training, {.validation = 0.2, .report = out});
  trainer.use(splits());
  std::vector<double> rates;
  trainer.on_step([&](std::int64_t, double lr, std::span<const float> results) {
    rates.push_back(lr);
    REQUIRE(results.size() == 3);
  });
  trainer.run().or_exit();
  REQUIRE(rates.size() == 2 * 5);
  REQUIRE(rates.front() == 0.01);
  REQUIRE(rates.back() == Approx(0.001));
  std::rewind(out);
  std::string text;
  for (char line[512]; std::fgets(line, sizeof(line), out);) text += line;
  std::fclose(out);
  REQUIRE_THAT(text, Catch::Contains("step first: trains 3 of 51 parameters\n") &&
                         Catch::Contains("step second: trains 48 of 51 parameters\n") &&
                         Catch::Contains("  first loss ") && Catch::Contains("  second loss ") &&
                         Catch::Contains("  validation first loss ") &&
                         !Catch::Contains("validation second loss"));
  auto tested = trainer.test();
  REQUIRE(tested);
  REQUIRE(tested->size() == 2); // what depends on samples
}

TEST_CASE("steps go by one batch each") {
  TwoSteps two;
  REQUIRE_THAT(failure(two.library, splits(), {.accumulate = 2}),
               Catch::Contains("accumulate is 2, expected 1"));
  two.steps[0].stop_epochs = 1;
  two.steps[0].stop_metric = 1;
  REQUIRE_THAT(failure(two.library, splits(), {.validation = 0.2}),
               Catch::Contains("stop watches second loss, which depends on no sample"));
}

TEST_CASE("what is drawn is a function of seed, iteration, sample and element") {
  cnn_tensor tensor{"z", CNN_F32, 2, {-1, 6}};
  cnn_draw drawn{0, CNN_INIT_NORMAL, 3, 2};
  auto values = [&](std::uint64_t seed, std::uint64_t iteration, std::int64_t first, std::int64_t count) {
    std::vector<float> made(static_cast<std::size_t>(count) * 6);
    cnn::drawSamples(drawn, tensor, seed, cnn::trainingDraws, iteration, first, count, made.data());
    return made;
  };
  std::vector<float> many = values(1, 0, 0, 4000), part = values(1, 0, 7, 3);
  REQUIRE(std::equal(part.begin(), part.end(), many.begin() + 7 * 6));
  REQUIRE(values(2, 0, 0, 1) != values(1, 0, 0, 1));
  REQUIRE(values(1, 1, 0, 1) != values(1, 0, 0, 1));
  double mean = 0, squares = 0;
  for (float value : many) mean += value / 24000.0;
  for (float value : many) squares += (value - mean) * (value - mean) / 24000.0;
  REQUIRE(mean == Approx(3).margin(0.05));
  REQUIRE(std::sqrt(squares) == Approx(2).margin(0.05));
  drawn = {0, CNN_INIT_UNIFORM, -1, 3};
  many = values(1, 0, 0, 4000);
  auto [least, most] = std::minmax_element(many.begin(), many.end());
  REQUIRE(*least >= -1);
  REQUIRE(*least < -0.99);
  REQUIRE(*most < 3);
  REQUIRE(*most > 2.99);
}

TEST_CASE("training draws an input that data does not give, alike for any number of threads") {
  Small library;
  const cnn_draw draws[] = {{0, CNN_INIT_UNIFORM, 0, 1}};
  library.training.draws = draws;
  library.training.draw_count = 1;
  auto labelsOnly = [] {
    cnn::DataSplits data = splits();
    for (cnn::Dataset* set : {&data.train, &data.test}) set->columns.erase(set->columns.begin());
    return data;
  };
  auto trained = [&](int threads) {
    cnn::Model model = makeTrainee(library, threads);
    cnn::Trainer trainer(model, library.training, {.quiet = true});
    trainer.use(labelsOnly());
    trainer.run().or_exit();
    auto tested = trainer.test();
    REQUIRE(tested);
    REQUIRE(tested->size() == 2);
    REQUIRE((*tested)[0].value == trainer.test()->at(0).value); // drawn alike each time
    return parametersOf(model);
  };
  std::vector<float> first = trained(1);
  REQUIRE(sameBytes(trained(3), first));
  REQUIRE_THAT(failure(library, splits()),
               Catch::Contains("column image: the train section draws this input"));
}

TEST_CASE("what only training reads is in checkpoints, not in files of weights") {
  Small library;
  library.parameters[1].flags |= CNN_TRAINING_ONLY;
  TemporaryFolder folder;
  std::string weights = folder / "weights.safetensors", checkpoint = folder / "checkpoint.safetensors";
  cnn::Model model = makeTrainee(library);
  cnn::Trainer trainer(model, library.training, {.checkpoint = checkpoint, .quiet = true});
  trainer.use(splits());
  trainer.run().or_exit();
  model.save(weights.c_str()).or_exit();
  std::vector<float> trained = parametersOf(model);

  cnn::Model other = makeTrainee(library);
  other.initialise(5).or_exit();
  float own = parametersOf(other)[biasOffset];
  other.load(weights.c_str()).or_exit();
  REQUIRE(parametersOf(other)[0] == trained[0]);
  REQUIRE(parametersOf(other)[biasOffset] == own);
  other.load(checkpoint.c_str()).or_exit();
  REQUIRE(sameBytes(parametersOf(other), trained));
  // A checkpoint has all of it.
  cnn::TrainerOptions options{.epochs = 3, .checkpoint = weights, .resume = true};
  REQUIRE_THAT(failure(library, splits(), options), Catch::Contains("fc.bias"));
}
