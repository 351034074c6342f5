#include "handles.h"
#include "linear_library.h"

#include <bit>
#include <thread>

#if defined(__x86_64__)

namespace {

constexpr uint32_t ordinary = 0x1f80, downwards = 0x3f80, flagged = 0x1f80 | 0x21,
                   trapping = 0x1f80 & ~0x0400u;

uint32_t mode() {
  return __builtin_ia32_stmxcsr();
}

/// Each chunk on a thread of its own, which starts with the caller's mode and sets the ordinary one.
void onNewThreads(void* workers, cnn_task task, void* closure, int64_t chunks) {
  for (int64_t chunk = 0; chunk < chunks; ++chunk)
    std::thread([&] {
      __builtin_ia32_ldmxcsr(ordinary);
      task(closure, chunk, static_cast<cnn_worker*>(workers));
    }).join();
}

/// Calls, and leaves the thread in `before` if the library did.
template <typename Call> void requireUnchanged(uint32_t before, Call call) {
  uint32_t own = mode();
  __builtin_ia32_ldmxcsr(before);
  call();
  uint32_t after = mode();
  __builtin_ia32_ldmxcsr(own);
  REQUIRE(after == before);
}

} // namespace

TEST_CASE("Subnormal numbers count as zero on every thread that predicts") {
  linear::Library<> library;
  for (int32_t threads : {1, 3, -1}) { // -1: the program's own
    cnn_worker worker{};
    std::vector<unsigned char> scratch(4096);
    cnn_options options{};
    options.threads = std::max(threads, 1);
    if (threads < 0) options.parallel_for = onNewThreads, options.pool = &worker;
    ModelHandle model = makeModel(library.inference, options);
    worker.scratch =
        reinterpret_cast<unsigned char*>((reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64);
    worker.scratch_bytes = 2048;
    float* parameters = cnn_model_parameters(model.get());
    std::fill_n(parameters, 48, 1.0f);
    cnn_model_parameters_changed(model.get());
    constexpr int64_t batch = 640;
    std::vector<float> images(batch * 16, 1e-39f), logits(batch * 3, 7.0f);
    const void* inputs[] = {images.data()};
    void* outputs[] = {logits.data()};
    REQUIRE(cnn_model_predict(model.get(), inputs, outputs, batch) == CNN_OK);
    for (float logit : logits) REQUIRE(std::bit_cast<uint32_t>(logit) == 0);
  }
}

TEST_CASE("The caller's floating-point mode is what it was, on every way out") {
  linear::Library<> library;
  cnn_options options{};
  options.threads = 3;
  ModelHandle model = makeModel(library.inference, options);
  REQUIRE(cnn_model_initialise(model.get(), 3) == CNN_OK);
  REQUIRE(cnn_training_attach(model.get(), &library.training, 64) == CNN_OK);
  std::vector<float> images(64 * 16, 0.1f), logits(64 * 3), results(2);
  std::vector<int32_t> labels(64, 1);
  const void *inputs[] = {images.data()}, *batch[] = {images.data(), labels.data()};
  void* outputs[] = {logits.data()};
  cnn_model* m = model.get();
  for (uint32_t before : {ordinary, downwards, flagged, trapping}) {
    requireUnchanged(before, [&] { cnn_model_predict(m, inputs, outputs, 64); });
    requireUnchanged(before, [&] { cnn_model_predict(m, inputs, outputs, 0); });
    requireUnchanged(before, [&] { cnn_training_forward_backward(m, batch, 64, results.data()); });
    requireUnchanged(before, [&] { cnn_training_forward_backward(m, batch, 0, results.data()); });
    requireUnchanged(before, [&] { cnn_training_accumulate(m, 1); });
    requireUnchanged(before, [&] { cnn_training_accumulate(m, -1); });
    requireUnchanged(before, [&] { cnn_training_average_gradients(m); });
    requireUnchanged(before, [&] { cnn_training_average_gradients(m); }); // none left: an error
    requireUnchanged(before, [&] { cnn_training_clip(m, 1, nullptr); });
    requireUnchanged(before, [&] { cnn_training_update(m, nullptr); });
    requireUnchanged(before, [&] { cnn_training_ema(m, 0.9); });
    requireUnchanged(before, [&] { cnn_training_step(m, batch, 64, nullptr, nullptr); });
  }
}

#endif
