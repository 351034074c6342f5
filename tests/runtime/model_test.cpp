#include "handles.h"
#include "linear_library.h"

#include <atomic>
#include <thread>

namespace {

std::vector<float> ramp(size_t count, float scale = 0.01f) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = scale * static_cast<float>(i % 101) - 0.3f;
  return values;
}

std::vector<float> predict(cnn_model* model, const std::vector<float>& images, int64_t batch,
                           int64_t classes = 3) {
  std::vector<float> logits(static_cast<size_t>(batch * classes));
  const void* inputs[] = {images.data()};
  void* outputs[] = {logits.data()};
  INFO(cnn_model_message(model));
  REQUIRE(cnn_model_predict(model, inputs, outputs, batch) == CNN_OK);
  return logits;
}

// The same in double.
std::vector<float> expected(cnn_model* model, const std::vector<float>& images, int64_t batch) {
  const float* parameters = cnn_model_parameters(model);
  std::vector<float> logits;
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t c = 0; c < 3; ++c) {
      double sum = parameters[48 + c];
      for (int64_t p = 0; p < 16; ++p)
        sum += double{images[static_cast<size_t>(n * 16 + p)]} * parameters[c * 16 + p];
      logits.push_back(static_cast<float>(sum));
    }
  return logits;
}

void requireClose(const std::vector<float>& found, const std::vector<float>& wanted) {
  REQUIRE(found.size() == wanted.size());
  for (size_t i = 0; i < found.size(); ++i) REQUIRE(found[i] == Approx(wanted[i]).epsilon(1e-5).margin(1e-6));
}

} // namespace

TEST_CASE("predict computes the network, for any batch and number of threads, in slices above max_batch") {
  linear::Library<> library;
  for (int32_t threads : {1, 2, 3})
    for (int64_t maxBatch : {1, 5, 64}) {
      cnn_options options{};
      options.threads = threads;
      options.max_batch = maxBatch;
      ModelHandle model = makeModel(library.inference, options);
      REQUIRE(cnn_model_initialise(model.get(), 3) == CNN_OK);
      for (int64_t batch : {1, 5, 64, 257}) {
        auto images = ramp(static_cast<size_t>(batch * 16));
        requireClose(predict(model.get(), images, batch), expected(model.get(), images, batch));
      }
    }
}

TEST_CASE("predict sees new parameters after initialise, load and a direct write") {
  linear::Library<> library;
  TemporaryFolder folder;
  ModelHandle model = makeModel(library.inference);
  auto images = ramp(16);
  REQUIRE(cnn_model_initialise(model.get(), 1) == CNN_OK);
  auto first = predict(model.get(), images, 1);
  REQUIRE(cnn_model_save(model.get(), (folder / "a.safetensors").c_str()) == CNN_OK);
  REQUIRE(cnn_model_initialise(model.get(), 2) == CNN_OK);
  REQUIRE(predict(model.get(), images, 1) != first);
  REQUIRE(cnn_model_load(model.get(), (folder / "a.safetensors").c_str()) == CNN_OK);
  REQUIRE(predict(model.get(), images, 1) == first);
  cnn_model_parameters(model.get())[48] += 1;
  cnn_model_parameters_changed(model.get());
  REQUIRE(predict(model.get(), images, 1)[0] == Approx(first[0] + 1));
}

TEST_CASE("weights that are compiled in serve where they are until something writes to the parameters") {
  linear::Library<> library;
  auto images = ramp(16);
  ModelHandle trained = makeModel(library.inference);
  REQUIRE(cnn_model_initialise(trained.get(), 1) == CNN_OK);
  auto wanted = predict(trained.get(), images, 1);
  alignas(64) float weights[80 + 16] = {};
  REQUIRE(library.description.parameter_floats == 80);
  std::copy_n(cnn_model_parameters(trained.get()), 80, weights);
  const std::vector<float> before(std::begin(weights), std::end(weights));
  library.inference.weights = weights;

  static size_t reserved;
  reserved = 0;
  cnn_options options{};
  options.threads = 1;
  options.allocator.allocate = [](void*, size_t bytes, size_t alignment) {
    reserved += bytes;
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  };
  options.allocator.release = [](void*, void* memory, size_t) { std::free(memory); };
  ModelHandle model = makeModel(library.inference, options);
  REQUIRE(predict(model.get(), images, 1) == wanted);
  TemporaryFolder folder;
  REQUIRE(cnn_model_save(model.get(), (folder / "compiled_in").c_str()) == CNN_OK);
  REQUIRE(cnn_model_save(trained.get(), (folder / "trained").c_str()) == CNN_OK);
  REQUIRE(readFile(folder / "compiled_in") == readFile(folder / "trained"));
  const size_t served = reserved;

  cnn_options sharing{};
  sharing.share = model.get();
  ModelHandle second = makeModel(library.inference, sharing);
  REQUIRE(predict(second.get(), images, 1) == wanted);
  second.reset();

  cnn_model_parameters(model.get())[48] += 1;
  REQUIRE(reserved - served >= 80 * sizeof(float));
  cnn_model_parameters_changed(model.get());
  REQUIRE(predict(model.get(), images, 1)[0] == Approx(wanted[0] + 1));
  REQUIRE(std::equal(before.begin(), before.end(), weights));

  for (int writer = 0; writer < 3; ++writer) {
    ModelHandle other = makeModel(library.inference);
    if (writer == 0) REQUIRE(cnn_model_initialise(other.get(), 2) == CNN_OK);
    if (writer == 1) {
      REQUIRE(cnn_model_initialise(trained.get(), 3) == CNN_OK);
      REQUIRE(cnn_model_save(trained.get(), (folder / "other").c_str()) == CNN_OK);
      REQUIRE(cnn_model_load(other.get(), (folder / "other").c_str()) == CNN_OK);
    }
    if (writer == 2) {
      int32_t label = 1;
      const void* inputs[] = {images.data(), &label};
      REQUIRE(cnn_training_attach(other.get(), &library.training, 1) == CNN_OK);
      REQUIRE(cnn_training_step(other.get(), inputs, 1, nullptr, nullptr) == CNN_OK);
    }
    REQUIRE(predict(other.get(), images, 1) != wanted);
    REQUIRE(std::equal(before.begin(), before.end(), weights));
  }
}

TEST_CASE(
    "a copy of compiled in weights that does not fit into memory is an error of the call that needs it") {
  linear::Library<> library;
  alignas(64) static const float weights[80 + 16] = {};
  library.inference.weights = weights;
  static bool full;
  full = false;
  cnn_options options{};
  options.threads = 1;
  options.allocator.allocate = [](void*, size_t bytes, size_t alignment) -> void* {
    return full ? nullptr : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  };
  options.allocator.release = [](void*, void* memory, size_t) { std::free(memory); };
  ModelHandle model = makeModel(library.inference, options);
  full = true;
  REQUIRE(cnn_model_initialise(model.get(), 1) == CNN_ERROR_MEMORY);
  REQUIRE_THAT(cnn_model_message(model.get()), Catch::Contains("no memory for the parameters of Linear"));
  REQUIRE(cnn_training_attach(model.get(), &library.training, 1) == CNN_ERROR_MEMORY);
  REQUIRE(cnn_model_parameters(model.get()) == nullptr);
  full = false;
  REQUIRE(cnn_model_initialise(model.get(), 1) == CNN_OK);
}

TEST_CASE("two models share parameters and predict from two threads") {
  linear::Library<> library;
  ModelHandle owner = makeModel(library.inference);
  REQUIRE(cnn_model_initialise(owner.get(), 5) == CNN_OK);
  cnn_options options{};
  options.share = owner.get();
  options.threads = 2;
  auto images = ramp(16 * 40);
  auto wanted = expected(owner.get(), images, 40);
  std::vector<ModelHandle> models;
  for (int i = 0; i < 4; ++i) models.push_back(makeModel(library.inference, options));
  owner.reset(); // the parameters live on
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (ModelHandle& model : models)
    threads.emplace_back([&, handle = model.get()] {
      for (int round = 0; round < 200; ++round) {
        std::vector<float> logits(120);
        const void* inputs[] = {images.data()};
        void* outputs[] = {logits.data()};
        if (cnn_model_predict(handle, inputs, outputs, 40) != CNN_OK) ++wrong;
        for (size_t i = 0; i < logits.size(); ++i) wrong += std::abs(logits[i] - wanted[i]) > 1e-5f;
      }
    });
  for (std::thread& thread : threads) thread.join();
  REQUIRE(wrong == 0);
}

TEST_CASE("the caller's own threads may run the chunks") {
  struct Own {
    std::vector<unsigned char> scratch = std::vector<unsigned char>(256);
    cnn_worker worker{scratch.data(), 256, 0, 0, 0};
    int64_t chunks = 0;
  } own;
  linear::Library<> library;
  cnn_options options{};
  options.max_batch = 40;
  options.pool = &own;
  options.parallel_for = [](void* pool, cnn_task task, void* closure, int64_t chunks) {
    auto* own = static_cast<Own*>(pool);
    for (int64_t chunk = 0; chunk < chunks; ++chunk) task(closure, chunk, &own->worker);
    own->chunks += chunks;
  };
  ModelHandle model = makeModel(library.inference, options);
  REQUIRE(cnn_model_scratch_bytes(model.get()) == 256);
  auto images = ramp(40 * 16);
  requireClose(predict(model.get(), images, 40), expected(model.get(), images, 40));
  REQUIRE(own.chunks == 5);
}

TEST_CASE("what create cannot accept it explains") {
  linear::Library<> library;
  cnn_options options{};
  std::string wanted;
  SECTION("another ABI") {
    library.inference.version = 99;
    wanted = "ABI version 99";
  }
  SECTION("a processor feature that is not there") {
    library.description.cpu_features = uint64_t{1} << 40;
    wanted = "lacks a feature that this runtime does not know";
  }
  SECTION("a negative batch") {
    options.max_batch = -1;
    wanted = "max_batch is -1, expected 0 or more";
  }
  SECTION("a negative batch and negative threads") {
    options.max_batch = -1;
    options.threads = -3;
    wanted = "max_batch is -1, expected 0 or more; threads is -3, expected 0 to ";
  }
  SECTION("a batch beyond the network's limit") {
    options.max_batch = (1 << 20) + 1;
    wanted = "at most 1048576";
  }
  SECTION("too many threads") {
    options.threads = 100000;
    wanted = "threads is 100000";
  }
  SECTION("an arena that overflows") {
    library.inference.arena_block_bytes = UINT64_MAX / 2;
    options.max_batch = 3;
    wanted = "no memory for the arena";
  }
  SECTION("half an allocator") {
    options.allocator.allocate = [](void*, size_t, size_t) -> void* { return nullptr; };
    wanted = "both allocate and release";
  }
  SECTION("an allocator that gives nothing") {
    options.allocator.allocate = [](void*, size_t, size_t) -> void* { return nullptr; };
    options.allocator.release = [](void*, void*, size_t) {};
    wanted = "no memory";
  }
  cnn_model* model = nullptr;
  char message[512] = "";
  REQUIRE(cnn_model_create(&library.inference, &options, &model, message, sizeof(message)) != CNN_OK);
  REQUIRE(model == nullptr);
  REQUIRE_THAT(message, Catch::Contains(wanted));
}

TEST_CASE("the caller's allocator gives all memory and gets it back") {
  struct Counter {
    int64_t blocks = 0, bytes = 0;
  } counter;
  linear::Library<> library;
  cnn_options options{};
  options.allocator.context = &counter;
  options.allocator.allocate = [](void* context, size_t bytes, size_t alignment) {
    auto* counter = static_cast<Counter*>(context);
    ++counter->blocks;
    counter->bytes += static_cast<int64_t>(bytes);
    return aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  };
  options.allocator.release = [](void* context, void* memory, size_t bytes) {
    auto* counter = static_cast<Counter*>(context);
    --counter->blocks;
    counter->bytes -= static_cast<int64_t>(bytes);
    free(memory);
  };
  {
    ModelHandle model = makeModel(library.inference, options);
    REQUIRE(counter.blocks > 0);
    REQUIRE(cnn_training_attach(model.get(), &library.training, 32) == CNN_OK);
    REQUIRE(cnn_model_reserve(model.get(), 99) == CNN_OK);
  }
  REQUIRE(counter.blocks == 0);
  REQUIRE(counter.bytes == 0);
}

TEST_CASE("a kernel that wants more scratch than planned is reported, not obeyed blindly") {
  linear::Library<> library;
  library.inference.scratch_bytes = 0;
  ModelHandle model = makeModel(library.inference);
  REQUIRE(cnn_model_initialise(model.get(), 1) == CNN_OK);
  std::vector<float> image(16), logits(3);
  const void* inputs[] = {image.data()};
  void* outputs[] = {logits.data()};
  REQUIRE(cnn_model_predict(model.get(), inputs, outputs, 1) == CNN_ERROR_INTERNAL);
  REQUIRE_THAT(cnn_model_message(model.get()), Catch::Contains("scratch"));
}

TEST_CASE("a code that generated code returns becomes a message") {
  linear::Library<> library;
  library.inference.predict = [](const cnn_run*) -> int32_t { return 17; };
  ModelHandle model = makeModel(library.inference);
  std::vector<float> image(16), logits(3);
  const void* inputs[] = {image.data()};
  void* outputs[] = {logits.data()};
  REQUIRE(cnn_model_predict(model.get(), inputs, outputs, 1) == CNN_ERROR_INTERNAL);
  REQUIRE_THAT(cnn_model_message(model.get()), Catch::Contains("code 17"));
  REQUIRE(cnn_model_predict(model.get(), inputs, outputs, 0) == CNN_ERROR_ARGUMENT);
}

TEST_CASE("scratch is a stack of 64-aligned pieces") {
  alignas(64) unsigned char memory[1024];
  cnn_worker worker{memory, sizeof(memory), 0, 0, 0};
  void* first = cnn_scratch_allocate(&worker, 1);
  void* second = cnn_scratch_allocate(&worker, 100);
  void* third = cnn_scratch_allocate(&worker, 0);
  REQUIRE(first == memory);
  REQUIRE(second == memory + 64);
  REQUIRE(third == memory + 192);
  cnn_scratch_free(&worker, third);
  cnn_scratch_free(&worker, second);
  REQUIRE(worker.scratch_used == 64);
  void* larger = cnn_scratch_allocate(&worker, 4096);
  REQUIRE(larger != nullptr);
  REQUIRE(worker.failed == 1);
  std::memset(larger, 1, 4096);
  cnn_scratch_free(&worker, larger);
  REQUIRE(worker.scratch_used == 64);
  cnn_scratch_free(&worker, nullptr);
  cnn_scratch_free(&worker, first);
  REQUIRE(worker.scratch_used == 0);
}
