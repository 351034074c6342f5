// Two generated networks in one program: trains both on a pattern that is easy to learn, saves the first
// one's weights, and prints its outputs as predict_only.c does. Exits with 1 when a loss does not fall.
#include "small.hpp"
#include "wide.hpp"

#include <cstdio>
#include <vector>

namespace {

constexpr std::size_t batch = 21; // no multiple of any vector

template <class Net> bool train(Net& model, std::size_t imageSize, std::size_t classes) {
  std::vector<float> images(batch * imageSize);
  std::vector<std::int32_t> labels(batch);
  for (std::size_t n = 0; n < batch; ++n) {
    labels[n] = static_cast<std::int32_t>(n % classes);
    for (std::size_t i = 0; i < imageSize; ++i)
      images[n * imageSize + i] = i % classes == n % classes ? 1.0f : 0.1f * static_cast<float>((n + i) % 3);
  }
  model.initialise(3).or_exit();
  float first = 0, last = 0;
  for (int step = 0; step < 40; ++step) {
    last = model.train_step(images, labels).or_exit();
    if (step == 0) first = last;
  }
  std::fprintf(stderr, "loss %.4f to %.4f\n", static_cast<double>(first), static_cast<double>(last));
  return last < 0.5f * first;
}

bool refuses(std::int32_t status) {
  if (status != CNN_ERROR_ARGUMENT)
    std::fprintf(stderr, "a null pointer gave %d\n", static_cast<int>(status));
  return status == CNN_ERROR_ARGUMENT;
}

/// Each pointer of the C functions null in turn, hyper and results apart, which may be null.
bool refusesNull(cnn_model* model) {
  const float image[small::image_size] = {};
  const std::int32_t label = 0;
  return refuses(small_attach_training(nullptr, 0)) &&
         refuses(small_train_step(nullptr, image, &label, 1, nullptr, nullptr)) &&
         refuses(small_train_step(model, nullptr, &label, 1, nullptr, nullptr)) &&
         refuses(small_train_step(model, image, nullptr, 1, nullptr, nullptr)) &&
         !small_train_step(model, image, &label, 1, nullptr, nullptr);
}

} // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  auto small = small::Model::create({.max_batch = 4}).or_exit();
  auto wide = wide::Model::create().or_exit();
  if (!train(small, small::image_size, small::logits_size) ||
      !train(wide, wide::image_size, wide::logits_size))
    return 1;
  if (auto other = small::Model::create().or_exit();
      small_attach_training(other.handle(), 1) || !refusesNull(other.handle()))
    return 1;
  small.save(arguments[1]).or_exit();
  std::vector<float> images(3 * small::image_size), logits(3 * small::logits_size);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(i % 17) / 8 - 1;
  small.predict(images, logits).or_exit();
  for (float value : logits) std::printf("%.9g\n", static_cast<double>(value));
  return 0;
}
