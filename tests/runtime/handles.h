// What the tests share: models that clean up, temporary folders, files.
#pragma once

#include <cnn/model.h>
#include <cnn/training.h>

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

struct DestroyModel {
  void operator()(cnn_model* model) const { cnn_model_destroy(model); }
};
using ModelHandle = std::unique_ptr<cnn_model, DestroyModel>;

inline ModelHandle makeModel(const cnn_inference& inference, cnn_options options = {}) {
  cnn_model* model = nullptr;
  char message[1024];
  int32_t status = cnn_model_create(&inference, &options, &model, message, sizeof(message));
  INFO(message);
  REQUIRE(status == CNN_OK);
  REQUIRE(model != nullptr);
  return ModelHandle(model);
}

class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cnn-runtime-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path / name).string(); }

  std::filesystem::path path;
};

inline void writeFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
