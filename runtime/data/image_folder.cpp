#include "file_bytes.h"

#include <cnn/image.hpp>

#include <algorithm>
#include <filesystem>

namespace cnn {
namespace {

namespace fs = std::filesystem;

bool isPicture(const fs::path& path) {
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(), [](unsigned char c) { return std::tolower(c); });
  return end == ".png" || end == ".jpg" || end == ".jpeg";
}

// Sorted, so that the order does not depend on the file system.
template <class Keep> Result<std::vector<fs::path>> list(const fs::path& folder, Keep keep) {
  std::error_code bad;
  std::vector<fs::path> found;
  for (fs::directory_iterator at(folder, bad), end; !bad && at != end; at.increment(bad))
    if (keep(*at)) found.push_back(at->path());
  if (bad) return Status::error(CNN_ERROR_FILE, "%s: cannot read: %s", folder.c_str(), bad.message().c_str());
  std::sort(found.begin(), found.end());
  return found;
}

Status append(const fs::path& path, int channels, int height, int width, std::vector<std::uint8_t>& pixels) {
  Result<Image> image = read_image(path.string(), channels);
  if (!image) return std::move(image).error();
  Result<Image> fitted = fit_image(*std::move(image), height, width);
  if (!fitted) return std::move(fitted).error();
  pixels.insert(pixels.end(), fitted->pixels.begin(), fitted->pixels.end());
  return {};
}

/// Classes, and for each picture its file and label, which `add` gets.
template <class Add> Status forEachPicture(const std::string& path, Dataset& dataset, Add add) {
  auto classes = list(path, [](const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.is_directory(ignored) && entry.path().filename().string()[0] != '.';
  });
  if (!classes) return std::move(classes).error();
  if (classes->empty())
    return Status::error(CNN_ERROR_FORMAT, "%s: expected one folder a class, found none", path.c_str());
  dataset.source = path;
  for (const fs::path& folder : *classes) {
    auto label = static_cast<std::int32_t>(dataset.labels.size());
    dataset.labels.push_back(folder.filename().string());
    auto files = list(folder, [](const fs::directory_entry& entry) { return isPicture(entry.path()); });
    if (!files) return std::move(files).error();
    if (files->empty())
      return Status::error(CNN_ERROR_FORMAT, "%s: expected PNG or JPEG files, found none", folder.c_str());
    for (const fs::path& file : *files) {
      if (Status bad = add(file, label); !bad) return bad;
      ++dataset.count;
    }
  }
  return {};
}

/// The columns image and label; `addPicture` puts one into the former.
template <class AddPicture>
Result<Dataset> readFolder(const std::string& path, Column images, AddPicture addPicture) {
  Dataset dataset;
  Column labels{"label", CNN_I32, {}, {}};
  Status bad = forEachPicture(path, dataset, [&](const fs::path& file, std::int32_t label) {
    auto* bytes = reinterpret_cast<const std::uint8_t*>(&label);
    labels.bytes.insert(labels.bytes.end(), bytes, bytes + sizeof(label));
    return addPicture(file, images);
  });
  if (!bad) return bad;
  dataset.columns.push_back(std::move(images));
  dataset.columns.push_back(std::move(labels));
  return dataset;
}

} // namespace

Result<Dataset> read_image_folder(const std::string& path, int channels, int height, int width) {
  return readFolder(path, {"image", CNN_U8, {channels, height, width}, {}},
                    [&](const fs::path& file, Column& images) {
                      return append(file, channels, height, width, images.bytes);
                    });
}

Result<Dataset> list_image_folder(const std::string& path, int channels) {
  return readFolder(path, {"image", CNN_U8, {channels, 0, 0}, {}}, [](const fs::path& file, Column& images) {
    images.files.push_back(file.string());
    return Status();
  });
}

} // namespace cnn
