#include "trainee.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace {

/// What generated code would give of a sample whose picture is all `v`: v and 10 v, of which the shares are 1
/// and v.
int32_t valuesAndShares(const cnn_run* run) {
  for (int64_t n = 0; n < run->batch; ++n) {
    float v = static_cast<const float*>(run->inputs[0])[n * Small::C::pixels];
    for (int64_t c = 0; c < 3; ++c) static_cast<float*>(run->outputs[0])[3 * n + c] = v;
    static_cast<float*>(run->outputs[1])[n] = v;
    static_cast<float*>(run->outputs[2])[n] = 10 * v;
  }
  return 0;
}

cnn::Dataset constants(const std::vector<float>& values) {
  cnn::Dataset data;
  data.source = "constants";
  data.count = static_cast<std::int64_t>(values.size());
  data.columns = {{"image", CNN_F32, {1, 4, 4}, {}}, {"label", CNN_U8, {}, {}}};
  for (float value : values) {
    std::vector<float> picture(16, value);
    auto* bytes = reinterpret_cast<const std::uint8_t*>(picture.data());
    data.columns[0].bytes.insert(data.columns[0].bytes.end(), bytes, bytes + 64);
    data.columns[1].bytes.push_back(0);
  }
  return data;
}

struct Measured {
  Small library;
  cnn_term terms[3] = {{0, 1, -1, 0}, {0, 2, 1, 0}, {1, 2, 1, 0}};

  std::vector<cnn::MetricValue> of(const cnn::Dataset& data) {
    library.training.evaluate = valuesAndShares;
    library.training.terms = terms;
    library.training.term_count = 3;
    cnn::Model model = makeTrainee(library);
    return cnn::evaluate(model, library.training, data).or_exit();
  }
};

} // namespace

TEST_CASE("a measure is the sum over its terms of values over shares, over all batches") {
  Measured measured;
  std::vector<float> values;
  double sum = 0;
  for (int i = 0; i < 150; ++i) sum += values.emplace_back(static_cast<float>(i % 7));
  auto found = measured.of(constants(values));
  REQUIRE(found.size() == 2);
  CHECK(found[0].value == Approx(sum / 150 + 10));
  CHECK(found[1].value == Approx(10));
  CHECK((!found[0].percent && !found[0].higher_is_better));
  CHECK((found[1].percent && found[1].higher_is_better));
  CHECK(cnn::format_metrics("test", found) == "test loss 12.9600\ntest accuracy 1000.0 %\n");
}

TEST_CASE("where no label counts a measure is 0, and what depends on no sample is none") {
  Measured measured;
  auto found = measured.of(constants({0, 0}));
  CHECK((found[0].value == 0 && found[1].value == 0));
  measured.terms[2] = measured.terms[1]; // nothing of the metric
  CHECK(measured.of(constants({1})).size() == 1);
}

TEST_CASE("samples with a NaN in what a measure reads, or in its value, are counted") {
  Measured measured;
  float notANumber = std::numeric_limits<float>::quiet_NaN();
  CHECK(measured.of(constants({1, notANumber, notANumber}))[1].nan_samples == 2);
  measured.library.metrics[1].output = -1;
  CHECK(measured.of(constants({1, notANumber, 1}))[1].nan_samples == 1);
}

TEST_CASE("evaluation needs no training attached, and says what it cannot read") {
  Small library;
  cnn::Model model = makeTrainee(library);
  model.initialise(1).or_exit();
  cnn_options options{};
  options.share = model.handle();
  cnn_model* other = nullptr;
  REQUIRE(cnn_model_create(&library.inference, &options, &other, nullptr, 0) == CNN_OK);
  cnn::Model sharing(other);
  std::vector<float> image(16, 0.5f), logits(3), loss(1), right(1), predicted(3);
  std::int32_t label = 1;
  const void* inputs[] = {image.data(), &label};
  void *outputs[] = {logits.data(), loss.data(), right.data()}, *prediction[] = {predicted.data()};
  REQUIRE(cnn_training_evaluate(other, &library.training, inputs, 1, outputs) == CNN_OK);
  REQUIRE(cnn_model_predict(other, inputs, prediction, 1) == CNN_OK);
  CHECK(logits[0] == Approx(predicted[0]));
  double total = std::exp(logits[0]) + std::exp(logits[1]) + std::exp(logits[2]);
  CHECK(loss[0] == Approx(std::log(total) - logits[1]));

  auto refused = [&](const cnn_training& table, std::int64_t batch, const std::string& text) {
    CHECK(cnn_training_evaluate(other, &table, inputs, batch, outputs) != CNN_OK);
    CHECK_THAT(cnn_model_message(other), Catch::Contains(text));
  };
  refused(library.training, 0, "batch is 0");
  label = 3;
  refused(library.training, 1, "label");
  label = 1;
  outputs[2] = nullptr;
  refused(library.training, 1, "output 2 is a null pointer");
  inputs[1] = nullptr;
  refused(library.training, 1, "target label is a null pointer");
  cnn_training without = library.training;
  without.evaluate = nullptr;
  refused(without, 1, "evaluate is a null pointer");
  without.version = 3;
  refused(without, 1, "ABI version 3");
}
