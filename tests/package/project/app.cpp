// app WEIGHTS: trains one network for a few steps, saves its weights, and predicts with two.
#include "lenet.hpp"
#include "small.hpp"

#include <cnn/cnn.hpp>

#include <cmath>
#include <cstdio>
#include <vector>

namespace {

std::vector<float> pattern(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i % 97) / 97;
  return values;
}

cnn::Dataset pictures(std::int64_t count) {
  cnn::Dataset data;
  data.source = "pictures";
  data.count = count;
  data.columns.push_back(
      {"image", CNN_U8, {1, 28, 28}, std::vector<std::uint8_t>(static_cast<std::size_t>(count) * 784)});
  data.columns.push_back(
      {"label", CNN_U8, {}, std::vector<std::uint8_t>(static_cast<std::size_t>(count), 3)});
  return data;
}

template <class Model> float predictTwo(Model& model, std::size_t imageSize, std::size_t logitsSize) {
  std::vector<float> logits(2 * logitsSize);
  model.predict(pattern(2 * imageSize), logits).or_exit();
  return logits.back();
}

} // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  auto lenetModel = lenet::Model::create({.max_batch = 2}).or_exit();
  cnn::Trainer trainer(lenetModel, {.epochs = 1, .batch = 32, .quiet = true});
  trainer.use({pictures(96), pictures(10)});
  trainer.run().or_exit();
  double loss = trainer.test().or_exit()[0].value;
  lenetModel.save(arguments[1]).or_exit();

  auto smallModel = small::Model::create({.max_batch = 2}).or_exit();
  smallModel.initialise(1).or_exit();
  std::printf("test loss %.9g, last logits %.9g %.9g\n", loss,
              static_cast<double>(predictTwo(lenetModel, lenet::image_size, lenet::logits_size)),
              static_cast<double>(predictTwo(smallModel, small::image_size, small::logits_size)));
}
