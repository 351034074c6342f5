#include "handles.h"
#include "linear_library.h"

#include <cmath>
#include <cstring>

namespace {

using Values = std::vector<float>;

struct Batch {
  explicit Batch(int64_t count)
      : images(static_cast<size_t>(count * 16)), labels(static_cast<size_t>(count)) {
    for (size_t i = 0; i < images.size(); ++i)
      images[i] = static_cast<float>(cnn::unitInterval(cnn::philox(1, 1, i)[0]));
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int32_t>(cnn::philox(1, 2, i)[0] % 3);
    inputs[0] = images.data();
    inputs[1] = labels.data();
  }
  Values images;
  std::vector<int32_t> labels;
  const void* inputs[2];
};

ModelHandle makeTrained(linear::Library<>& library, int32_t threads = 1, int64_t batch = 0) {
  cnn_options options{};
  options.threads = threads;
  ModelHandle model = makeModel(library.inference, options);
  REQUIRE(cnn_model_initialise(model.get(), 3) == CNN_OK);
  int32_t status = cnn_training_attach(model.get(), &library.training, batch);
  INFO(cnn_model_message(model.get()));
  REQUIRE(status == CNN_OK);
  return model;
}

Values parametersOf(cnn_model* model) {
  const cnn_description* description = cnn_model_description(model);
  return {cnn_model_parameters(model), cnn_model_parameters(model) + description->parameter_floats};
}

// Sets all trainable parameters to `value` and their gradients to `gradient`, updates, and gives the
// parameters.
struct Probe {
  explicit Probe(linear::Library<>& library) : model(makeTrained(library)) { set(1); }
  void set(float value) {
    for (uint64_t i = 0; i < 64; ++i) cnn_model_parameters(model.get())[i] = value;
  }
  float step(float gradient, cnn_hyper hyper) {
    for (uint64_t i = 0; i < 64; ++i) cnn_training_gradients(model.get())[i] = gradient;
    INFO(cnn_model_message(model.get()));
    REQUIRE(cnn_training_update(model.get(), &hyper) == CNN_OK);
    return cnn_model_parameters(model.get())[0];
  }
  ModelHandle model;
};

} // namespace

TEST_CASE("the gradient is that of the loss") {
  linear::Library<> library;
  ModelHandle model = makeTrained(library);
  Batch batch(5);
  cnn_training_state state;
  REQUIRE(cnn_training_get_state(model.get(), &state) == CNN_OK);
  auto lossAt = [&](int index, float shift) {
    *state.iterations = 0;
    float results[2];
    cnn_model_parameters(model.get())[index] += shift;
    REQUIRE(cnn_training_forward_backward(model.get(), batch.inputs, 5, results) == CNN_OK);
    cnn_model_parameters(model.get())[index] -= shift;
    return results[0];
  };
  lossAt(0, 0);
  Values gradient(cnn_training_gradients(model.get()), cnn_training_gradients(model.get()) + 64);
  for (int index : {0, 7, 20, 47, 48, 50})
    REQUIRE(gradient[static_cast<size_t>(index)] ==
            Approx((lossAt(index, 0.01f) - lossAt(index, -0.01f)) / 0.02f).margin(2e-4));
}

TEST_CASE("training steps lower the loss, count themselves, and predict sees them") {
  linear::Library<> library;
  ModelHandle model = makeTrained(library);
  Batch batch(16);
  float first[2], last[2];
  REQUIRE(cnn_training_step(model.get(), batch.inputs, 16, nullptr, first) == CNN_OK);
  for (int i = 0; i < 200; ++i)
    REQUIRE(cnn_training_step(model.get(), batch.inputs, 16, nullptr, last) == CNN_OK);
  REQUIRE(last[0] < 0.8f * first[0]);
  cnn_training_state state;
  REQUIRE(cnn_training_get_state(model.get(), &state) == CNN_OK);
  REQUIRE(*state.updates == 201);
  REQUIRE(*state.iterations == 201);
  REQUIRE(*state.batches_tracked == 201);
  REQUIRE(*state.seed == library.training.seed);
}

TEST_CASE("weights after training are the same bytes for 1, 2 and 4 threads") {
  std::vector<Values> results;
  for (int32_t threads : {1, 2, 4}) {
    linear::Library<> library({CNN_ADAMW, false});
    library.phase.hyper.clip_norm = 0.5;
    ModelHandle model = makeTrained(library, threads, 33);
    Batch batch(33);
    for (int i = 0; i < 50; ++i)
      REQUIRE(cnn_training_step(model.get(), batch.inputs, 33 - i % 5, nullptr, nullptr) == CNN_OK);
    results.push_back(parametersOf(model.get()));
  }
  REQUIRE(std::memcmp(results[0].data(), results[1].data(), results[0].size() * 4) == 0);
  REQUIRE(std::memcmp(results[0].data(), results[2].data(), results[0].size() * 4) == 0);
}

TEST_CASE("SGD follows its closed form") {
  SECTION("plain") {
    linear::Library<> library;
    Probe probe(library);
    cnn_hyper hyper = cnn_hyper_default();
    hyper.lr = 0.5;
    REQUIRE(probe.step(0.25f, hyper) == Approx(1 - 0.125));
    hyper.weight_decay = 0.1;
    REQUIRE(probe.step(0, hyper) == Approx(0.875 * 0.95));
  }
  SECTION("momentum: after n steps of gradient g the velocity is g (1 - m^n) / (1 - m)") {
    linear::Library<> library;
    library.phase.hyper.momentum = 0.9;
    Probe probe(library);
    double expected = 1, velocity = 0, value = 1;
    for (int i = 1; i <= 10; ++i) {
      value = probe.step(1, cnn_hyper_default());
      velocity = (1 - std::pow(0.9, i)) / 0.1;
      expected -= 0.1 * velocity;
    }
    REQUIRE(value == Approx(expected).epsilon(1e-5));
  }
  SECTION("dampening spares the first step") {
    linear::Library<> library;
    library.phase.hyper.momentum = 0.9;
    library.phase.hyper.dampening = 0.5;
    Probe probe(library);
    REQUIRE(probe.step(1, cnn_hyper_default()) == Approx(0.9));
    REQUIRE(probe.step(1, cnn_hyper_default()) == Approx(0.9 - 0.1 * (0.9 + 0.5)));
  }
  SECTION("Nesterov looks ahead") {
    linear::Library<> library({CNN_SGD, true});
    library.phase.hyper.momentum = 0.9;
    Probe probe(library);
    REQUIRE(probe.step(1, cnn_hyper_default()) == Approx(1 - 0.1 * 1.9));
    REQUIRE(probe.step(1, cnn_hyper_default()) == Approx(1 - 0.1 * 1.9 - 0.1 * (1 + 0.9 * 1.9)));
  }
}

TEST_CASE("Adam moves by the learning rate while the gradient stays the same") {
  linear::Library<> library({CNN_ADAM, false});
  Probe probe(library);
  for (int i = 1; i <= 20; ++i)
    REQUIRE(probe.step(1e-3f, cnn_hyper_default()) == Approx(1 - 0.1 * i).margin(1e-4));
}

TEST_CASE("AdamW decays weights apart from the gradient, Adam through it") {
  cnn_hyper hyper = cnn_hyper_default();
  hyper.weight_decay = 0.5;
  linear::Library<> decoupled({CNN_ADAMW, false}), coupled({CNN_ADAM, false});
  Probe first(decoupled), second(coupled);
  REQUIRE(first.step(0, hyper) == Approx(0.95));
  REQUIRE(second.step(0, hyper) == Approx(0.9));
}

TEST_CASE("parameter groups scale the learning rate and replace the weight decay") {
  linear::Library<> library;
  const uint32_t bias[] = {1};
  cnn_parameter_group group{bias, 1, 0, 0.1, 0};
  library.phase.groups = &group;
  library.phase.group_count = 1;
  library.phase.hyper.weight_decay = 0.5;
  Probe probe(library);
  probe.step(1, cnn_hyper_default());
  REQUIRE(cnn_model_parameters(probe.model.get())[0] == Approx(1 - 0.1 * 1.5));
  REQUIRE(cnn_model_parameters(probe.model.get())[48] == Approx(1 - 0.01));
  REQUIRE(cnn_model_parameters(probe.model.get())[64] == 0); // a statistic
}

TEST_CASE("clipping scales to the norm, and leaves small gradients alone") {
  linear::Library<> library;
  ModelHandle model = makeTrained(library);
  float* gradients = cnn_training_gradients(model.get());
  for (int i = 0; i < 51; ++i) gradients[i] = 1;
  double norm = 0;
  REQUIRE(cnn_training_clip(model.get(), 100, &norm) == CNN_OK);
  REQUIRE(norm == Approx(std::sqrt(51.0)));
  REQUIRE(gradients[0] == 1);
  REQUIRE(cnn_training_clip(model.get(), 0, &norm) == CNN_OK);
  REQUIRE(gradients[0] == 1);
  REQUIRE(cnn_training_clip(model.get(), 1, nullptr) == CNN_OK);
  REQUIRE(gradients[0] == Approx(1 / std::sqrt(51.0)));
  REQUIRE(cnn_training_clip(model.get(), -1, nullptr) == CNN_ERROR_ARGUMENT);
}

TEST_CASE("forward_backward and update are what train_step is made of") {
  linear::Library<> library;
  ModelHandle whole = makeTrained(library), parts = makeTrained(library);
  Batch batch(16);
  for (int i = 0; i < 5; ++i) {
    REQUIRE(cnn_training_step(whole.get(), batch.inputs, 16, nullptr, nullptr) == CNN_OK);
    REQUIRE(cnn_training_forward_backward(parts.get(), batch.inputs, 16, nullptr) == CNN_OK);
    REQUIRE(cnn_training_update(parts.get(), nullptr) == CNN_OK);
  }
  REQUIRE(parametersOf(whole.get()) == parametersOf(parts.get()));
}

TEST_CASE("training calls that cannot be served are explained") {
  linear::Library<> library;
  ModelHandle model = makeModel(library.inference);
  Batch batch(20);
  REQUIRE(cnn_training_step(model.get(), batch.inputs, 4, nullptr, nullptr) == CNN_ERROR_STATE);
  REQUIRE_THAT(cnn_model_message(model.get()), Catch::Contains("not attached"));
  REQUIRE(cnn_training_attach(model.get(), &library.training, 0) == CNN_OK);
  REQUIRE(cnn_training_step(model.get(), batch.inputs, 17, nullptr, nullptr) == CNN_ERROR_ARGUMENT);
  REQUIRE_THAT(cnn_model_message(model.get()), Catch::Contains("reserved for 1 to 16"));
  REQUIRE(cnn_training_attach(model.get(), &library.training, 20) == CNN_OK);
  REQUIRE(cnn_training_step(model.get(), batch.inputs, 17, nullptr, nullptr) == CNN_OK);
  cnn_hyper hyper = cnn_hyper_default();
  hyper.momentum = 0.9;
  REQUIRE(cnn_training_update(model.get(), &hyper) == CNN_ERROR_ARGUMENT);
  REQUIRE_THAT(cnn_model_message(model.get()), Catch::Contains("compiled for sgd without velocity"));
  hyper = cnn_hyper_default();
  hyper.nesterov = 1;
  REQUIRE(cnn_training_update(model.get(), &hyper) == CNN_ERROR_ARGUMENT);
  REQUIRE_THAT(cnn_model_message(model.get()),
               Catch::Contains("nesterov is 1, but Linear was compiled with 0"));

  linear::Library<> other;
  REQUIRE(cnn_training_attach(model.get(), &other.training, 0) == CNN_ERROR_STATE);
  cnn_options options{};
  options.share = model.get();
  ModelHandle sharing = makeModel(library.inference, options);
  REQUIRE(cnn_training_attach(sharing.get(), &library.training, 0) == CNN_ERROR_STATE);
  REQUIRE_THAT(cnn_model_message(sharing.get()), Catch::Contains("shared"));
}

TEST_CASE("a label that is no class is an error with its place, and changes nothing") {
  linear::Library<> library; // of 3 classes
  ModelHandle model = makeTrained(library, 1, 2000);
  const int64_t count = GENERATE(4, 1500);
  Batch batch(count);
  const auto last = static_cast<size_t>(count - 1);
  const Values before = parametersOf(model.get());
  const int32_t wrong = GENERATE(3, -1, 255, INT32_MAX, INT32_MIN);
  batch.labels[last] = wrong;
  REQUIRE(cnn_training_step(model.get(), batch.inputs, count, nullptr, nullptr) == CNN_ERROR_ARGUMENT);
  std::string expected = "label: sample " + std::to_string(last) + " is " + std::to_string(wrong) +
                         ", but the classes are 0 to 2";
  CHECK(cnn_model_message(model.get()) == expected);
  CHECK(cnn_training_forward_backward(model.get(), batch.inputs, count, nullptr) == CNN_ERROR_ARGUMENT);
  CHECK(parametersOf(model.get()) == before);
  // But for one that does not count, where another use of the labels does not refuse it.
  library.labels.ignores = 1;
  library.labels.ignored = wrong;
  CHECK(cnn_training_step(model.get(), batch.inputs, count, nullptr, nullptr) == CNN_OK);
  const cnn_labels both[] = {library.labels, {1, 3, 0, 0}};
  library.training.labels = both;
  library.training.label_count = 2;
  CHECK(cnn_training_step(model.get(), batch.inputs, count, nullptr, nullptr) == CNN_ERROR_ARGUMENT);
}
