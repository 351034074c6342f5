#pragma once

#include "lenet.hpp"

#include <array>
#include <cstdio>

/// Predicts one picture of a fixed pattern.
inline void printOutputs(lenet::Model& model) {
  std::array<float, lenet::image_size> image;
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 29) / 29;
  std::array<float, lenet::logits_size> logits;
  model.predict(image, logits).or_exit();
  for (float logit : logits) std::printf("%.9g\n", static_cast<double>(logit));
}
