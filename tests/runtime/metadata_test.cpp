// Texts that travel with the weights: class names, and what else is set.
#include "handles.h"
#include "trainee.h"

#include "../../runtime/model/metadata.h"

#include <cstring>

namespace {

std::string text(const char* given) {
  return given ? given : "(none)";
}

/// The JSON header of a safetensors file.
std::string headerOf(const std::string& path) {
  std::string file = readFile(path);
  std::uint64_t length;
  std::memcpy(&length, file.data(), 8);
  return file.substr(8, length);
}

std::string withMetadata(const std::string& metadata) {
  std::string header =
      "{\"__metadata__\":{" + metadata +
      R"(},"fc.weight":{"dtype":"F32","shape":[3,16],)"
      R"("data_offsets":[0,192]},"fc.bias":{"dtype":"F32","shape":[3],"data_offsets":[192,204]},)"
      R"("bn.running_mean":{"dtype":"F32","shape":[3],"data_offsets":[204,216]}})";
  std::string file(8, '\0');
  std::uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  return file + header + std::string(216, '\0');
}

} // namespace

TEST_CASE("metadata is kept by name, and files keep it") {
  linear::Library<> library;
  TemporaryFolder folder;
  ModelHandle model = makeModel(library.inference), other = makeModel(library.inference);
  REQUIRE(cnn_model_metadata(model.get(), "note") == nullptr);
  for (auto [name, value] : {std::pair("note", "first"), std::pair("author", "a \"quoted\"\nname"),
                             std::pair("note", "second"), std::pair("zero", ""), std::pair("gone", "x")})
    REQUIRE(cnn_model_set_metadata(model.get(), name, value) == CNN_OK);
  REQUIRE(cnn_model_set_metadata(model.get(), "gone", nullptr) == CNN_OK);
  REQUIRE(cnn_model_set_metadata(model.get(), "never", nullptr) == CNN_OK);
  const std::string path = folder / "a.safetensors", again = folder / "b.safetensors";
  REQUIRE(cnn_model_save(model.get(), path.c_str()) == CNN_OK);
  REQUIRE(cnn_model_load(other.get(), path.c_str()) == CNN_OK);
  CHECK(text(cnn_model_metadata(other.get(), "note")) == "second");
  CHECK(text(cnn_model_metadata(other.get(), "author")) == "a \"quoted\"\nname");
  CHECK(text(cnn_model_metadata(other.get(), "zero")).empty());
  CHECK(text(cnn_model_metadata(other.get(), "gone")) == "(none)");
  CHECK(text(cnn_model_metadata(other.get(), "network")) == "Linear");
  REQUIRE(cnn_model_save(other.get(), again.c_str()) == CNN_OK);
  CHECK(readFile(path) == readFile(again));
  // A file's metadata replaces what was there.
  std::string file = withMetadata("\"other\":\"1\"");
  REQUIRE(cnn_model_load_memory(other.get(), file.data(), file.size(), "c") == CNN_OK);
  CHECK(text(cnn_model_metadata(other.get(), "note")) == "(none)");
  CHECK(text(cnn_model_metadata(other.get(), "other")) == "1");
}

TEST_CASE("what the runtime writes by itself cannot be set, and a name stands once in a file") {
  linear::Library<> library;
  ModelHandle model = makeModel(library.inference);
  REQUIRE(cnn_model_set_metadata(model.get(), "network", "x") == CNN_ERROR_ARGUMENT);
  REQUIRE_THAT(cnn_model_message(model.get()), Catch::Contains("'network' is the runtime's own"));
  std::string file = withMetadata(R"("b":"1","a":"2","b":"3")");
  REQUIRE(cnn_model_load_memory(model.get(), file.data(), file.size(), "c.safetensors") == CNN_ERROR_FORMAT);
  REQUIRE(std::string(cnn_model_message(model.get())) ==
          "c.safetensors: the metadata 'b' stands there twice");
}

TEST_CASE("class names travel with the weights and with what shares them") {
  linear::Library<> library;
  TemporaryFolder folder;
  ModelHandle model = makeModel(library.inference), other = makeModel(library.inference);
  REQUIRE(cnn_model_class_name(model.get(), 0) == nullptr);
  const char* names[] = {"cat \"7\"", "d\xc3\xb6g, [small]", "broken \xff\xe4"};
  REQUIRE(cnn_model_set_class_names(model.get(), names, 3) == CNN_OK);
  const std::string path = folder / "a.safetensors";
  REQUIRE(cnn_model_save(model.get(), path.c_str()) == CNN_OK);
  REQUIRE(cnn_model_load(other.get(), path.c_str()) == CNN_OK);
  cnn_options sharingOptions{};
  sharingOptions.share = other.get();
  ModelHandle sharing = makeModel(library.inference, sharingOptions);
  for (cnn_model* each : {model.get(), other.get(), sharing.get()}) {
    CHECK(text(cnn_model_class_name(each, 0)) == names[0]);
    CHECK(text(cnn_model_class_name(each, 1)) == names[1]);
    CHECK(text(cnn_model_class_name(each, 2)) == "broken \xef\xbf\xbd\xef\xbf\xbd"); // files are UTF-8
    CHECK(cnn_model_class_name(each, 3) == nullptr);
    CHECK(cnn_model_class_name(each, -1) == nullptr);
  }
  CHECK_THAT(headerOf(path), Catch::Contains("\\\\ufffd") || Catch::Contains("\\ufffd"));
  REQUIRE(cnn_model_set_class_names(model.get(), nullptr, 0) == CNN_OK);
  CHECK(cnn_model_class_name(model.get(), 0) == nullptr);
  CHECK(cnn_model_metadata(model.get(), "class_names") == nullptr);
}

TEST_CASE("a text list is read as it was written, or is none") {
  cnn::TextList list;
  REQUIRE(list.parse(R"( [ "a" , "\u00e4\"\\", "" ] )"));
  REQUIRE(list.size() == 3);
  CHECK(text(list[1]) == "\xc3\xa4\"\\");
  for (const char* none :
       {"", "[", "[\"a\"", "[\"a\",]", "[1]", "{\"a\":1}", "[\"a\"] x", "\"a\"", "[[]]", "[\"\\q\"]"}) {
    INFO(none);
    REQUIRE(list.parse(none));
    CHECK(list.size() == 0);
  }
  REQUIRE(list.parse("[]"));
  CHECK(list.size() == 0);
  REQUIRE(list.parse(nullptr));
}

TEST_CASE(
    "training names the classes of its data, in weights and checkpoint, and goes on with the same only") {
  Small library;
  TemporaryFolder folder;
  auto run = [&](std::vector<std::string> labels, std::int64_t epochs) {
    cnn::Model model = makeTrainee(library);
    cnn::Trainer trainer(model, library.training,
                         {.epochs = epochs, .checkpoint = folder / "c", .resume = true, .quiet = true});
    cnn::DataSplits data = splits();
    data.train.labels = labels;
    trainer.use(std::move(data));
    cnn::Status status = trainer.run();
    return status.ok() ? text(model.class_name(1)) : std::string(status.message());
  };
  CHECK(run({"cat", "dog", "emu"}, 1) == "dog");
  CHECK_THAT(run({"cat", "dog", "eel"}, 2),
             Catch::StartsWith(folder / "c: cannot go on with other classes") && Catch::Contains("\"emu\"") &&
                 Catch::Contains("\"eel\""));
  CHECK(run({}, 2) == "dog"); // data that names none
  CHECK(run({"cat", "dog", "emu"}, 3) == "dog");
}
