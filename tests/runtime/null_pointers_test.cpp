// Every function of the C headers with each of its pointers null in turn.
#include "handles.h"
#include "linear_library.h"

#include <cnn/cnn.hpp>

#include <functional>
#include <map>
#include <regex>

namespace {

struct Fixture {
  linear::Library<> library;
  ModelHandle model = makeModel(library.inference);
  std::vector<float> image = std::vector<float>(16, 0.5f), logits = std::vector<float>(3);
  std::vector<float> results = std::vector<float>(2);
  int32_t label = 1;
  const void* inputs[2] = {image.data(), &label};
  void* outputs[1] = {logits.data()};
  void* measured[3] = {logits.data(), &results[0], &results[1]};
  cnn_hyper hyper = cnn_hyper_default();
  cnn_training_state state{};
  TemporaryFolder folder;
  std::string path = folder / "weights.safetensors", bytes;
  unsigned char scratch[256];
  cnn_worker worker{scratch, sizeof(scratch), 0, 0, 0};

  Fixture() {
    REQUIRE(cnn_model_initialise(model.get(), 1) == CNN_OK);
    REQUIRE(cnn_training_attach(model.get(), &library.training, 4) == CNN_OK);
    REQUIRE(cnn_training_step(model.get(), inputs, 1, nullptr, nullptr) == CNN_OK);
    REQUIRE(cnn_training_accumulate(model.get(), 1) == CNN_OK);
    REQUIRE(cnn_training_ema(model.get(), 0.5) == CNN_OK);
    REQUIRE(cnn_model_save(model.get(), path.c_str()) == CNN_OK);
    bytes = readFile(path);
  }
};

/// Gives each pointer back, but for the one that is to be null: (number, pointer).
struct Nulls {
  int which; // -1: none
  template <class T> T* operator()(int number, T* pointer) const {
    return number == which ? nullptr : pointer;
  }
};

enum Null { refused, allowed };
enum Gives { status, value };

struct Row {
  std::vector<std::pair<const char*, Null>> pointers; // by their names in the header, in order
  Gives gives;
  std::function<intptr_t(Fixture&, Nulls)> call;
};

intptr_t address(const volatile void* pointer) {
  return reinterpret_cast<intptr_t>(pointer);
}

const std::map<std::string, Row> rows = {
    {"cnn_scratch_allocate",
     {{{"worker", refused}},
      value,
      [](Fixture& f, Nulls n) { return address(cnn_scratch_allocate(n(0, &f.worker), 64)); }}},
    {"cnn_scratch_free",
     {{{"worker", refused}, {"pointer", allowed}},
      value,
      [](Fixture& f, Nulls n) { return cnn_scratch_free(n(0, &f.worker), n(1, f.scratch)), 0; }}},

    {"cnn_model_create",
     {{{"inference", refused}, {"options", allowed}, {"model", refused}, {"message", allowed}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        cnn_options options{};
        cnn_model* model = nullptr;
        char message[100];
        int32_t code = cnn_model_create(n(0, &f.library.inference), n(1, &options), n(2, &model),
                                        n(3, message), sizeof(message));
        cnn_model_destroy(model);
        return code;
      }}},
    {"cnn_model_destroy",
     {{{"model", allowed}},
      value,
      [](Fixture& f, Nulls n) {
        cnn_model* model = makeModel(f.library.inference).release();
        cnn_model_destroy(n(0, model));
        if (n.which == 0) cnn_model_destroy(model);
        return 0;
      }}},
    {"cnn_model_message",
     {{{"model", allowed}},
      value,
      [](Fixture& f, Nulls n) {
        const char* message = cnn_model_message(n(0, f.model.get()));
        return message && !*message == !n.which ? address(message) : 0;
      }}},
    {"cnn_model_warning",
     {{{"model", allowed}},
      value,
      [](Fixture& f, Nulls n) { return address(cnn_model_warning(n(0, f.model.get()))); }}},
    {"cnn_model_set_metadata",
     {{{"model", refused}, {"name", refused}, {"text", allowed}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_model_set_metadata(n(0, f.model.get()), n(1, "author"), n(2, "somebody"));
      }}},
    {"cnn_model_metadata",
     {{{"model", refused}, {"name", refused}},
      value,
      [](Fixture& f, Nulls n) {
        REQUIRE(cnn_model_set_metadata(f.model.get(), "author", "somebody") == CNN_OK);
        return address(cnn_model_metadata(n(0, f.model.get()), n(1, "author")));
      }}},
    {"cnn_model_set_class_names",
     {{{"model", refused}, {"names", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        const char* names[] = {"a", "b", "c"};
        return cnn_model_set_class_names(n(0, f.model.get()), n(1, names), 3);
      }}},
    {"cnn_model_class_name",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) {
        const char* names[] = {"a", "b", "c"};
        REQUIRE(cnn_model_set_class_names(f.model.get(), names, 3) == CNN_OK);
        return address(cnn_model_class_name(n(0, f.model.get()), 1));
      }}},
    {"cnn_model_description",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) { return address(cnn_model_description(n(0, f.model.get()))); }}},
    {"cnn_model_threads",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_model_threads(n(0, f.model.get())); }}},
    {"cnn_model_max_batch",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_model_max_batch(n(0, f.model.get())); }}},
    {"cnn_model_scratch_bytes",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) {
        return static_cast<intptr_t>(cnn_model_scratch_bytes(n(0, f.model.get())));
      }}},
    {"cnn_model_reserve",
     {{{"model", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_model_reserve(n(0, f.model.get()), 3); }}},
    {"cnn_model_predict",
     {{{"model", refused}, {"inputs", refused}, {"outputs", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_model_predict(n(0, f.model.get()), n(1, f.inputs), n(2, f.outputs), 1);
      }}},
    {"cnn_model_initialise",
     {{{"model", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_model_initialise(n(0, f.model.get()), 1); }}},
    {"cnn_model_load",
     {{{"model", refused}, {"path", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_model_load(n(0, f.model.get()), n(1, f.path.c_str()));
      }}},
    {"cnn_model_load_memory",
     {{{"model", refused}, {"data", refused}, {"name", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_model_load_memory(n(0, f.model.get()), n(1, f.bytes.data()), f.bytes.size(), n(2, "here"));
      }}},
    {"cnn_model_save",
     {{{"model", refused}, {"path", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_model_save(n(0, f.model.get()), n(1, f.path.c_str()));
      }}},
    {"cnn_model_parameters",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) { return address(cnn_model_parameters(n(0, f.model.get()))); }}},
    {"cnn_model_parameters_changed",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) { return cnn_model_parameters_changed(n(0, f.model.get())), 0; }}},

    {"cnn_hyper_default",
     {{}, value, [](Fixture&, Nulls) -> intptr_t { return std::isnan(cnn_hyper_default().lr); }}},
    {"cnn_training_attach",
     {{{"model", refused}, {"training", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_training_attach(n(0, f.model.get()), n(1, &f.library.training), 0);
      }}},
    {"cnn_training_table",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) { return address(cnn_training_table(n(0, f.model.get()))); }}},
    {"cnn_training_max_batch",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_training_max_batch(n(0, f.model.get())); }}},
    {"cnn_training_set_phase",
     {{{"model", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_training_set_phase(n(0, f.model.get()), 0); }}},
    {"cnn_training_phase",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_training_phase(n(0, f.model.get())); }}},
    {"cnn_training_forward_backward",
     {{{"model", refused}, {"inputs", refused}, {"results", allowed}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_training_forward_backward(n(0, f.model.get()), n(1, f.inputs), 1, n(2, f.results.data()));
      }}},
    {"cnn_training_gradients",
     {{{"model", refused}},
      value,
      [](Fixture& f, Nulls n) { return address(cnn_training_gradients(n(0, f.model.get()))); }}},
    {"cnn_training_clip",
     {{{"model", refused}, {"norm", allowed}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        double norm;
        return cnn_training_clip(n(0, f.model.get()), 1, n(1, &norm));
      }}},
    {"cnn_training_accumulate",
     {{{"model", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_training_accumulate(n(0, f.model.get()), 1); }}},
    {"cnn_training_average_gradients",
     {{{"model", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_training_average_gradients(n(0, f.model.get())); }}},
    {"cnn_training_update",
     {{{"model", refused}, {"hyper", allowed}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_training_update(n(0, f.model.get()), n(1, &f.hyper));
      }}},
    {"cnn_training_step",
     {{{"model", refused}, {"inputs", refused}, {"hyper", allowed}, {"results", allowed}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_training_step(n(0, f.model.get()), n(1, f.inputs), 1, n(2, &f.hyper),
                                 n(3, f.results.data()));
      }}},
    {"cnn_training_evaluate",
     {{{"model", refused}, {"training", refused}, {"inputs", refused}, {"outputs", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_training_evaluate(n(0, f.model.get()), n(1, &f.library.training), n(2, f.inputs), 1,
                                     n(3, f.measured));
      }}},
    {"cnn_training_ema",
     {{{"model", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_training_ema(n(0, f.model.get()), 0.5); }}},
    {"cnn_training_ema_swap",
     {{{"model", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_training_ema_swap(n(0, f.model.get())); }}},
    {"cnn_training_keep",
     {{{"model", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t { return cnn_training_keep(n(0, f.model.get())); }}},
    {"cnn_training_restore",
     {{{"model", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        REQUIRE(cnn_training_keep(f.model.get()) == CNN_OK);
        return cnn_training_restore(n(0, f.model.get()));
      }}},
    {"cnn_training_get_state",
     {{{"model", refused}, {"state", refused}},
      status,
      [](Fixture& f, Nulls n) -> intptr_t {
        return cnn_training_get_state(n(0, f.model.get()), n(1, &f.state));
      }}},
};

/// The functions that a header declares, with the names of their parameters that are pointers.
void readDeclarations(const std::string& path, std::map<std::string, std::vector<std::string>>& functions) {
  std::string text = readFile(path);
  REQUIRE(!text.empty());
  text = std::regex_replace(text, std::regex(R"(/\*[^*]*\*+([^/*][^*]*\*+)*/)"), " ");
  text = std::regex_replace(text, std::regex(R"((^|\n)[ \t]*#[^\n]*)"), "\n");
  text = std::regex_replace(text, std::regex("extern \"C\" \\{"), " ");
  text = std::regex_replace(text, std::regex(R"(\{[^{}]*\})"), " ");
  const std::regex declaration(R"(\b(cnn_\w+)\s*\(([^()]*)\)\s*$)"),
      parameter(R"(\*\s*(?:const\s+)?(\w+)\s*(?:,|$))");
  for (std::size_t begin = 0, end; (end = text.find(';', begin)) != std::string::npos; begin = end + 1) {
    std::string one = text.substr(begin, end - begin);
    std::smatch found;
    if (one.find("typedef") != std::string::npos || !std::regex_search(one, found, declaration)) continue;
    std::string list = found[2];
    auto& names = functions[found[1]];
    for (std::sregex_iterator each(list.begin(), list.end(), parameter), none; each != none; ++each)
      names.push_back((*each)[1]);
  }
}

} // namespace

TEST_CASE("the table of null pointers has every function and pointer of the C headers") {
  std::map<std::string, std::vector<std::string>> declared, listed;
  for (const std::string folder : {"/include/cnn", "/abi/include/cnn"})
    for (const auto& entry : std::filesystem::directory_iterator(CNN_RUNTIME_SOURCE + folder))
      if (entry.path().extension() == ".h") readDeclarations(entry.path(), declared);
  for (const auto& [name, row] : rows) {
    listed[name];
    for (const auto& [pointer, null] : row.pointers) listed[name].push_back(pointer);
  }
  CHECK(declared.size() > 25);
  for (const auto& [name, pointers] : declared) {
    INFO(name);
    CHECK(listed[name] == pointers);
  }
  CHECK(listed.size() == declared.size());
}

TEST_CASE("a null pointer is an error of every function that does not allow it") {
  for (const auto& [name, row] : rows)
    for (int which = -1; which < static_cast<int>(row.pointers.size()); ++which) {
      Fixture fixture;
      bool bad = which >= 0 && row.pointers[static_cast<std::size_t>(which)].second == refused;
      const char* pointer = which < 0 ? "none" : row.pointers[static_cast<std::size_t>(which)].first;
      INFO(name << " with null for " << pointer);
      intptr_t found = row.call(fixture, {which});
      std::string message = cnn_model_message(fixture.model.get());
      if (row.gives == value && bad) CHECK(found == 0);
      if (row.gives == status) CHECK(found == (bad ? CNN_ERROR_ARGUMENT : CNN_OK));
      if (row.gives == status && bad && which > 0 && name != "cnn_model_create")
        CHECK(message == pointer + std::string(" is a null pointer"));
      // The model works as before.
      CHECK(cnn_training_step(fixture.model.get(), fixture.inputs, 1, nullptr, nullptr) == CNN_OK);
      CHECK(cnn_model_predict(fixture.model.get(), fixture.inputs, fixture.outputs, 1) == CNN_OK);
    }
}

TEST_CASE("a call with a null model has a message, and so has a creation with null") {
  REQUIRE(cnn_model_load(nullptr, "x") == CNN_ERROR_ARGUMENT);
  REQUIRE(cnn_model_message(nullptr) == std::string("the model is a null pointer"));
  linear::Library<> library;
  cnn_model* model = nullptr;
  char message[100];
  REQUIRE(cnn_model_create(nullptr, nullptr, &model, message, sizeof(message)) == CNN_ERROR_ARGUMENT);
  REQUIRE(message == std::string("inference is a null pointer"));
  REQUIRE(cnn_model_create(&library.inference, nullptr, nullptr, message, sizeof(message)) ==
          CNN_ERROR_ARGUMENT);
  REQUIRE_THAT(message, Catch::Contains("model is a null pointer"));
  library.inference.description = nullptr;
  REQUIRE(cnn_model_create(&library.inference, nullptr, &model, message, sizeof(message)) ==
          CNN_ERROR_ARGUMENT);
  REQUIRE(model == nullptr);
}

TEST_CASE("a tensor that is null is an error that names it") {
  Fixture f;
  const void* inputs[] = {nullptr, &f.label};
  REQUIRE(cnn_model_predict(f.model.get(), inputs, f.outputs, 1) == CNN_ERROR_ARGUMENT);
  REQUIRE(cnn_model_message(f.model.get()) == std::string("input image is a null pointer"));
  REQUIRE(cnn_training_step(f.model.get(), inputs, 1, nullptr, nullptr) == CNN_ERROR_ARGUMENT);
  REQUIRE(cnn_model_message(f.model.get()) == std::string("input image is a null pointer"));
  const void* noLabel[] = {f.image.data(), nullptr};
  REQUIRE(cnn_training_forward_backward(f.model.get(), noLabel, 1, nullptr) == CNN_ERROR_ARGUMENT);
  REQUIRE(cnn_model_message(f.model.get()) == std::string("target label is a null pointer"));
  void* outputs[] = {nullptr};
  REQUIRE(cnn_model_predict(f.model.get(), f.inputs, outputs, 1) == CNN_ERROR_ARGUMENT);
  REQUIRE(cnn_model_message(f.model.get()) == std::string("output logits is a null pointer"));
}

TEST_CASE("training code without a description is refused") {
  Fixture f;
  linear::Library<> other;
  other.training.description = nullptr;
  REQUIRE(cnn_training_attach(f.model.get(), &other.training, 0) == CNN_ERROR_ARGUMENT);
}

TEST_CASE("a C++ model that was moved from gives errors") {
  linear::Library<> library;
  cnn::Model model = cnn::Model::create(library.inference, {}).or_exit();
  cnn::Model moved = std::move(model);
  std::vector<float> image(16), logits(3);
  for (const cnn::Status& status :
       {model.run({std::span<const float>(image)}, {std::span<float>(logits)}), model.reserve(2),
        model.initialise(1), model.load("x"), model.save("x")}) {
    CHECK(status.code() == CNN_ERROR_ARGUMENT);
    CHECK(status.message() == std::string("the model is a null pointer"));
  }
  cnn::Trainer trainer(model, library.training, {.quiet = true});
  trainer.use({});
  CHECK(trainer.run().code() == CNN_ERROR_ARGUMENT);
  CHECK(trainer.test().code() == CNN_ERROR_ARGUMENT);
  CHECK(cnn::evaluate(model, library.training, {}).code() == CNN_ERROR_ARGUMENT);
}
