// The C++ interface, through a class such as cnnc generates.
#include "handles.h"
#include "linear_library.h"

#include <cnn/cnn.hpp>

#include <array>

namespace generated {

linear::Library<> library({CNN_ADAM, false});

class Model : public cnn::TrainableModel {
public:
  using TrainableModel::TrainableModel;
  static cnn::Result<Model> create(const cnn::Options& options = {}) {
    return cnn::Model::create<Model>(library.inference, options);
  }
  static const cnn_training& training_table() { return library.training; }

  cnn::Status predict(std::span<const float> image, std::span<float> logits) {
    return run({image}, {logits});
  }
  cnn::Result<float> train_step(std::span<const float> image, std::span<const std::int32_t> label,
                                const cnn::Hyper& hyper = {}) {
    return step(training_table(), {image, label}, hyper);
  }
};

} // namespace generated

TEST_CASE("a generated class predicts, trains and saves") {
  TemporaryFolder folder;
  auto model = generated::Model::create({.max_batch = 4});
  REQUIRE(model);
  REQUIRE(model->initialise(1).ok());
  std::vector<float> images(20 * 16, 0.5f), logits(20 * 3);
  std::vector<std::int32_t> labels(20, 1);
  REQUIRE(model->predict(images, logits).ok());
  cnn::Result<float> first = model->train_step(images, labels, {.lr = 1e-2f});
  REQUIRE(first);
  float last = *first;
  for (int i = 0; i < 20; ++i) last = model->train_step(images, labels, {.lr = 1e-2f}).or_exit();
  REQUIRE(last < *first);
  REQUIRE(model->results().size() == 2);
  REQUIRE(model->results()[0] == last);
  REQUIRE(model->gradients().size() == 64);

  std::string path = folder / "weights.safetensors";
  REQUIRE(model->save(path.c_str()).ok());
  std::string bytes = readFile(path);
  auto other = generated::Model::create({.share = nullptr}).or_exit();
  REQUIRE(other.load(std::as_bytes(std::span(bytes)), "embedded").ok());
  std::vector<float> again(60);
  REQUIRE(model->predict(images, logits).ok());
  REQUIRE(other.predict(images, again).ok());
  REQUIRE(again == logits);

  auto sharing = generated::Model::create({.share = &other}).or_exit();
  REQUIRE(sharing.predict(images, logits).ok());
  REQUIRE(again == logits);
}

TEST_CASE("a trainer takes a generated class") {
  auto model = generated::Model::create().or_exit();
  cnn::Trainer trainer(model, {.epochs = 1, .quiet = true});
  cnn::Status status = trainer.run();
  REQUIRE(!status.ok());
  REQUIRE_THAT(status.message(), Catch::Contains("names no data"));
}

TEST_CASE("lengths and types of spans are checked against the network") {
  auto model = generated::Model::create().or_exit();
  std::vector<float> images(40), logits(6);
  std::vector<std::int32_t> labels(3);
  REQUIRE_THAT(model.predict(images, logits).message(),
               Catch::Contains("input image: expected a multiple of 16"));
  REQUIRE_THAT(model.predict({}, logits).message(),
               Catch::Contains("input image: expected a multiple of 16"));
  images.resize(48);
  REQUIRE_THAT(model.predict(images, logits).message(),
               Catch::Contains("output logits: expected 9 values for a batch of 3, found 6"));
  logits.resize(10);
  REQUIRE_THAT(model.predict(images, logits).message(), Catch::Contains("output logits"));
  labels.resize(2);
  REQUIRE_THAT(model.train_step(images, labels).message(),
               Catch::Contains("target label: expected 3 values"));
  std::span<const float> wrong(images.data(), 3);
  REQUIRE_THAT(model.run({std::span<const std::int32_t>(labels)}, {std::span<float>(logits)}).message(),
               Catch::Contains("input image: expected f32 values, found i32"));
  REQUIRE_THAT(model.run({wrong, wrong}, {std::span<float>(logits)}).message(),
               Catch::Contains("expected 1 inputs, found 2"));
}

TEST_CASE("results carry a value or a message") {
  cnn::Result<int> good = 3, bad = cnn::Status::error(CNN_ERROR_FILE, "%s: %d", "gone", 7);
  REQUIRE((good && *good == 3));
  REQUIRE(!bad);
  REQUIRE(bad.code() == CNN_ERROR_FILE);
  REQUIRE(std::string(bad.message()) == "gone: 7");
  cnn::Status status = std::move(bad).error();
  REQUIRE(std::string(status.message()) == "gone: 7");
  REQUIRE(std::string(cnn::Status().message()).empty());
}
