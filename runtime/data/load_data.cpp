#include "../image/within_memory.h"
#include "pairs.h"
#include "picture_changes.h"
#include "picture_files.h"
#include "readers.h"
#include "settings.h"
#include "splits.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <iterator>

namespace cnn {
namespace {

namespace fs = std::filesystem;

// train_image.npy, train_label.npy, test_image.npy, …: a column each. A part without files has no samples.
Result<Dataset> loadNpySplit(const std::string& folder, const std::string& prefix) {
  Dataset dataset;
  dataset.source = folder + "/" + prefix + "*.npy";
  Result<std::vector<fs::path>> entries = entriesOf(folder);
  if (!entries) return std::move(entries).error();
  fs::path first;
  for (const fs::path& file : *entries) {
    if (file.extension() != ".npy" || !file.stem().string().starts_with(prefix)) continue;
    std::int64_t count = 0;
    Result<Column> column = read_npy(file.string(), count);
    if (!column) return std::move(column).error();
    column->name = file.stem().string().substr(prefix.size());
    if (!dataset.columns.empty() && count != dataset.count)
      return Status::error(CNN_ERROR_FORMAT, "%s has %lld samples, but %s has %lld", file.c_str(),
                           static_cast<long long>(count), first.c_str(),
                           static_cast<long long>(dataset.count));
    if (dataset.columns.empty()) first = file;
    dataset.count = count;
    dataset.columns.push_back(*std::move(column));
  }
  return dataset;
}

} // namespace

Result<DataSplits> load_fashion_mnist(const ReaderRequest& request) {
  return fashion_mnist(request.path());
}
Result<DataSplits> load_mnist(const ReaderRequest& request) {
  return mnist(request.path());
}
Result<DataSplits> load_cifar10(const ReaderRequest& request) {
  return cifar10(request.path());
}
Result<DataSplits> load_cifar100(const ReaderRequest& request) {
  return cifar100(request.path());
}

Result<DataSplits> load_folder(const ReaderRequest& request) {
  if (!request.picture || request.picture->rank != 4)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "folder(\"%s\"): the network's first input is not a picture [N, C, H, W]",
                         request.path().c_str());
  const std::int64_t* shape = request.picture->shape;
  auto read = [&](const char* part) {
    if (request.ofAnySize) return list_image_folder(request.path() + "/" + part, static_cast<int>(shape[1]));
    return read_image_folder(request.path() + "/" + part, static_cast<int>(shape[1]),
                             static_cast<int>(shape[2]), static_cast<int>(shape[3]));
  };
  Result<DataSplits> splits = readSplits(request.path(), read);
  if (!splits) return splits;
  for (const Dataset* other : {&splits->test, &splits->validation}) {
    if (other->count == 0) continue;
    std::vector<std::string> odd;
    std::set_symmetric_difference(splits->train.labels.begin(), splits->train.labels.end(),
                                  other->labels.begin(), other->labels.end(), std::back_inserter(odd));
    if (!odd.empty())
      return Status::error(CNN_ERROR_FORMAT,
                           "%s and %s have different class folders: %s is in one of them only",
                           splits->train.source.c_str(), other->source.c_str(), odd.front().c_str());
  }
  return splits;
}

// Pictures stay in their files: masks have their sizes, and are cut with them.
Result<DataSplits> load_pairs(const ReaderRequest& request) {
  if (!request.picture || request.picture->rank != 4)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "pairs(\"%s\", …): the network's first input is not a picture [N, C, H, W]",
                         request.path().c_str());
  return list_pairs(request.path(), request.arguments[1], static_cast<int>(request.picture->shape[1]));
}

Result<DataSplits> load_npy(const ReaderRequest& request) {
  DataSplits splits;
  for (auto [prefix, part] : {std::pair("train_", &splits.train), std::pair("test_", &splits.test),
                              std::pair("val_", &splits.validation)}) {
    Result<Dataset> dataset = loadNpySplit(request.path(), prefix);
    if (!dataset) return std::move(dataset).error();
    if (part == &splits.train && dataset->columns.empty())
      return Status::error(CNN_ERROR_FILE, "%s: no train_*.npy", request.path().c_str());
    *part = *std::move(dataset);
  }
  return splits;
}

namespace {

struct Reader {
  const char* name;
  Result<DataSplits> (*load)(const ReaderRequest&);
  unsigned paths;
  std::array<const char*, 6> arguments; // null after the last
};
#define CNN_READER(name, paths, ...) {#name, load_##name, paths, {__VA_ARGS__}},
const Reader readers[] = {
#include "readers.def"
};
#undef CNN_READER

struct Setting {
  const Reader* reader;
  std::vector<std::string> arguments;
  Normalisation normalisation;
};

Result<Setting> readSetting(const cnn_setting& given) {
  Setting setting{};
  std::string known;
  for (const Reader& reader : readers) {
    known.append(known.empty() ? "" : ", ").append(reader.name);
    if (std::strcmp(reader.name, given.name) == 0) setting.reader = &reader;
  }
  if (!setting.reader)
    return Status::error(CNN_ERROR_ARGUMENT, "the data set %s is not known; known are %s", given.name,
                         known.c_str());
  Arguments arguments(given);
  unsigned place = 0;
  for (const char* name : setting.reader->arguments)
    if (name) setting.arguments.push_back(arguments.text(name, place++, ""));
  std::vector<float>& mean = setting.normalisation.mean = arguments.numbers("mean", place);
  std::vector<float>& deviation = setting.normalisation.deviation = arguments.numbers("std", place + 1);
  if (Status bad = arguments.finish(); !bad) return bad;
  if (mean.size() != deviation.size())
    return Status::error(CNN_ERROR_ARGUMENT, "%s: mean has %zu values and std %zu: expected the same number",
                         given.name, mean.size(), deviation.size());
  for (float each : deviation)
    if (each <= 0)
      return Status::error(CNN_ERROR_ARGUMENT, "%s: std is %g, expected above 0", given.name, each);
  return setting;
}

} // namespace

Result<DataSplits> load_data(const cnn_setting& given, const std::string& folder, const cnn_tensor* picture,
                             bool of_any_size) {
  Result<Setting> setting = readSetting(given);
  if (!setting) return std::move(setting).error();
  const Reader& reader = *setting->reader;
  if (!folder.empty()) // which is around several paths, and is the only one itself
    for (unsigned i = 0; i < reader.paths; ++i) {
      std::string& path = setting->arguments[i];
      path = reader.paths > 1 ? folder + "/" + path : folder;
    }
  Result<DataSplits> splits = withinMemory(
      setting->arguments.front(), [&] { return reader.load({setting->arguments, picture, of_any_size}); });
  if (!splits) return splits;
  for (Dataset* dataset : {&splits->train, &splits->test, &splits->validation}) {
    dataset->mean = setting->normalisation.mean;
    dataset->deviation = setting->normalisation.deviation;
  }
  return splits;
}

Result<DataSplits> load_data(const cnn_setting& setting, const std::string& folder,
                             const cnn_description& network) {
  for (std::uint32_t i = 0; i < network.input_count; ++i)
    if (network.inputs[i].rank == 4)
      return load_data(setting, folder, &network.inputs[i], hasPreprocess(network, i));
  return load_data(setting, folder, network.input_count > 0 ? network.inputs : nullptr);
}

Result<Normalisation> data_normalisation(const cnn_setting& setting) {
  Result<Setting> read = readSetting(setting);
  if (!read) return std::move(read).error();
  return std::move(read->normalisation);
}

std::vector<std::string> known_labels(const std::string& name) {
  if (name == "mnist") return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  if (name == "fashion_mnist")
    return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
            "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  if (name == "cifar10")
    return {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  return {};
}

} // namespace cnn
