// predict and train_step of a generated library allocate nothing and lock nothing from the second call on.
#include "../runtime/counted_calls.h"
#include "../runtime/handles.h"
#include "digits.hpp"

namespace {

constexpr std::size_t batch = 45; // with slices in predict, and a partial block in training

/// Calls that take memory or a lock in `rounds` rounds of predict and train_step, after one that may.
Counted callsOf(int threads, int rounds) {
  digits::Model model = digits::Model::create({.max_batch = 32, .threads = threads}).or_exit();
  model.initialise(1).or_exit();
  std::vector<float> images(batch * digits::image_size), logits(batch * digits::logits_size);
  std::vector<std::int32_t> labels(batch);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(i * 7 % 31) / 31;
  for (std::size_t i = 0; i < batch; ++i) labels[i] = static_cast<std::int32_t>(i % digits::logits_size);
  auto run = [&] {
    model.predict(images, logits).or_exit(); // prepares: the step before has changed the parameters
    model.train_step(images, labels).or_exit();
    model.predict(std::span(images).first(digits::image_size), std::span(logits).first(digits::logits_size))
        .or_exit();
  };
  run();
  return countCalls([&] {
    for (int round = 0; round < rounds; ++round) run();
  });
}

} // namespace

TEST_CASE("a generated library takes no memory and no lock from the second call on") {
  for (int threads : {1, 2, 3}) {
    INFO(threads << " threads");
    REQUIRE(callsOf(threads, 200) == Counted{0, 0});
  }
}

TEST_CASE("what a call takes would be counted") {
  Counted counted = countCalls([] { (void)callsOf(2, 0); });
  REQUIRE(counted.memory > 10);
}
