#include "pairs.h"

#include "../image/within_memory.h"
#include "picture_files.h"
#include "splits.h"

#include <algorithm>
#include <map>

namespace cnn {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>; // by what stands before the ending, within the folder

Result<Files> filesIn(const std::string& folder, bool masks, Skipped& skipped) {
  Result<std::vector<fs::path>> found = picturesIn(folder, masks, skipped);
  if (!found) return std::move(found).error();
  Files files;
  for (const fs::path& file : *found) {
    std::string name = file.lexically_relative(folder).replace_extension().string();
    auto [known, isNew] = files.try_emplace(std::move(name), file.string());
    if (!isNew)
      return Status::error(CNN_ERROR_FORMAT, "%s and %s have the same name but for the ending",
                           known->second.c_str(), file.c_str());
  }
  if (files.empty())
    return Status::error(CNN_ERROR_FORMAT, "%s: expected %s files, found none", folder.c_str(),
                         masks ? "PNG" : "PNG, JPEG or WebP");
  return files;
}

/// The first few of many lines.
std::string listed(const std::vector<std::string>& lines) {
  constexpr std::size_t most = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, lines.size()); ++i) text += (i ? ", " : "") + lines[i];
  if (lines.size() > most) text += " and " + std::to_string(lines.size() - most) + " more";
  return text;
}

std::vector<std::string> without(const Files& files, const Files& partners) {
  std::vector<std::string> alone;
  for (auto& [stem, file] : files)
    if (!partners.count(stem)) alone.push_back(file);
  return alone;
}

/// Pictures with a mask of another size, as their headers say.
Result<std::vector<std::string>> differing(const Files& pictures, const Files& masks) {
  std::vector<std::string> odd;
  for (auto& [stem, file] : pictures) {
    const std::string& mask = masks.at(stem);
    Result<ImageSize> size = read_image_size(file), other = read_image_size(mask);
    if (!size) return std::move(size).error();
    if (!other) return std::move(other).error();
    if (size->height == other->height && size->width == other->width) continue;
    auto text = [](const ImageSize& s) {
      return " (" + std::to_string(s.height) + " x " + std::to_string(s.width) + ")";
    };
    odd.push_back(file + text(*size) + " and " + mask + text(*other));
  }
  return odd;
}

Result<Dataset> listSplit(const std::string& pictureFolder, const std::string& maskFolder, const char* part,
                          int channels) {
  std::string from = pictureFolder + "/" + part, to = maskFolder + "/" + part;
  Skipped skipped;
  Result<Files> pictures = filesIn(from, false, skipped);
  if (!pictures) return std::move(pictures).error();
  Result<Files> masks = filesIn(to, true, skipped);
  if (!masks) return std::move(masks).error();
  for (auto [alone, where, what] : {std::tuple{without(*pictures, *masks), &to, "mask"},
                                    std::tuple{without(*masks, *pictures), &from, "picture"}})
    if (!alone.empty())
      return Status::error(CNN_ERROR_FORMAT, "%s: no %s of the same name for %s", where->c_str(), what,
                           listed(alone).c_str());
  Result<std::vector<std::string>> odd = differing(*pictures, *masks);
  if (!odd) return std::move(odd).error();
  if (!odd->empty())
    return Status::error(CNN_ERROR_FORMAT, "a picture and its mask have different sizes: %s",
                         listed(*odd).c_str());
  Dataset dataset;
  dataset.source = from;
  dataset.skipped = skipped.text(pictureFolder + " and " + maskFolder);
  dataset.count = static_cast<std::int64_t>(pictures->size());
  auto nameOf = [](const std::string& folder) { return fs::path(folder).filename().string(); };
  Column picture{nameOf(pictureFolder), CNN_U8, {channels, 0, 0}, {}},
      mask{nameOf(maskFolder), CNN_U8, {0, 0}, {}};
  for (auto& [stem, file] : *pictures) {
    picture.files.push_back(file);
    mask.files.push_back(masks->at(stem));
  }
  dataset.columns.push_back(std::move(picture));
  dataset.columns.push_back(std::move(mask));
  return dataset;
}

} // namespace

Result<DataSplits> list_pairs(const std::string& pictures, const std::string& masks, int channels) {
  return readSplits(pictures, [&](const char* part) {
    return withinMemory(pictures, [&] { return listSplit(pictures, masks, part, channels); });
  });
}

} // namespace cnn
