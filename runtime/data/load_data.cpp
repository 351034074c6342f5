#include "../image/within_memory.h"
#include "pairs.h"
#include "picture_changes.h"
#include "picture_files.h"
#include "settings.h"
#include "splits.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iterator>

namespace cnn {
namespace {

namespace fs = std::filesystem;

struct Request {
  std::string folder;
  std::string second; // of two folders
  const cnn_tensor* picture;
  bool ofAnySize;
};

Result<DataSplits> loadFolder(const Request& request) {
  if (!request.picture || request.picture->rank != 4)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "folder(\"%s\"): the network's first input is not a picture [N, C, H, W]",
                         request.folder.c_str());
  const std::int64_t* shape = request.picture->shape;
  auto read = [&](const char* part) {
    if (request.ofAnySize) return list_image_folder(request.folder + "/" + part, static_cast<int>(shape[1]));
    return read_image_folder(request.folder + "/" + part, static_cast<int>(shape[1]),
                             static_cast<int>(shape[2]), static_cast<int>(shape[3]));
  };
  Result<DataSplits> splits = readSplits(request.folder, read);
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
Result<DataSplits> loadPairs(const Request& request) {
  if (!request.picture || request.picture->rank != 4)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "pairs(\"%s\", …): the network's first input is not a picture [N, C, H, W]",
                         request.folder.c_str());
  return list_pairs(request.folder, request.second, static_cast<int>(request.picture->shape[1]));
}

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

Result<DataSplits> loadNpy(const Request& request) {
  DataSplits splits;
  for (auto [prefix, part] : {std::pair("train_", &splits.train), std::pair("test_", &splits.test),
                              std::pair("val_", &splits.validation)}) {
    Result<Dataset> dataset = loadNpySplit(request.folder, prefix);
    if (!dataset) return std::move(dataset).error();
    if (part == &splits.train && dataset->columns.empty())
      return Status::error(CNN_ERROR_FILE, "%s: no train_*.npy", request.folder.c_str());
    *part = *std::move(dataset);
  }
  return splits;
}

struct Source {
  const char* name;
  Result<DataSplits> (*load)(const Request&);
};
constexpr Source sources[] = {
    {"fashion_mnist", [](const Request& request) { return fashion_mnist(request.folder); }},
    {"mnist", [](const Request& request) { return mnist(request.folder); }},
    {"cifar10", [](const Request& request) { return cifar10(request.folder); }},
    {"cifar100", [](const Request& request) { return cifar100(request.folder); }},
    {"folder", loadFolder},
    {"pairs", loadPairs},
    {"npy", loadNpy},
};

} // namespace

namespace {

// The arguments that every data setting has; pairs has two paths.
struct Common {
  std::string path, second;
  Normalisation normalisation;
};

Result<Common> readArguments(const cnn_setting& setting) {
  Arguments arguments(setting);
  Common common;
  bool two = std::strcmp(setting.name, "pairs") == 0;
  common.path = arguments.text(two ? "pictures" : "path", 0, "");
  if (two) common.second = arguments.text("masks", 1, "");
  std::vector<float>& mean = common.normalisation.mean = arguments.numbers("mean", two ? 2 : 1);
  std::vector<float>& deviation = common.normalisation.deviation = arguments.numbers("std", two ? 3 : 2);
  if (Status bad = arguments.finish(); !bad) return bad;
  if (mean.size() != deviation.size())
    return Status::error(CNN_ERROR_ARGUMENT, "%s: mean has %zu values and std %zu: expected the same number",
                         setting.name, mean.size(), deviation.size());
  for (float each : deviation)
    if (each <= 0)
      return Status::error(CNN_ERROR_ARGUMENT, "%s: std is %g, expected above 0", setting.name, each);
  return common;
}

} // namespace

Result<DataSplits> load_data(const cnn_setting& setting, const std::string& folder, const cnn_tensor* picture,
                             bool of_any_size) {
  Result<Common> common = readArguments(setting);
  if (!common) return std::move(common).error();
  std::string known;
  for (const Source& source : sources) {
    known.append(known.empty() ? "" : ", ").append(source.name);
    if (std::strcmp(source.name, setting.name) != 0) continue;
    bool two = !common->second.empty(); // a folder that the user gives is then the one around both
    std::string path = folder.empty() ? common->path : two ? folder + "/" + common->path : folder;
    std::string second = folder.empty() ? common->second : folder + "/" + common->second;
    Result<DataSplits> splits =
        withinMemory(path, [&] { return source.load({path, second, picture, of_any_size}); });
    if (!splits) return splits;
    for (Dataset* dataset : {&splits->train, &splits->test, &splits->validation}) {
      dataset->mean = common->normalisation.mean;
      dataset->deviation = common->normalisation.deviation;
    }
    return splits;
  }
  return Status::error(CNN_ERROR_ARGUMENT, "the data set %s is not known; known are %s", setting.name,
                       known.c_str());
}

Result<DataSplits> load_data(const cnn_setting& setting, const std::string& folder,
                             const cnn_description& network) {
  for (std::uint32_t i = 0; i < network.input_count; ++i)
    if (network.inputs[i].rank == 4)
      return load_data(setting, folder, &network.inputs[i], hasPreprocess(network, i));
  return load_data(setting, folder, network.input_count > 0 ? network.inputs : nullptr);
}

Result<Normalisation> data_normalisation(const cnn_setting& setting) {
  Result<Common> common = readArguments(setting);
  if (!common) return std::move(common).error();
  return std::move(common->normalisation);
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
