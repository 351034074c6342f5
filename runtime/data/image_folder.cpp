#include "picture_files.h"

#include "../image/within_memory.h"

#include <cnn/image.hpp>

namespace cnn {
namespace {

namespace fs = std::filesystem;

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
  Result<std::vector<fs::path>> entries = entriesOf(path);
  if (!entries) return std::move(entries).error();
  dataset.source = path;
  Skipped skipped;
  for (const fs::path& folder : *entries) {
    std::error_code ignored;
    if (isHidden(folder) || !fs::is_directory(folder, ignored)) {
      skipped.add(folder);
      continue;
    }
    auto label = static_cast<std::int32_t>(dataset.labels.size());
    dataset.labels.push_back(folder.filename().string());
    Skipped within;
    Result<std::vector<fs::path>> files = picturesIn(folder, false, within);
    if (!files) return std::move(files).error();
    if (files->empty()) {
      std::string others = within.text(folder.string());
      return Status::error(CNN_ERROR_FORMAT, "%s: expected PNG, JPEG or WebP files, found none%s%s",
                           folder.c_str(), others.empty() ? "" : "; ", others.c_str());
    }
    skipped.add(within);
    for (const fs::path& file : *files) {
      if (Status bad = add(file, label); !bad) return bad;
      ++dataset.count;
    }
  }
  if (dataset.labels.empty())
    return Status::error(CNN_ERROR_FORMAT, "%s: expected one folder per class, found none", path.c_str());
  dataset.skipped = skipped.text(path);
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
  return withinMemory(path, [&] {
    return readFolder(path, {"image", CNN_U8, {channels, height, width}, {}},
                      [&](const fs::path& file, Column& images) {
                        return append(file, channels, height, width, images.bytes);
                      });
  });
}

Result<Dataset> list_image_folder(const std::string& path, int channels) {
  return withinMemory(path, [&] {
    return readFolder(path, {"image", CNN_U8, {channels, 0, 0}, {}},
                      [](const fs::path& file, Column& images) {
                        images.files.push_back(file.string());
                        return Status();
                      });
  });
}

} // namespace cnn
