// predict and train_step allocate nothing and lock nothing from the second call on: counted by interposing
// malloc and pthread_mutex_lock in this program.
#include "handles.h"
#include "linear_library.h"

#include <atomic>
#include <dlfcn.h>
#include <pthread.h>

namespace {
std::atomic<long> allocations{0}, locks{0};

struct Counted {
  long allocated, locked;
};

template <class Body> Counted count(Body body) {
  long allocatedBefore = allocations, lockedBefore = locks;
  body();
  return {allocations - allocatedBefore, locks - lockedBefore};
}
} // namespace

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t bytes) {
  return ++allocations, __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) {
  return ++allocations, __libc_calloc(count, bytes);
}
void* realloc(void* memory, size_t bytes) {
  return ++allocations, __libc_realloc(memory, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  return ++allocations, __libc_memalign(alignment, bytes);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  static auto* next = reinterpret_cast<int (*)(pthread_mutex_t*)>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  ++locks;
  return next(mutex);
}
}

TEST_CASE("the counters count") {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  Counted counted = count([] {
    void* volatile memory = malloc(10);
    free(memory);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  });
  REQUIRE(counted.allocated == 1);
  REQUIRE(counted.locked == 1);
}

TEST_CASE("predict and train_step allocate and lock nothing from the second call on") {
  linear::Library<> library({CNN_ADAM, false});
  library.training.clip_norm = 0.1;
  for (int32_t threads : {1, 2}) {
    cnn_options options{};
    options.max_batch = 8;
    options.threads = threads;
    ModelHandle model = makeModel(library.inference, options);
    REQUIRE(cnn_model_initialise(model.get(), 1) == CNN_OK);
    REQUIRE(cnn_training_attach(model.get(), &library.training, 40) == CNN_OK);
    std::vector<float> images(40 * 16, 0.5f), logits(40 * 3);
    std::vector<int32_t> labels(40, 1);
    const void* inputs[] = {images.data(), labels.data()};
    void* outputs[] = {logits.data()};
    int32_t status = 0;
    auto run = [&] {
      status |= cnn_model_predict(model.get(), inputs, outputs, 40); // in slices, with prepare
      status |= cnn_training_step(model.get(), inputs, 40, nullptr, nullptr);
    };
    run();
    Counted counted = count([&] {
      for (int i = 0; i < 100; ++i) run();
    });
    REQUIRE(status == CNN_OK);
    REQUIRE(counted.allocated == 0);
    REQUIRE(counted.locked == 0);
  }
}
