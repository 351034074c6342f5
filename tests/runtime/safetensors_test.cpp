#include "handles.h"
#include "linear_library.h"

#include <cstring>
#include <sys/stat.h>

namespace {

std::string prefixed(const std::string& header, const std::string& data = "") {
  std::string file(8, '\0');
  uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  return file + header + data;
}

const std::string goodHeader =
    R"({"__metadata__":{"format":"pt"},"fc.weight":{"dtype":"F32","shape":[3,16],"data_offsets":[0,192]},)"
    R"("fc.bias":{"data_offsets":[192,204],"shape":[3],"dtype":"F32"},)"
    R"( "bn.running_mean" : { "dtype" : "F32" , "shape" : [ 3 ] , "data_offsets" : [ 204 , 216 ] } })";

std::string replace(std::string text, const std::string& from, const std::string& to) {
  size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Loaded {
  int32_t status;
  std::string message;
};

Loaded load(const std::string& bytes) {
  linear::Library<> library;
  ModelHandle model = makeModel(library.inference);
  // An exact copy on the heap, so that a sanitizer sees reads beyond the end.
  std::vector<char> exact(bytes.begin(), bytes.end());
  int32_t status = cnn_model_load_memory(model.get(), exact.data(), exact.size(), "test.safetensors");
  return {status, cnn_model_message(model.get())};
}

} // namespace

TEST_CASE("a weights file of PyTorch's kind loads, whatever its order and spaces") {
  Loaded result = load(prefixed(goodHeader + "   ", std::string(216, '\0')));
  INFO(result.message);
  REQUIRE(result.status == CNN_OK);
}

TEST_CASE("what is saved loads again with the same bytes") {
  linear::Library<> library;
  TemporaryFolder folder;
  ModelHandle model = makeModel(library.inference), other = makeModel(library.inference);
  REQUIRE(cnn_model_initialise(model.get(), 11) == CNN_OK);
  std::string first = folder / "first.safetensors", second = folder / "second.safetensors";
  REQUIRE(cnn_model_save(model.get(), first.c_str()) == CNN_OK);
  REQUIRE(cnn_model_load(other.get(), first.c_str()) == CNN_OK);
  REQUIRE(cnn_model_save(other.get(), second.c_str()) == CNN_OK);
  REQUIRE(readFile(first) == readFile(second));
  REQUIRE(!std::filesystem::exists(first + ".part"));
  REQUIRE_THAT(readFile(first),
               Catch::Contains("\"bn.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[]"));
  REQUIRE_THAT(readFile(first), Catch::Contains("\"format\":\"pt\""));
  for (int i = 0; i < 80; ++i)
    REQUIRE(cnn_model_parameters(model.get())[i] == cnn_model_parameters(other.get())[i]);
}

TEST_CASE("half, bfloat16 and double weights are converted") {
  linear::Library<> library;
  ModelHandle model = makeModel(library.inference);
  const double values[] = {1.5, -2, 0.25};
  std::string half, bfloat, doubles(reinterpret_cast<const char*>(values), 24);
  for (uint16_t bits : {0x3e00, 0xc000, 0x3400}) half.append(reinterpret_cast<const char*>(&bits), 2);
  for (uint16_t bits : {0x3fc0, 0xc000, 0x3e80}) bfloat.append(reinterpret_cast<const char*>(&bits), 2);
  auto try_ = [&](const std::string& type, const std::string& bytes) {
    std::string end = std::to_string(192 + bytes.size()), last = std::to_string(204 + bytes.size());
    std::string header = replace(goodHeader, R"([192,204],"shape":[3],"dtype":"F32")",
                                 "[192," + end + R"(],"shape":[3],"dtype":")" + type + "\"");
    header = replace(header, "[ 204 , 216 ]", "[" + end + "," + last + "]");
    std::string file = prefixed(header, std::string(192, '\0') + bytes + std::string(12, '\0'));
    int32_t status = cnn_model_load_memory(model.get(), file.data(), file.size(), type.c_str());
    INFO(cnn_model_message(model.get()));
    REQUIRE(status == CNN_OK);
    for (int i = 0; i < 3; ++i)
      REQUIRE(cnn_model_parameters(model.get())[48 + i] == static_cast<float>(values[i]));
  };
  try_("F16", half);
  try_("BF16", bfloat);
  try_("F64", doubles);
}

TEST_CASE("one report lists all differences, and the parameters stay as they were") {
  linear::Library<> library;
  ModelHandle model = makeModel(library.inference);
  REQUIRE(cnn_model_initialise(model.get(), 1) == CNN_OK);
  std::vector<float> before(cnn_model_parameters(model.get()), cnn_model_parameters(model.get()) + 80);
  std::string file =
      prefixed(R"({"fc.weight":{"dtype":"F32","shape":[16,3],"data_offsets":[0,192]},)"
               R"("bn.running_mean":{"dtype":"I32","shape":[3],"data_offsets":[192,204]},)"
               R"("bn.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[204,212]},)"
               R"("cnn.step":{"dtype":"I64","shape":[],"data_offsets":[212,220]},)"
               R"("head.weight":{"dtype":"U8","shape":[2,2],"data_offsets":[220,224]}})",
               std::string(224, '\1'));
  REQUIRE(cnn_model_load_memory(model.get(), file.data(), file.size(), "w.safetensors") ==
          CNN_ERROR_MISMATCH);
  REQUIRE(std::string(cnn_model_message(model.get())) ==
          "w.safetensors does not fit the network Linear: 4 differences\n"
          "  shape       fc.weight: expected [3, 16], found F32 [16,3]\n"
          "  missing     fc.bias: expected [3]\n"
          "  type        bn.running_mean: expected F32, F16, BF16 or F64, found I32 [3]\n"
          "  unexpected  head.weight: found U8 [2,2]");
  for (size_t i = 0; i < 80; ++i) REQUIRE(cnn_model_parameters(model.get())[i] == before[i]);
}

TEST_CASE("malformed files give one clear error") {
  std::string data(216, '\0');
  struct Case {
    std::string bytes, message;
  };
  std::string unclosed = goodHeader.substr(0, goodHeader.size() - 2);
  const Case cases[] = {
      {"", "0 bytes, expected at least 8"},
      {"abc", "3 bytes, expected at least 8"},
      {std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10),
       "a header of 18446744073709551615 bytes in a file of 10"},
      {prefixed(goodHeader, data.substr(1)), "truncated: the header describes 216 bytes of data, found 215"},
      {prefixed(goodHeader, data + "x"), "bytes after the last tensor"},
      {prefixed("", ""), "expected '{'"},
      {prefixed("[]", ""), "expected '{'"},
      {prefixed(unclosed, data), "expected '}'"},
      {prefixed(goodHeader + "x", data), "nothing after the closing brace"},
      {prefixed(replace(goodHeader, "\"F32\"", "\"F33\""), data),
       "tensor 'fc.weight' has the unknown dtype 'F33'"},
      {prefixed(replace(goodHeader, "[3,16]", "[3,17]"), data), "do not fit F32 of shape [3,17]"},
      {prefixed(replace(goodHeader, "[3,16]", "[3,-16]"), data), "whole number, 0 or above"},
      {prefixed(replace(goodHeader, "[3,16]", "[3,1.6]"), data), "expected a whole number"},
      {prefixed(replace(goodHeader, "[3,16]", "[03,16]"), data), "leading zero"},
      {prefixed(replace(goodHeader, "[3,16]", "[3,16,]"), data), "whole number"},
      {prefixed(replace(goodHeader, "[3,16]", "[4294967296,4294967296,4294967296]"), data), "more elements"},
      {prefixed(replace(goodHeader, "[3,16]", "[99999999999999999999]"), data), "beyond 2^63"},
      {prefixed(replace(goodHeader, "[0,192]", "[192,0]"), data), "do not fit"},
      {prefixed(replace(goodHeader, "[0,192]", "[1,193]"), data), "begins at data byte 1, expected 0"},
      {prefixed(replace(goodHeader, "[192,204]", "[180,192]"), data), "neither overlap nor leave gaps"},
      {prefixed(replace(goodHeader, "\"fc.bias\"", "\"fc.weight\""), data),
       "two tensors are named 'fc.weight'"},
      {prefixed(replace(goodHeader, "\"fc.bias\"", "\"fc.b\\q\""), data),
       "an escape that JSON does not have"},
      {prefixed(replace(goodHeader, "\"fc.bias\"", "\"fc.b\\u12g4\""), data), "four hexadecimal digits"},
      {prefixed(replace(goodHeader, "\"fc.bias\"", "\"fc.b\\ud800\""), data), "surrogate"},
      {prefixed(replace(goodHeader, "\"fc.bias\"", "\"fc.b\\u0000\""), data), "NUL"},
      {prefixed(replace(goodHeader, "\"fc.bias\"", std::string("\"fc\x01\"")), data), "control character"},
      {prefixed(replace(goodHeader, "\"shape\":[3,16],", ""), data), "without dtype, shape or data_offsets"},
      {prefixed(replace(goodHeader, "\"shape\":[3,16]", "\"sharp\":[3,16]"), data), "each once"},
      {prefixed(replace(goodHeader, "\"format\":\"pt\"", "\"format\":3"), data), "expected '\"'"},
      {prefixed("{\"a", ""), "ends inside a string"},
      {prefixed("{\"a\\", ""), "ends inside a string"},
      {prefixed("{\"a\\u12", ""), "ends inside a string"},
      {prefixed("{\"__metadata__\":{},\"__metadata__\":{}}", ""), "second time"},
  };
  for (const Case& each : cases) {
    INFO(each.bytes.substr(0, 300));
    Loaded result = load(each.bytes);
    REQUIRE(result.status == CNN_ERROR_FORMAT);
    REQUIRE_THAT(result.message, Catch::StartsWith("test.safetensors: "));
    REQUIRE_THAT(result.message, Catch::Contains(each.message));
  }
}

TEST_CASE("every prefix and every flipped byte of a file is survived") {
  std::string good = prefixed(goodHeader, std::string(216, '\0'));
  for (size_t length = 0; length < good.size(); ++length)
    REQUIRE(load(good.substr(0, length)).status != CNN_OK);
  for (size_t at = 0; at < 8 + goodHeader.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = good;
      changed[at] = static_cast<char>(changed[at] ^ 1 << bit);
      Loaded result = load(changed);
      REQUIRE((result.status == CNN_OK) == result.message.empty());
    }
}

TEST_CASE("escapes in names are decoded") {
  Loaded result =
      load(prefixed(replace(goodHeader, "\"fc.bias\"", "\"\\u0066c.b\\u0069as\""), std::string(216, '\0')));
  INFO(result.message);
  REQUIRE(result.status == CNN_OK);
}

TEST_CASE("files that cannot be read or written are named") {
  linear::Library<> library;
  TemporaryFolder folder;
  ModelHandle model = makeModel(library.inference);
  std::string missing = folder / "no/such.safetensors";
  REQUIRE(cnn_model_load(model.get(), missing.c_str()) == CNN_ERROR_FILE);
  REQUIRE_THAT(cnn_model_message(model.get()), Catch::Contains(missing + ": cannot open: No such file"));
  REQUIRE(cnn_model_save(model.get(), missing.c_str()) == CNN_ERROR_FILE);
  REQUIRE_THAT(cnn_model_message(model.get()), Catch::Contains("No such file"));
  REQUIRE(cnn_model_load(model.get(), folder.path.c_str()) == CNN_ERROR_FILE);
  REQUIRE_THAT(cnn_model_message(model.get()), Catch::Contains("not a file"));
  REQUIRE(cnn_model_save(model.get(), folder.path.c_str()) == CNN_ERROR_FILE);
  REQUIRE(!std::filesystem::exists(folder.path.string() + ".part"));
}
