// predict and train_step allocate nothing and lock nothing from the second call on.
#include "counted_calls.h"
#include "handles.h"
#include "linear_library.h"

TEST_CASE("the counters count") {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  static pthread_rwlock_t readWrite = PTHREAD_RWLOCK_INITIALIZER;
  Counted counted = countCalls([] {
    void* volatile memory = malloc(10);
    free(memory);
    memory = aligned_alloc(64, 64);
    free(memory);
    memory = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(memory, 4096);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    pthread_rwlock_rdlock(&readWrite);
    pthread_rwlock_unlock(&readWrite);
  });
  REQUIRE(counted == Counted{6, 2});
}

TEST_CASE("predict and train_step allocate and lock nothing from the second call on") {
  linear::Library<> library({CNN_ADAM, false});
  library.phase.hyper.clip_norm = 0.1;
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
    Counted counted = countCalls([&] {
      for (int i = 0; i < 100; ++i) run();
    });
    REQUIRE(status == CNN_OK);
    REQUIRE(counted == Counted{0, 0});
  }
}
