// A generated library as programs use it: instances on several threads, shared parameters, memory of any
// alignment, batches of any size, processors and files that do not fit.
#include "digits.hpp"
#include "digits_data.h"

#include <cnn/cnn.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

namespace {

digits::Model makeDigits(const cnn::Options& options, std::uint64_t seed = 1) {
  digits::Model model = digits::Model::create(options).or_exit();
  model.initialise(seed).or_exit();
  return model;
}

std::vector<float> pictures(std::size_t count, std::uint32_t seed = 0) {
  std::vector<float> values(count * digits::image_size);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(cnn::philox(seed, 3, i)[0] % 1000) / 1000;
  return values;
}

std::vector<float> predict(digits::Model& model, std::span<const float> images) {
  std::vector<float> logits(images.size() / digits::image_size * digits::logits_size);
  model.predict(images, logits).or_exit();
  return logits;
}

/// All parameters after some steps with batches of changing size.
std::vector<float> trained(int threads, std::uint64_t seed) {
  digits::Model model = makeDigits({.threads = threads}, seed);
  for (std::size_t step = 0; step < 12; ++step) {
    std::size_t batch = 1 + step * 17 % 61;
    std::vector<std::int32_t> labels(batch);
    for (std::size_t i = 0; i < batch; ++i)
      labels[i] = static_cast<std::int32_t>((i + step) % digits::logits_size);
    model.train_step(pictures(batch, static_cast<std::uint32_t>(step)), labels).or_exit();
  }
  const float* parameters = cnn_model_parameters(model.handle());
  return {parameters, parameters + model.description().parameter_floats};
}

} // namespace

TEST_CASE("steps give the same parameters for any number of threads") {
  std::vector<float> one = trained(1, 4);
  REQUIRE(one != trained(1, 5));
  for (int threads : {2, 3, 7}) {
    bool same = trained(threads, 4) == one;
    INFO(threads << " threads");
    REQUIRE(same);
  }
}

TEST_CASE("two instances train on two threads at once as they do alone") {
  const std::vector<float> alone[] = {trained(2, 4), trained(2, 5)};
  std::vector<float> together[2];
  for (int round = 0; round < 5; ++round) {
    std::thread other([&] { together[1] = trained(2, 5); });
    together[0] = trained(2, 4);
    other.join();
    for (int i : {0, 1}) {
      bool same = together[i] == alone[i];
      REQUIRE(same);
    }
  }
}

TEST_CASE("instances that share parameters predict on several threads at once, also the first time") {
  const std::vector<float> images = pictures(40);
  digits::Model lone = makeDigits({.max_batch = 8}, 9);
  const std::vector<float> expected = predict(lone, images);
  for (int round = 0; round < 50; ++round) {
    digits::Model owner = makeDigits({.max_batch = 8}, 9);
    std::vector<digits::Model> models;
    for (int threads : {1, 2, 2}) {
      cnn::Result<digits::Model> model =
          digits::Model::create({.max_batch = 8, .threads = threads, .share = &owner});
      models.push_back(std::move(model).or_exit());
    }
    std::atomic<int> wrong{0};
    std::vector<std::thread> callers;
    for (digits::Model& model : models)
      callers.emplace_back([&] {
        for (int call = 0; call < 3; ++call) wrong += predict(model, images) != expected;
      });
    for (std::thread& caller : callers) caller.join();
    REQUIRE(wrong == 0);
  }
}

TEST_CASE("an instance with another's parameters sees what the other learns, and cannot be trained") {
  digits::Model owner = makeDigits({}, 3);
  const std::vector<float> images = pictures(4);
  const std::vector<std::int32_t> labels = {0, 1, 2, 3};
  owner.train_step(images, labels).or_exit();
  digits::Model reader = digits::Model::create({.share = &owner}).or_exit();
  const std::vector<float> before = predict(reader, images);
  owner.train_step(images, labels).or_exit();
  const std::vector<float> after = predict(reader, images);
  REQUIRE(after != before);
  REQUIRE(after == predict(owner, images));
  REQUIRE_THAT(reader.train_step(images, labels).message(), Catch::Contains("shared"));
}

TEST_CASE("the caller's memory needs no more alignment than its elements") {
  digits::Model model = makeDigits({.max_batch = 16});
  const std::vector<float> images = pictures(9), expected = predict(model, images);
  for (std::size_t shift = 1; shift < 16; shift += 3) {
    std::vector<float> from(images.size() + shift), to(expected.size() + shift + 1, -7.0f);
    std::copy(images.begin(), images.end(), from.begin() + static_cast<std::ptrdiff_t>(shift));
    std::span<float> logits = std::span(to).subspan(shift, expected.size());
    model.predict(std::span<const float>(from).subspan(shift), logits).or_exit();
    REQUIRE(std::equal(logits.begin(), logits.end(), expected.begin()));
    REQUIRE(std::count(to.begin(), to.end(), -7.0f) == static_cast<std::ptrdiff_t>(shift + 1));
  }
}

TEST_CASE("batches above max_batch are worked through in slices") {
  const std::vector<float> images = pictures(257);
  digits::Model roomy = makeDigits({.max_batch = 257});
  const std::vector<float> expected = predict(roomy, images);
  for (std::int64_t room : {1, 5, 64, 256}) {
    digits::Model model = makeDigits({.max_batch = room});
    const std::vector<float> found = predict(model, images);
    REQUIRE(model.max_batch() == room);
    for (std::size_t i = 0; i < found.size(); ++i)
      REQUIRE(found[i] == Approx(expected[i]).epsilon(1e-5).margin(1e-6));
  }
}

TEST_CASE("create names what the processor lacks instead of running into it") {
  cnn_description description = digits_description;
  cnn_inference inference = digits_inference;
  inference.description = &description;
  description.cpu_features |= std::uint64_t{1} << 63;
  cnn_model* model = nullptr;
  char message[512];
  REQUIRE(cnn_model_create(&inference, nullptr, &model, message, sizeof(message)) == CNN_ERROR_CPU);
  REQUIRE(model == nullptr);
  REQUIRE_THAT(message,
               Catch::Contains("Digits was compiled for ") && Catch::Contains("this processor lacks"));
  REQUIRE_THAT(message, Catch::Contains(description.target));
}

TEST_CASE("wrong lengths are told, with what was expected") {
  digits::Model model = makeDigits({});
  std::vector<float> images = pictures(2), logits(2 * digits::logits_size - 1);
  REQUIRE_THAT(model.predict(images, logits).message(), Catch::Contains("output logits"));
  REQUIRE_THAT(model.predict(std::span(images).first(100), logits).message(),
               Catch::Contains("multiple of 144"));
  REQUIRE_THAT(model.train_step(images, std::vector<std::int32_t>(3)).message(),
               Catch::Contains("target label"));
}

TEST_CASE("weights of another network get one report of all differences, and change nothing") {
  TemporaryFolder folder;
  digits::Model model = makeDigits({});
  const std::vector<float> images = pictures(3), before = predict(model, images);
  const std::string path = folder / "weights.safetensors";
  model.save(path.c_str()).or_exit();
  std::string bytes = readFile(path);
  auto replace = [&](const std::string& from, const std::string& to) {
    std::size_t at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    bytes.replace(at, from.size(), to);
  };
  replace("\"conv1.weight\"", "\"conv9.weight\"");
  replace("\"shape\":[7,7,3,3]", "\"shape\":[7,9,7,1]");
  replace("\"batch_norm2.bias\"", "\"batch_norm2.bios\"");
  writeFile(path, bytes);
  cnn::Status loaded = model.load(path.c_str());
  REQUIRE(loaded.code() == CNN_ERROR_MISMATCH);
  for (const char* part :
       {"weights.safetensors does not fit the network Digits: 5 differences",
        "missing     conv1.weight: expected [7, 1, 3, 3]", "unexpected  conv9.weight: found F32 [7,1,3,3]",
        "shape       conv2.weight: expected [7, 7, 3, 3], found F32 [7,9,7,1]",
        "missing     batch_norm2.bias", "unexpected  batch_norm2.bios"})
    REQUIRE_THAT(loaded.message(), Catch::Contains(part));
  REQUIRE(predict(model, images) == before);
}

TEST_CASE(
    "epochs with augmentation, dropout and held out samples give the same bytes for any number of threads") {
  DigitsData data;
  TemporaryFolder folder;
  auto run = [&](int threads) {
    digits::Model model = digits::Model::create({.threads = threads}).or_exit();
    cnn::Trainer trainer(model, {.epochs = 6, .data = data.folder.path.string(), .quiet = true});
    trainer.run().or_exit();
    model.save((folder / "weights").c_str()).or_exit();
    REQUIRE(trainer.test().or_exit()[1].value > 0.9); // it learns
    return readFile(folder / "weights");
  };
  const std::string one = run(1);
  REQUIRE(!one.empty());
  for (int threads : {2, 3}) {
    bool same = run(threads) == one;
    REQUIRE(same);
  }
}
