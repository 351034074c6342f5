// What happens to the pool's threads and to shared parameters when code is unloaded and processes fork.
#include "handles.h"
#include "linear_library.h"

#include <atomic>
#include <csignal>
#include <dlfcn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

long threadsOfProcess() {
  std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

/// Linear's prepare, and the time of a large network's.
std::atomic<bool> slow{false};
std::atomic<int> preparations{0};
int32_t prepareSlowly(const cnn_run* run) {
  ++preparations;
  if (slow) usleep(20000);
  return linear::Code<4, 3>::prepare(run);
}

} // namespace

TEST_CASE("a shared object with a library is loaded and unloaded a thousand times") {
  const long before = threadsOfProcess();
  for (int32_t threads : {1, 2, 4})
    for (int round = 0; round < 334; ++round) {
      void* object = dlopen(CNN_PLUG_IN, RTLD_NOW | RTLD_LOCAL);
      INFO(dlerror());
      REQUIRE(object != nullptr);
      auto* predictOnce = reinterpret_cast<int32_t (*)(int32_t)>(dlsym(object, "predict_once"));
      REQUIRE(predictOnce != nullptr);
      REQUIRE(predictOnce(threads) == CNN_OK);
      REQUIRE(dlclose(object) == 0);
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__) // which keep what was loaded
      REQUIRE(dlopen(CNN_PLUG_IN, RTLD_NOW | RTLD_NOLOAD) == nullptr);
#endif
    }
  REQUIRE(threadsOfProcess() == before);
}

TEST_CASE("the threads end with the last model, and start again with the next one") {
  linear::Library<> library;
  const long before = threadsOfProcess();
  std::vector<float> images(64 * 16, 0.5f), logits(64 * 3);
  const void* inputs[] = {images.data()};
  void* outputs[] = {logits.data()};
  cnn_options options{};
  options.threads = 3;
  options.max_batch = 64;
  for (int round = 0; round < 3; ++round) {
    ModelHandle first = makeModel(library.inference, options), second = makeModel(library.inference, options);
    REQUIRE(cnn_model_predict(first.get(), inputs, outputs, 64) == CNN_OK);
    REQUIRE(threadsOfProcess() == before + 2);
    first.reset();
    REQUIRE(threadsOfProcess() == before + 2);
    REQUIRE(cnn_model_predict(second.get(), inputs, outputs, 64) == CNN_OK);
    second.reset();
    REQUIRE(threadsOfProcess() == before);
  }
}

TEST_CASE("models come and go on several threads at the same time") {
  linear::Library<> library;
  const long before = threadsOfProcess();
  std::atomic<int> failures{0};
  std::vector<std::thread> users;
  for (int user = 0; user < 4; ++user)
    users.emplace_back([&] {
      std::vector<float> images(64 * 16, 0.5f), logits(64 * 3);
      const void* inputs[] = {images.data()};
      void* outputs[] = {logits.data()};
      cnn_options options{};
      options.threads = 3;
      options.max_batch = 64;
      for (int round = 0; round < 200; ++round) {
        cnn_model* model = nullptr;
        failures += cnn_model_create(&library.inference, &options, &model, nullptr, 0) != CNN_OK;
        for (int i = 0; i < 2; ++i) failures += cnn_model_predict(model, inputs, outputs, 64) != CNN_OK;
        cnn_model_destroy(model);
      }
    });
  for (std::thread& user : users) user.join();
  REQUIRE(failures == 0);
  REQUIRE(threadsOfProcess() == before);
}

#if !defined(__SANITIZE_THREAD__) // under which a child of a process with threads may do little
TEST_CASE("a child that was forked while shared parameters were prepared predicts") {
  linear::Library<> library;
  library.inference.prepare = prepareSlowly;
  std::vector<float> images(16, 0.5f), logits(3);
  const void* inputs[] = {images.data()};
  void* outputs[] = {logits.data()};
  ModelHandle model = makeModel(library.inference);
  REQUIRE(cnn_model_initialise(model.get(), 1) == CNN_OK);
  cnn_options options{};
  options.share = model.get();
  ModelHandle shared = makeModel(library.inference, options);
  REQUIRE(cnn_model_predict(model.get(), inputs, outputs, 1) == CNN_OK);
  const std::vector<float> expected = logits;

  for (int round = 0; round < 5; ++round) {
    slow = true;
    cnn_model_parameters_changed(model.get());
    const int seen = preparations;
    std::thread preparing([&] {
      std::vector<float> own(3);
      void* to[] = {own.data()};
      cnn_model_predict(shared.get(), inputs, to, 1);
    });
    while (preparations == seen) std::this_thread::yield();
    pid_t child = fork();
    if (child == 0) {
      alarm(10);
      slow = false;
      std::fill(logits.begin(), logits.end(), 0.0f);
      int32_t status = cnn_model_predict(model.get(), inputs, outputs, 1);
      _exit(status == CNN_OK && logits == expected ? 0 : 1);
    }
    preparing.join();
    slow = false;
    REQUIRE(child > 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
  }
}

TEST_CASE("a child destroys the models that it was forked with") {
  linear::Library<> library;
  std::vector<float> images(64 * 16, 0.5f), logits(64 * 3);
  const void* inputs[] = {images.data()};
  void* outputs[] = {logits.data()};
  cnn_options options{};
  options.threads = 3;
  options.max_batch = 64;
  ModelHandle model = makeModel(library.inference, options);
  REQUIRE(cnn_model_predict(model.get(), inputs, outputs, 64) == CNN_OK);
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(10);
    int32_t status = cnn_model_predict(model.get(), inputs, outputs, 64);
    cnn_model_destroy(model.release());
    _exit(status == CNN_OK && threadsOfProcess() == 1 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
}
#endif
