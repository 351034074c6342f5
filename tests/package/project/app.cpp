#include "lenet.hpp"

#include <array>
#include <cmath>
#include <cstdio>

int main() {
  auto model = lenet::Model::create({.max_batch = 2}).or_exit();
  model.initialise(1).or_exit();
  std::array<float, 2 * 28 * 28> images;
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(i % 97) / 97;
  std::array<float, 2 * lenet::logits_size> logits;
  model.predict(images, logits).or_exit();

  double all = 0, sum = 0;
  for (std::size_t i = 0; i < lenet::logits_size; ++i) all += std::exp(logits[i]);
  for (std::size_t i = 0; i < lenet::logits_size; ++i) sum += std::exp(logits[i]) / all;
  std::printf("sum of probabilities %.4f, first logits %.9g %.9g\n", sum, logits[0], logits[lenet::logits_size]);
}
