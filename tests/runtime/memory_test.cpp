// The n-th allocation fails, for every n: once, and from then on. A program that includes this replaces
// libc's functions.
#include "trainee.h"

#include <atomic>
#include <cerrno>
#include <cstddef>

namespace {

// Allocations until one fails; below 0: never. And those that live.
std::atomic<long> left{-1}, living{0};
std::atomic<bool> forever{false}, failed{false};

bool fails() {
  if (left.load() < 0) return false;
  if (left.load() == 0) return forever;
  if (left.fetch_sub(1) != 1) return false;
  failed = true;
  return true;
}

template <class Allocate> void* allocate(Allocate allocate) {
  if (fails()) {
    errno = ENOMEM;
    return nullptr;
  }
  void* memory = allocate();
  if (memory) ++living;
  return memory;
}

} // namespace

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

void* malloc(size_t bytes) {
  return allocate([=] { return __libc_malloc(bytes); });
}
void* calloc(size_t count, size_t bytes) {
  return allocate([=] { return __libc_calloc(count, bytes); });
}
void* realloc(void* memory, size_t bytes) {
  void* moved = allocate([=] { return __libc_realloc(memory, bytes); });
  if (moved && memory) --living;
  return moved;
}
void* memalign(size_t alignment, size_t bytes) {
  return allocate([=] { return __libc_memalign(alignment, bytes); });
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  return memalign(alignment, bytes);
}
int posix_memalign(void** memory, size_t alignment, size_t bytes) {
  void* found = memalign(alignment, bytes);
  if (!found) return ENOMEM;
  *memory = found;
  return 0;
}
void free(void* memory) {
  if (memory) --living;
  __libc_free(memory);
}
}

namespace {

void failAfter(long allocations, bool always) {
  forever = always;
  failed = false;
  left = allocations;
}

/// Allocations work again. Whether one had failed.
bool endFailing() {
  left = -1;
  return failed;
}

/// The statuses of a scenario's calls, kept without memory.
struct Calls {
  int32_t status[40];
  int count = 0;
  bool operator()(int32_t found) {
    status[count++] = found;
    return found == CNN_OK;
  }
};

/// Everything that a model does, with a call after another one that failed. Gives what is wrong, or null.
const char* useModel(linear::Library<>& library, const std::string& path, const std::string& other,
                     const std::string& bytes, long n, bool always) {
  static float image[16] = {0.5f}, logits[3], expected[3];
  static int32_t label = 1;
  const void* inputs[] = {image, &label};
  void* outputs[] = {logits};
  const char* names[] = {"cat", "dog", "bird"};
  const long before = living;
  Calls calls;
  char message[300] = "";
  cnn_model* model = nullptr;
  cnn_options options{};
  options.max_batch = 2;
  failAfter(n, always);
  if (calls(cnn_model_create(&library.inference, &options, &model, message, sizeof(message)))) {
    calls(cnn_model_initialise(model, 3));
    calls(cnn_model_load(model, path.c_str()));
    calls(cnn_model_load_memory(model, bytes.data(), bytes.size(), "bytes"));
    calls(cnn_model_set_class_names(model, names, 3));
    calls(cnn_model_set_metadata(model, "author", "somebody"));
    calls(cnn_model_predict(model, inputs, outputs, 1));
    calls(cnn_model_reserve(model, 9));
    calls(cnn_model_save(model, other.c_str()));
    if (!calls(cnn_training_attach(model, &library.training, 8))) {
      endFailing();
      calls(cnn_training_attach(model, &library.training, 8));
    }
    calls(cnn_training_step(model, inputs, 1, nullptr, nullptr));
    calls(cnn_training_accumulate(model, 1));
    calls(cnn_training_ema(model, 0.5));
    calls(cnn_training_keep(model));
    calls(cnn_training_attach(model, &library.training, 30));
    calls(cnn_model_save(model, other.c_str()));
  } else if (model || !*message) {
    return "a failed creation gave a model, or no message";
  }
  const bool didFail = endFailing();
  const char* wrong = nullptr;
  bool reported = false;
  for (int i = 0; i < calls.count; ++i) {
    reported = reported || calls.status[i] == CNN_ERROR_MEMORY;
    if (calls.status[i] != CNN_OK && calls.status[i] != CNN_ERROR_MEMORY) wrong = "a code that is not MEMORY";
  }
  if (reported && !didFail) wrong = "no memory, though none had failed";
  if (model) {
    // As usable as before: the weights of the file, the same result.
    if (cnn_model_load(model, path.c_str()) || cnn_model_predict(model, inputs, outputs, 1))
      wrong = "the model is not usable";
    static bool hasExpected = false;
    if (!hasExpected) memcpy(expected, logits, sizeof(logits));
    hasExpected = true;
    if (memcmp(expected, logits, sizeof(logits)) != 0) wrong = "another result";
    if (cnn_model_load(model, other.c_str())) wrong = "the saved file is not whole";
    cnn_model_destroy(model);
  }
  if (living != before) wrong = "memory was not given back";
  return wrong;
}

} // namespace

TEST_CASE("an allocation that fails is CNN_ERROR_MEMORY in every call of a model, and nothing is lost") {
  TemporaryFolder folder;
  linear::Library<> library({CNN_ADAM, false});
  const std::string path = folder / "weights", other = folder / "other";
  ModelHandle model = makeModel(library.inference);
  const char* names[] = {"a", "b", "c"};
  REQUIRE(cnn_model_initialise(model.get(), 1) == CNN_OK);
  REQUIRE(cnn_model_set_class_names(model.get(), names, 3) == CNN_OK);
  REQUIRE(cnn_model_save(model.get(), path.c_str()) == CNN_OK);
  REQUIRE(cnn_model_save(model.get(), other.c_str()) == CNN_OK);
  const std::string bytes = readFile(path);
  model.reset();
  const char* unhurt =
      useModel(library, path, other, bytes, -1, false); // libc keeps some from the first time
  REQUIRE(std::string(unhurt ? unhurt : "memory was not given back") == "memory was not given back");
  for (bool always : {false, true}) {
    long n = 1;
    for (bool reached = true; reached && n < 2000; ++n) {
      const char* wrong = useModel(library, path, other, bytes, n, always);
      INFO("allocation " << n << (always ? " and all after it" : "") << " fails");
      REQUIRE(std::string(wrong ? wrong : "") == "");
      reached = failed;
    }
    CHECK(n > 40);
    CHECK(n < 2000);
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path)) files += entry.exists();
  CHECK(files == 2);
}

TEST_CASE("a file that does not fit, and no memory to say so, is no other error and no crash") {
  TemporaryFolder folder;
  linear::Library<5, 4> stranger;
  linear::Library<> library;
  const std::string path = folder / "weights";
  REQUIRE(cnn_model_save(makeModel(stranger.inference).get(), path.c_str()) == CNN_OK);
  ModelHandle model = makeModel(library.inference);
  for (long n = 1; n < 100; ++n) {
    failAfter(n, true);
    int32_t status = cnn_model_load(model.get(), path.c_str());
    const char* message = cnn_model_message(model.get());
    bool said = *message;
    bool reached = endFailing();
    INFO(n);
    REQUIRE(status == (reached ? CNN_ERROR_MEMORY : CNN_ERROR_MISMATCH));
    REQUIRE(said);
  }
}

TEST_CASE("training without enough memory ends with CNN_ERROR_MEMORY and throws nothing") {
  TemporaryFolder folder;
  linear::Library<> library;
  const std::string path = folder / "run";
  for (bool always : {false, true}) {
    bool reached = true;
    long n = 1;
    for (; reached && n < 20000; n += n < 200 ? 1 : 13) {
      cnn::Model model = makeTrainee(library);
      cnn::Trainer trainer(model, library.training,
                           {.epochs = 1, .batch = 4, .checkpoint = path, .overwrite = true, .quiet = true});
      trainer.use({rows(9, 1), rows(6, 2)});
      int trained = -1, tested = -1;
      bool threw = false;
      failAfter(n, always);
      try {
        trained = trainer.run().code();
        tested = trainer.test().code();
      } catch (...) {
        threw = true;
      }
      reached = endFailing();
      INFO("allocation " << n << (always ? " and all after it" : "") << " fails");
      REQUIRE(!threw);
      REQUIRE((trained == CNN_OK || trained == CNN_ERROR_MEMORY));
      REQUIRE((tested == CNN_OK || tested == CNN_ERROR_MEMORY));
      REQUIRE((reached || (trained == CNN_OK && tested == CNN_OK)));
      if (std::filesystem::exists(path)) REQUIRE(cnn_model_load(model.handle(), path.c_str()) == CNN_OK);
      REQUIRE(!std::filesystem::exists(path + ".lock"));
    }
    CHECK(n > 100);
    CHECK(n < 20000);
  }
}
