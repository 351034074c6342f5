//===- files.cpp - Output files: whole or not at all ------------------------------------------------===//

#include "files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace cnn::tools {

namespace fs = std::filesystem;

namespace {

bool writeOne(const std::string& path, const std::vector<char>& bytes, std::string& error) {
  std::error_code failed;
  fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, failed);
  std::FILE* file = failed ? nullptr : std::fopen(path.c_str(), "wb");
  int number = failed ? failed.value() : errno;
  bool ok = file && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (file && !ok) number = errno;
  if (file && std::fclose(file) != 0) {
    if (ok) number = errno;
    ok = false;
  }
  if (!ok) error = std::string("cannot write: ") + std::strerror(number);
  return ok;
}

} // namespace

bool writeFiles(const std::vector<OutputFile>& files, std::string& error) {
  std::string suffix = "." + std::to_string(getpid()) + ".part";
  std::error_code failed;
  size_t done = 0;
  for (; done < files.size(); ++done) {
    if (writeOne(files[done].path + suffix, files[done].bytes, error)) continue;
    error = files[done].path + ": " + error;
    break;
  }
  for (size_t i = 0; error.empty() && i < files.size(); ++i) {
    // A file that is replaced keeps its permissions.
    if (auto old = fs::status(files[i].path, failed); fs::exists(old))
      fs::permissions(files[i].path + suffix, old.permissions(), failed);
    fs::rename(files[i].path + suffix, files[i].path, failed);
    if (failed) error = files[i].path + ": cannot write: " + failed.message();
  }
  if (!error.empty())
    for (const OutputFile& file : files) fs::remove(file.path + suffix, failed);
  return error.empty();
}

} // namespace cnn::tools
