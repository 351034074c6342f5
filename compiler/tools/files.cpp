//===- files.cpp - Output files: whole or not at all ------------------------------------------------===//

#include "files.h"

#include "runtime/files/replacement.h"

#include <csignal>
#include <filesystem>
#include <memory>

namespace cnn::tools {

namespace fs = std::filesystem;

namespace {

bool isGood(int32_t status, const Text& why, std::string& error) {
  if (status) error = why.message();
  return !status;
}

void removeAndEnd(int signal) {
  removeUnfinishedFiles();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

} // namespace

bool writeFiles(const std::vector<OutputFile>& files, std::string& error) {
  std::vector<std::unique_ptr<FileReplacement>> replacements;
  for (const OutputFile& file : files) {
    std::error_code failed;
    fs::path folder = fs::path(file.path).parent_path();
    if (!folder.empty() && !fs::is_directory(folder, failed)) fs::create_directories(folder, failed);
    if (failed) {
      error = file.path + ": cannot write: " + failed.message();
      return false;
    }
    FileReplacement& replacement = *replacements.emplace_back(std::make_unique<FileReplacement>());
    Text why;
    int32_t status = replacement.open(file.path.c_str(), why);
    if (!status) {
      replacement.write(file.bytes.data(), file.bytes.size());
      status = replacement.finish(why);
    }
    if (!isGood(status, why, error)) return false;
  }
  for (const auto& replacement : replacements) {
    Text why;
    if (!isGood(replacement->publish(why), why, error)) return false;
  }
  return true;
}

bool writeNewFile(const std::string& path, std::string_view text, bool& isThere, std::string& error) {
  FileReplacement file;
  Text why;
  int32_t status = file.open(path.c_str(), why, FileReplacement::Existing::refuse);
  if (!status) {
    file.write(text.data(), text.size());
    status = file.finish(why);
  }
  if (!status) status = file.publish(why);
  isThere = file.refused();
  return isGood(status, why, error);
}

void removeUnfinishedOnSignals() {
  for (int signal : {SIGINT, SIGTERM, SIGHUP})
    if (std::signal(signal, removeAndEnd) == SIG_IGN) std::signal(signal, SIG_IGN); // as nohup wants it
}

} // namespace cnn::tools
