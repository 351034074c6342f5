// A program that only predicts, as a user would write it: linked without libstdc++.
#include "linear_library.h"

#include <cnn/model.hpp>

#include <array>
#include <cstdio>

int main(int count, char** arguments) {
  linear::Library<> library;
  auto model = cnn::Model::create(library.inference, {.max_batch = 2}).or_exit();
  if (count > 1) model.load(arguments[1]).or_exit();
  std::array<float, 32> images{};
  std::array<float, 6> logits{};
  images[0] = 1;
  model.run({std::span<const float>(images)}, {std::span<float>(logits)}).or_exit();
  std::printf("%.9g\n", static_cast<double>(logits[0]));
}
