// Numbers that are none: training ends before it saves them, and loading tells of them.
#include "trainee.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace {

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

std::int64_t passes; // of the forward pass, since a test set it to 0
std::int64_t infiniteFrom;

/// Trains with a forward pass that goes wrong in its tenth batch; 7 batches an epoch.
std::string failureOf(std::int32_t (*code)(const cnn_run*), cnn::TrainerOptions options = {}) {
  Small library;
  passes = 0;
  library.phase.forward_backward = code;
  return failure(library, splits(), options);
}

std::int32_t lossIsNan(const cnn_run* run) {
  std::int32_t status = Small::C::forwardBackward(run);
  if (++passes == 10) run->results[0] = notANumber;
  return status;
}

std::int32_t gradientIsInfinite(const cnn_run* run) {
  std::int32_t status = Small::C::forwardBackward(run);
  if (++passes >= infiniteFrom) run->gradients[1] = std::numeric_limits<float>::infinity();
  return status;
}

/// A column of f32 pictures.
cnn::DataSplits floats() {
  cnn::DataSplits data = splits();
  for (cnn::Dataset* each : {&data.train, &data.test}) {
    cnn::Column& image = each->columns[0];
    std::vector<float> values(image.bytes.begin(), image.bytes.end());
    image.element = CNN_F32;
    image.bytes.resize(values.size() * 4);
    std::memcpy(image.bytes.data(), values.data(), image.bytes.size());
  }
  return data;
}

void set(cnn::Dataset& data, std::size_t sample, float value) {
  std::memcpy(data.columns[0].bytes.data() + (sample * 16 + 3) * 4, &value, 4);
}

} // namespace

TEST_CASE("a loss that is not finite ends training and names epoch, step, rate and what to try") {
  REQUIRE_THAT(failureOf(lossIsNan),
               Catch::StartsWith("epoch 2, step 3 of 7: the loss is nan: training diverged") &&
                   Catch::Contains("too high (0.1)") && Catch::Contains("clip_norm"));
}

TEST_CASE("weights that are not finite are not saved, though the loss is") {
  TemporaryFolder folder;
  std::string path = folder / "run.safetensors";
  for (std::int64_t steps : {0, 1}) { // in the last step of an epoch, and within it
    infiniteFrom = steps ? 10 : 14;
    REQUIRE_THAT(failureOf(gradientIsInfinite, {.checkpoint = path, .checkpoint_steps = steps}),
                 Catch::StartsWith("epoch 2, step ") && Catch::Contains("weights are NaN or infinite") &&
                     Catch::Contains("\n  fc.weight: 1 of 48"));
    Small library;
    cnn::Model kept = makeTrainee(library);
    kept.load(path.c_str()).or_exit();
    REQUIRE(std::string(kept.warning()).empty());
    std::remove(path.c_str());
  }
}

TEST_CASE("a validation share on which the network gives NaN ends training") {
  Small library;
  passes = 0;
  library.training.evaluate = [](const cnn_run* run) -> std::int32_t {
    std::int32_t status = Small::C::evaluate(run);
    bool second = ++passes == 2;
    for (std::int64_t n = 0; second && n < run->batch; ++n)
      static_cast<float*>(run->outputs[1])[n] = notANumber;
    return status;
  };
  REQUIRE_THAT(failure(library, splits(), {.validation = 0.2}),
               Catch::StartsWith("epoch 2, step 5 of 5: on the validation share loss is nan, and 20 of 20"));
}

TEST_CASE("data that is not finite is named before training begins") {
  for (float value : {notANumber, -std::numeric_limits<float>::infinity()}) {
    Small library;
    cnn::DataSplits data = floats();
    set(data.train, 17, value);
    set(data.train, 20, value);
    REQUIRE_THAT(
        failure(library, std::move(data)),
        Catch::Contains("rows: column image: 2 of 100 samples hold NaN or infinite values, the first "
                        "is sample 17"));
    data = floats();
    set(data.test, 5, value);
    REQUIRE_THAT(failure(library, std::move(data)),
                 Catch::Contains("1 of 60 samples") && Catch::Contains("the first is sample 5"));
  }
  Small library;
  cnn::DataSplits data = floats(); // finite, but no longer when it is normalised
  data.train.mean = {0};
  data.train.deviation = {1e-37f};
  REQUIRE_THAT(failure(library, std::move(data)),
               Catch::Contains("epoch 1, step 1 of 7: the loss is ") &&
                   Catch::Contains("values of image that are NaN or infinite"));
}

TEST_CASE("loading weights that are not finite names the parameters, and training does not begin with them") {
  TemporaryFolder folder;
  std::string path = folder / "weights.safetensors";
  Small library;
  cnn::Model model = makeTrainee(library);
  model.initialise(1).or_exit();
  model.save(path.c_str()).or_exit();
  model.load(path.c_str()).or_exit();
  REQUIRE(std::string(model.warning()).empty());
  float* masters = cnn_model_parameters(model.handle());
  masters[3] = notANumber;
  masters[7] = -std::numeric_limits<float>::infinity();
  masters[Small::C::biasOffset] = notANumber;
  cnn_model_parameters_changed(model.handle());
  model.save(path.c_str()).or_exit();
  model.load(path.c_str()).or_exit();
  REQUIRE(std::string(model.warning()) ==
          path + ": values that are NaN or infinite in 2 parameters of Linear:\n  fc.weight: 2 of 48\n  "
                 "fc.bias: 1 of 3\n");
  cnn::Trainer trainer(model, library.training, {.initialise = false, .quiet = true});
  trainer.use(splits());
  REQUIRE_THAT(trainer.run().message(), Catch::Contains("the first weights: training cannot begin"));
  auto metrics = trainer.test().or_exit();
  REQUIRE(std::isnan(metrics[0].value));
  REQUIRE(metrics[1].nan_samples == 60);
  REQUIRE(metrics[1].value == 0);
}
