// CIFAR's binary version: https://www.cs.toronto.edu/~kriz/cifar.html. Records of one or two label bytes and
// 3 x 32 x 32 pixels.
#include "../report/exceptions.h"
#include "file_bytes.h"

#include "../image/within_memory.h"

namespace cnn {
namespace {

constexpr std::uint64_t pictureBytes = 3 * 32 * 32;

Result<DataSplits> readSplits(const std::string& name, const std::string& folder,
                              const std::string& subfolder, const std::vector<std::string>& train,
                              const std::string& test, int classes, int labelBytes) {
  std::string base = folder;
  if (base.empty())
    if (const char* data = std::getenv("CNN_DATA")) base = data;
  std::vector<std::string> files = train;
  files.push_back(test);
  std::vector<std::string> places = {base, base.empty() ? "" : base + "/" + subfolder,
                                     "/usr/share/datasets/" + subfolder};
  Result<std::string> found =
      find_folder(places, files, name, "name the folder of its .bin files with --data or $CNN_DATA");
  if (!found) return std::move(found).error();
  std::vector<std::string> paths;
  for (const std::string& file : train) paths.push_back(plain_or_gzip(*found + "/" + file));
  Result<Dataset> trainSet = read_cifar(paths, classes, labelBytes);
  if (!trainSet) return std::move(trainSet).error();
  Result<Dataset> testSet = read_cifar({plain_or_gzip(*found + "/" + test)}, classes, labelBytes);
  if (!testSet) return std::move(testSet).error();
  return DataSplits{*std::move(trainSet), *std::move(testSet)};
}

Status appendFile(const std::string& path, int classes, int labelBytes, std::vector<std::uint8_t>& pixels,
                  std::vector<std::uint8_t>& labels) {
  Result<ByteFile> file = ByteFile::open(path);
  if (!file) return std::move(file).error();
  // The format has no header: a file is as many whole records as it has bytes.
  const std::uint64_t record = pictureBytes + static_cast<std::uint64_t>(labelBytes);
  std::vector<std::uint8_t> bytes;
  if (file->at_end())
    return Status::error(CNN_ERROR_FORMAT, "%s: empty, expected records of %llu bytes", path.c_str(),
                         static_cast<unsigned long long>(record));
  for (std::int64_t number = 0; !file->at_end(); ++number) {
    bytes.clear();
    if (Status bad = file->read(record, bytes, "last record"); !bad) return bad;
    std::uint8_t label = bytes[static_cast<std::size_t>(labelBytes) - 1];
    if (label >= classes)
      return Status::error(CNN_ERROR_FORMAT, "%s: record %lld has label %d, expected 0 to %d", path.c_str(),
                           static_cast<long long>(number), label, classes - 1);
    labels.push_back(label);
    pixels.insert(pixels.end(), bytes.begin() + labelBytes, bytes.end());
  }
  return {};
}

} // namespace

Result<Dataset> read_cifar(const std::vector<std::string>& paths, int classes, int label_bytes) try {
  std::vector<std::uint8_t> pixels, labels;
  for (const std::string& path : paths) {
    Status bad = withinMemory(path, [&] { return appendFile(path, classes, label_bytes, pixels, labels); });
    if (!bad) return bad;
  }
  Dataset dataset;
  dataset.source = paths.empty() ? "" : paths.front();
  dataset.count = static_cast<std::int64_t>(labels.size());
  dataset.columns.push_back({"image", CNN_U8, {3, 32, 32}, std::move(pixels)});
  dataset.columns.push_back({"label", CNN_U8, {}, std::move(labels)});
  return dataset;
} catch (...) {
  return caughtException();
}

Result<DataSplits> cifar10(const std::string& folder) {
  Result<DataSplits> splits = readSplits(
      "CIFAR-10", folder, "cifar-10-batches-bin",
      {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
      "test_batch.bin", 10, 1);
  if (splits) splits->train.labels = splits->test.labels = known_labels("cifar10");
  return splits;
}

Result<DataSplits> cifar100(const std::string& folder) {
  return readSplits("CIFAR-100", folder, "cifar-100-binary", {"train.bin"}, "test.bin", 100, 2);
}

} // namespace cnn
