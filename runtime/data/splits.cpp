#include "splits.h"

#include "picture_files.h"

namespace cnn {
namespace {

namespace fs = std::filesystem;

bool isFolder(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// What is there instead of train.
Status noTrain(const std::string& folder) {
  Result<std::vector<fs::path>> entries = entriesOf(folder);
  if (!entries) return std::move(entries).error();
  constexpr std::size_t most = 5;
  std::string found;
  std::size_t count = 0;
  for (const fs::path& entry : *entries) {
    if (isHidden(entry) || !isFolder(entry.string()) || ++count > most) continue;
    found.append(found.empty() ? "" : ", ").append(entry.filename().string());
  }
  return Status::error(CNN_ERROR_FILE, "%s: expected a folder train, and beside it test or val; found %s%s",
                       folder.c_str(), found.empty() ? "no folder" : found.c_str(),
                       count > most ? ", …" : "");
}

} // namespace

Result<DataSplits> readSplits(const std::string& folder,
                              const std::function<Result<Dataset>(const char*)>& read) {
  if (!isFolder(folder + "/train")) return noTrain(folder);
  DataSplits splits;
  const char* validation = nullptr;
  for (const char* name : {"val", "valid", "validation"}) {
    if (!isFolder(folder + "/" + name)) continue;
    if (validation)
      return Status::error(CNN_ERROR_FORMAT, "%s: expected one folder for validation, found %s and %s",
                           folder.c_str(), validation, name);
    validation = name;
  }
  for (auto [name, part] : {std::pair("train", &splits.train), std::pair("test", &splits.test),
                            std::pair(validation, &splits.validation)}) {
    if (!name || !isFolder(folder + "/" + name)) continue;
    Result<Dataset> dataset = read(name);
    if (!dataset) return std::move(dataset).error();
    *part = *std::move(dataset);
  }
  return splits;
}

} // namespace cnn
