#include "points.hpp"

#include <cnn/cnn.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>

namespace {

points::Model makeModel() {
  auto model = points::Model::create({.threads = 1});
  REQUIRE(model);
  model->initialise(3).or_exit();
  return *std::move(model);
}

std::vector<float> somePoints(int count) {
  std::vector<float> values(2 * static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 0.1f * static_cast<float>((7 * i) % 23) - 1;
  return values;
}

std::vector<float> parametersOf(points::Model& model) {
  const float* floats = cnn_model_parameters(model.handle());
  return {floats, floats + model.description().parameter_floats};
}

std::size_t placeOf(points::Model& model, const char* name) {
  const cnn_description& description = model.description();
  for (std::uint32_t i = 0; i < description.parameter_count; ++i)
    if (std::strcmp(description.parameters[i].name, name) == 0) return description.parameters[i].offset;
  FAIL("no parameter " << name);
  return 0;
}

} // namespace

TEST_CASE("train_step runs all steps, and takes what data gives") {
  points::Model model = makeModel();
  std::vector<float> real = somePoints(20), before = parametersOf(model);
  auto loss = model.train_step(real);
  REQUIRE(loss);
  REQUIRE(model.results().size() == 2);
  REQUIRE(model.results()[0] == *loss);
  REQUIRE(model.results()[0] > model.results()[1]); // the sum of two, and one
  REQUIRE(model.results()[1] > 0);
  std::vector<float> after = parametersOf(model);
  for (const char* name : {"judge.main.0.weight", "main.0.weight", "main.1.running_mean"})
    REQUIRE(before[placeOf(model, name)] != after[placeOf(model, name)]);
}

TEST_CASE("by hand, update goes on to the next step, and the random numbers are the iteration's") {
  points::Model one = makeModel(), other = makeModel();
  std::vector<float> real = somePoints(20);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(one.train_step(real));
    for (std::uint32_t step = 0; step < 2; ++step) {
      REQUIRE(other.phase() == step);
      auto loss = other.forward_backward(real);
      REQUIRE(loss);
      REQUIRE(*loss == one.results()[step]);
      // What the step does not update has no gradient.
      std::size_t place = placeOf(other, step == 0 ? "main.0.weight" : "judge.main.0.weight");
      REQUIRE(other.gradients()[place] == 0);
      if (step == 1) other.clip(5).or_exit();
      other.update().or_exit();
    }
    REQUIRE(parametersOf(one) == parametersOf(other));
  }
}

TEST_CASE("each iteration draws anew, as a function of the seed") {
  std::vector<float> real = somePoints(20);
  auto losses = [&](std::uint64_t seed) {
    points::Model model = makeModel();
    model.attach(points::Model::training_table()).or_exit();
    cnn_training_state state;
    model.check(cnn_training_get_state(model.handle(), &state)).or_exit();
    *state.seed = seed;
    std::vector<float> values;
    for (int i = 0; i < 2; ++i) values.push_back(*model.train_step(real, {.lr = 0}));
    return values;
  };
  std::vector<float> first = losses(1);
  REQUIRE(first[0] != first[1]);
  REQUIRE(losses(1) == first);
  REQUIRE(losses(2)[0] != first[0]);
}

TEST_CASE("given numbers take the place of drawn ones, drawn ones have the distribution asked for") {
  points::Model model = makeModel();
  const int count = 2000;
  std::vector<float> real = somePoints(count), zeros(4 * count);
  model.attach(points::Model::training_table(), count).or_exit();
  const float* weight = cnn_model_parameters(model.handle());
  std::size_t mean = placeOf(model, "main.1.running_mean"), variance = placeOf(model, "main.1.running_var");
  std::size_t first = placeOf(model, "main.0.weight"), bias = placeOf(model, "main.0.bias");
  const void* given[] = {zeros.data(), real.data()};
  model.check(cnn_training_forward_backward(model.handle(), given, count, nullptr)).or_exit();
  // Running statistics move by a tenth: the first layer of zeros is its bias, without variance.
  REQUIRE(weight[mean] == Approx(0.1 * weight[bias]));
  REQUIRE(weight[variance] == Approx(0.9));

  const void* drawn[] = {nullptr, real.data()};
  model.check(cnn_training_forward_backward(model.handle(), drawn, count, nullptr)).or_exit();
  double squares = 0;
  for (int i = 0; i < 4; ++i) squares += double{weight[first + i]} * weight[first + i];
  REQUIRE((weight[variance] - 0.81) / 0.1 == Approx(0.25 * squares).epsilon(0.1));
  REQUIRE(std::abs((weight[mean] - 0.9 * 0.1 * weight[bias]) / 0.1 - weight[bias]) <
          0.1 * std::sqrt(squares));
}
