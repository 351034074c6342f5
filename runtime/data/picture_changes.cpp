#include "picture_changes.h"
#include "../report/exceptions.h"

#include <cnn/image.hpp>

#include <algorithm>
#include <cstring>

namespace cnn {
namespace {

std::span<const std::uint32_t> inputsOf(const cnn_augment& change) {
  static constexpr std::uint32_t first = 0;
  return change.inputs ? std::span(change.inputs, change.input_count) : std::span(&first, 1);
}

/// The columns that a change is about: those it names, and with a picture in a file its mask in another,
/// where nothing names that.
std::vector<std::uint32_t> columnsOf(const cnn_augment& change, const std::vector<bool>& named,
                                     const std::vector<BoundColumn>& columns) {
  std::vector<std::uint32_t> all(inputsOf(change).begin(), inputsOf(change).end());
  auto inFile = [&](std::uint32_t i) { return !columns[i].isEmpty() && columns[i].source().in_files(); };
  if (!inFile(all.front())) return all;
  for (std::uint32_t i = 0; i < columns.size(); ++i)
    if (inFile(i) && columns[i].picture().classes && !named[i]) all.push_back(i);
  return all;
}

/// The changes of column `index` from a picture to what the network takes.
Status checkSize(const std::vector<ColumnChanges>& changes, std::size_t index, Picture picture,
                 const cnn_tensor& tensor) {
  for (const ColumnChanges& change : changes) {
    if (!change[index]) continue;
    Result<Picture> next = change[index]->becomes(picture);
    if (!next) return std::move(next).error();
    picture = *next;
  }
  const std::int64_t* size = tensor.shape + tensor.rank - 2;
  if (tensor.rank < 3 || picture.isSize(size[0], size[1])) return {};
  return Status::error(CNN_ERROR_ARGUMENT, "becomes a picture of %s, but the network takes %lld x %lld",
                       picture.sizeText().c_str(), static_cast<long long>(size[0]),
                       static_cast<long long>(size[1]));
}

Status checkColumn(const std::vector<ColumnChanges>& changes, std::size_t index, const Dataset& dataset,
                   const BoundColumn& column) {
  auto refused = [](const std::string& where, const Status& bad) {
    return Status::error(bad.code(), "%s: %s", where.c_str(), bad.message());
  };
  const Column& source = column.source();
  if (!source.in_files()) {
    if (Status bad = checkSize(changes, index, column.picture(), column.tensor()); !bad)
      return refused(dataset.source + ": column " + source.name, bad);
    return {};
  }
  for (const std::string& file : source.files) {
    Result<ImageSize> size = read_image_size(file);
    if (!size) return std::move(size).error();
    Picture picture = column.picture();
    picture.height = size->height;
    picture.width = size->width;
    if (Status bad = checkSize(changes, index, picture, column.tensor()); !bad) return refused(file, bad);
  }
  return {};
}

/// What gets the same draw has one size, or the draws differ.
Status checkTogether(const cnn_augment& change, const std::vector<BoundColumn>& columns) {
  const BoundColumn& first = columns[inputsOf(change).front()];
  for (std::uint32_t input : inputsOf(change)) {
    const Picture a = first.picture(), b = columns[input].picture();
    if (columns[input].source().in_files() == first.source().in_files() && a.isSize(b.height, b.width))
      continue;
    return Status::error(CNN_ERROR_MISMATCH, "%s: %s is %s, but %s, which is changed alike, is %s",
                         change.setting.name, first.tensor().name, a.sizeText().c_str(),
                         columns[input].tensor().name, b.sizeText().c_str());
  }
  return {};
}

} // namespace

ChangePlan ChangePlan::make(const cnn_training& table, bool training) {
  ChangePlan plan;
  for (std::uint32_t i = 0; training && i < table.augment_count; ++i)
    plan.changes.push_back(&table.augments[i]);
  std::vector<bool> augmented = plan.changed(table.description->input_count + table.target_count);
  for (std::uint32_t i = 0; i < table.description->preprocess_count; ++i) {
    const cnn_augment& change = table.description->preprocess[i];
    if (!augmented[inputsOf(change).front()]) plan.changes.push_back(&change);
  }
  return plan;
}

std::vector<bool> ChangePlan::changed(std::size_t count) const {
  std::vector<bool> result(count);
  for (const cnn_augment* change : changes)
    for (std::uint32_t input : inputsOf(*change)) result.at(input) = true;
  return result;
}

bool hasPreprocess(const cnn_description& network, std::uint32_t input) {
  return std::any_of(
      network.preprocess, network.preprocess + network.preprocess_count,
      [&](const cnn_augment& change) { return std::ranges::count(inputsOf(change), input) > 0; });
}

Result<Image> preprocess_image(const cnn_description& network, std::uint32_t input, Image image) try {
  const cnn_tensor& tensor = network.inputs[input];
  if (!hasPreprocess(network, input))
    return fit_image(std::move(image), static_cast<int>(tensor.shape[2]), static_cast<int>(tensor.shape[3]));
  std::vector<std::uint8_t> changed;
  for (std::uint32_t i = 0; i < network.preprocess_count; ++i) {
    const cnn_augment& change = network.preprocess[i];
    if (!std::ranges::count(inputsOf(change), input)) continue;
    Result<std::unique_ptr<Augmentation>> made = makeAugmentation(change.setting);
    if (!made) return std::move(made).error();
    const Picture picture{image.channels, image.height, image.width};
    Result<Picture> next = (*made)->becomes(picture);
    if (!next) return std::move(next).error();
    changed.resize(next->bytes());
    if (Status bad = (*made)->apply(picture, image.pixels.data(), changed.data(), {}); !bad) return bad;
    image.pixels.swap(changed);
    image.height = static_cast<int>(next->height);
    image.width = static_cast<int>(next->width);
  }
  if (image.height == tensor.shape[2] && image.width == tensor.shape[3]) return image;
  return Status::error(CNN_ERROR_ARGUMENT, "preprocess gives a picture of %d x %d, but %s is %lld x %lld",
                       image.height, image.width, tensor.name, static_cast<long long>(tensor.shape[2]),
                       static_cast<long long>(tensor.shape[3]));
} catch (...) {
  return caughtException();
}

Result<std::vector<ColumnChanges>> makeChanges(const ChangePlan& plan, const Dataset& dataset,
                                               const std::vector<BoundColumn>& columns) {
  std::vector<ColumnChanges> made;
  std::vector<bool> changed = plan.changed(columns.size());
  for (const cnn_augment* change : plan.changes) {
    ColumnChanges& each = made.emplace_back(columns.size());
    auto drawn = [&](std::uint32_t input) { return columns[input].isEmpty(); }; // no picture of the data
    if (std::ranges::any_of(inputsOf(*change), drawn)) continue;
    if (Status bad = checkTogether(*change, columns); !bad) return bad;
    for (std::uint32_t input : columnsOf(*change, changed, columns)) {
      const cnn_tensor& tensor = columns[input].tensor();
      if (tensor.rank != 4 && !(tensor.rank == 3 && columns[input].picture().classes))
        return Status::error(CNN_ERROR_ARGUMENT, "%s changes pictures, but %s is none", change->setting.name,
                             tensor.name);
      Result<std::unique_ptr<Augmentation>> augmentation = makeAugmentation(change->setting);
      if (!augmentation) return std::move(augmentation).error();
      each[input] = *std::move(augmentation);
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (!columns[i].isEmpty() && (changed[i] || columns[i].source().in_files()))
      if (Status bad = checkColumn(made, i, dataset, columns[i]); !bad) return bad;
  return made;
}

} // namespace cnn
