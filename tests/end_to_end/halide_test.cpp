// Two generated networks, a library that Halide compiled ahead of time with its own runtime, and Halide's
// compiler in one program: nobody takes the others' symbols, threads or memory.
#include "digits.hpp"
#include "halide_smoothing.h"
#include "lenet.hpp"
#include "smoothing.h"

#include "../runtime/handles.h"

#include <HalideBuffer.h>

#include <atomic>
#include <cmath>
#include <thread>

namespace {

std::vector<float> values(std::size_t count) {
  std::vector<float> made(count);
  for (std::size_t i = 0; i < count; ++i) made[i] = static_cast<float>(i * 37 % 101) / 101;
  return made;
}

std::vector<float> smoothed(const std::vector<float>& x) {
  std::vector<float> y;
  for (std::size_t i = 0; i + 2 < x.size(); ++i)
    y.push_back(0.25f * x[i] + 0.5f * x[i + 1] + 0.25f * x[i + 2]);
  return y;
}

std::vector<float> smoothingAheadOfTime(std::vector<float> x) {
  std::vector<float> y(x.size() - 2);
  Halide::Runtime::Buffer<float, 1> from(x.data(), static_cast<int>(x.size())),
      to(y.data(), static_cast<int>(y.size()));
  REQUIRE(smoothing(from, to) == 0);
  return y;
}

bool close(const std::vector<float>& found, const std::vector<float>& wanted) {
  if (found.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!(std::abs(found[i] - wanted[i]) <= 1e-6f)) return false;
  return true;
}

template <class Model> std::vector<float> predict(Model& model, std::size_t imageSize, std::size_t classes) {
  constexpr std::size_t batch = 33;
  std::vector<float> images = values(batch * imageSize), logits(batch * classes);
  model.predict(images, logits).or_exit();
  return logits;
}

/// Losses of some steps, then the outputs of both networks.
std::vector<float> bothNetworks() {
  auto digitsModel = digits::Model::create({.max_batch = 16, .threads = 2}).or_exit();
  auto lenetModel = lenet::Model::create({.max_batch = 16, .threads = 2}).or_exit();
  digitsModel.initialise(1).or_exit();
  lenetModel.initialise(2).or_exit();
  std::vector<float> all;
  for (int step = 0; step < 3; ++step) {
    std::vector<std::int32_t> labels(33, step);
    all.push_back(digitsModel.train_step(values(33 * digits::image_size), labels).or_exit());
    all.push_back(lenetModel.train_step(values(33 * lenet::image_size), labels).or_exit());
  }
  for (float logit : predict(digitsModel, digits::image_size, digits::logits_size)) all.push_back(logit);
  for (float logit : predict(lenetModel, lenet::image_size, lenet::logits_size)) all.push_back(logit);
  return all;
}

} // namespace

TEST_CASE("two networks and plain Halide code live in one program, one after the other and at once") {
  const std::vector<float> networks = bothNetworks(), x = values(100'002), y = smoothed(x);
  for (float value : networks) REQUIRE(std::isfinite(value));
  REQUIRE(close(smoothingAheadOfTime(x), y));
  REQUIRE(close(smoothingJit(x), y));
  bool same = bothNetworks() == networks;
  REQUIRE(same);

  std::atomic<int> wrong{0};
  std::thread aheadOfTime([&] {
    for (int round = 0; round < 100; ++round) wrong += !close(smoothingAheadOfTime(x), y);
  });
  std::thread inProcess([&] {
    for (int round = 0; round < 3; ++round) wrong += !close(smoothingJit(x), y);
  });
  for (int round = 0; round < 10; ++round) wrong += bothNetworks() != networks;
  aheadOfTime.join();
  inProcess.join();
  REQUIRE(wrong == 0);
}
