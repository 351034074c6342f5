// Links the library that cnnc makes from lenet.cnn.
//
//   lenet_app train WEIGHTS [EPOCHS]   trains on Fashion-MNIST and saves the weights
//   lenet_app predict WEIGHTS          loads them, shows a few test pictures with class and probability,
//                                      and evaluates all test pictures
#include "lenet.hpp"

#include <cnn/cnn.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr int side = 28;
constexpr int pixels = side * side;

int train(const char* weights, int epochs) {
  auto model = lenet::Model::create({.max_batch = 64}).or_exit();
  cnn::Trainer trainer(model, {.epochs = epochs});
  trainer.run().or_exit();
  model.save(weights).or_exit();
  std::printf("saved %s\n", weights);
  return 0;
}

/// Two rows of the picture a line of text.
void draw(const float* image) {
  constexpr std::string_view shades = " .:-=+*#%@";
  for (int y = 0; y < side; y += 2) {
    for (int x = 0; x < side; ++x) {
      float grey = (image[y * side + x] + image[(y + 1) * side + x]) / 2;
      auto shade =
          std::min(shades.size() - 1, static_cast<std::size_t>(grey * static_cast<float>(shades.size())));
      std::putchar(shades[shade]);
    }
    std::putchar('\n');
  }
}

/// Logits to probabilities, in place.
void softmax(std::span<float> logits) {
  float largest = *std::max_element(logits.begin(), logits.end());
  float sum = 0;
  for (float& value : logits) sum += value = std::exp(value - largest);
  for (float& value : logits) value /= sum;
}

int predict(const char* weights) {
  auto model = lenet::Model::create({.max_batch = 64}).or_exit();
  model.load(weights).or_exit();
  cnn::DataSplits data = cnn::fashion_mnist().or_exit();
  const cnn::Dataset& test = data.test;

  for (std::size_t i = 0; i < 4; ++i) {
    cnn::Image picture{1, side, side, {}};
    const auto* first = test.columns[0].bytes.data() + i * pixels;
    picture.pixels.assign(first, first + pixels);
    std::array<float, pixels> grey, image;
    cnn::image_to_floats(picture, grey);
    cnn::image_to_floats(picture, image, test.mean, test.deviation);

    std::array<float, lenet::logits_size> logits;
    model.predict(image, logits).or_exit();
    softmax(logits);
    auto best = static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    draw(grey.data());
    std::printf("%s, %.1f %%\n\n", best < test.labels.size() ? test.labels[best].c_str() : "?",
                100.0 * static_cast<double>(logits[best]));
  }
  cnn::print_metrics("test", cnn::evaluate(model, lenet::Model::training_table(), test).or_exit());
  return 0;
}

} // namespace

int main(int count, char** arguments) {
  std::string_view verb = count > 2 ? arguments[1] : "";
  if (verb == "train") return train(arguments[2], count > 3 ? std::atoi(arguments[3]) : 0);
  if (verb == "predict") return predict(arguments[2]);
  std::fprintf(stderr, "usage: %s train WEIGHTS [EPOCHS] | predict WEIGHTS\n", arguments[0]);
  return 2;
}
