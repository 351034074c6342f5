// The IDX format of MNIST: http://yann.lecun.com/exdb/mnist. Big-endian: two zero bytes, element type, rank,
// extents.
#include "file_bytes.h"

#include "../image/within_memory.h"

namespace cnn {
namespace {

constexpr std::uint8_t unsignedByte = 8;

std::uint32_t bigEndian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
         bytes[3];
}

struct Idx {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> values;
};

Result<Idx> readOne(const std::string& path, std::uint32_t rank, const char* what) {
  Result<ByteFile> file = ByteFile::open(path);
  if (!file) return std::move(file).error();
  std::vector<std::uint8_t> header;
  if (Status bad = file->read(4, header, "header"); !bad) return bad;
  if (header[0] != 0 || header[1] != 0)
    return Status::error(CNN_ERROR_FORMAT, "%s: not an IDX file: begins with %02x %02x, expected 00 00",
                         path.c_str(), header[0], header[1]);
  if (header[2] != unsignedByte || header[3] != rank)
    return Status::error(CNN_ERROR_FORMAT,
                         "%s: expected %s: 8-bit values of rank %u, found element type 0x%02x, rank %u",
                         path.c_str(), what, rank, header[2], header[3]);
  if (Status bad = file->read(4 * rank, header, "header"); !bad) return bad;
  Idx idx;
  std::uint64_t total = 1;
  for (std::uint32_t i = 0; i < rank; ++i) {
    std::uint32_t extent = bigEndian(&header[4 + 4 * i]);
    idx.shape.push_back(extent);
    if (extent == 0)
      return Status::error(CNN_ERROR_FORMAT, "%s: empty: its extent in dimension %u is 0", path.c_str(), i);
    if (__builtin_mul_overflow(total, std::uint64_t{extent}, &total) || total > std::uint64_t{1} << 40)
      return Status::error(CNN_ERROR_FORMAT, "%s: impossible extent %u in dimension %u", path.c_str(), extent,
                           i);
  }
  if (Status bad = file->read(total, idx.values, what); !bad) return bad;
  if (Status bad = file->expect_end(what); !bad) return bad;
  return idx;
}

Result<DataSplits> readSplits(const std::string& name, std::vector<std::string> candidates,
                              std::vector<std::string> labels, const std::string& hint) {
  Result<std::string> found = find_folder(candidates,
                                          {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                           "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
                                          name, hint);
  if (!found) return std::move(found).error();
  auto path = [&](const char* file) { return plain_or_gzip(*found + "/" + file); };
  DataSplits splits;
  for (auto [split, prefix] : {std::pair(&splits.train, "train"), std::pair(&splits.test, "t10k")}) {
    Result<Dataset> read = read_idx(path((std::string(prefix) + "-images-idx3-ubyte").c_str()),
                                    path((std::string(prefix) + "-labels-idx1-ubyte").c_str()));
    if (!read) return std::move(read).error();
    *split = *std::move(read);
    split->labels = labels;
  }
  return splits;
}

std::vector<std::string> placesOf(const std::string& folder, const char* name,
                                  std::vector<std::string> usual) {
  if (!folder.empty()) return {folder, folder + "/" + name};
  std::vector<std::string> places;
  if (const char* data = std::getenv("CNN_DATA")) places = {data, std::string(data) + "/" + name};
  places.insert(places.end(), usual.begin(), usual.end());
  return places;
}

Result<Dataset> readBoth(const std::string& images_path, const std::string& labels_path) {
  Result<Idx> images = readOne(images_path, 3, "pictures");
  if (!images) return std::move(images).error();
  Result<Idx> labels = readOne(labels_path, 1, "labels");
  if (!labels) return std::move(labels).error();
  if (images->shape[0] != labels->shape[0])
    return Status::error(CNN_ERROR_FORMAT, "%s has %lld labels, but %s has %lld pictures",
                         labels_path.c_str(), static_cast<long long>(labels->shape[0]), images_path.c_str(),
                         static_cast<long long>(images->shape[0]));
  Dataset dataset;
  dataset.source = labels_path;
  dataset.count = images->shape[0];
  dataset.columns.push_back(
      {"image", CNN_U8, {1, images->shape[1], images->shape[2]}, std::move(images->values)});
  dataset.columns.push_back({"label", CNN_U8, {}, std::move(labels->values)});
  return dataset;
}

} // namespace

Result<Dataset> read_idx(const std::string& images_path, const std::string& labels_path) {
  return withinMemory(images_path, [&] { return readBoth(images_path, labels_path); });
}

Result<DataSplits> fashion_mnist(const std::string& folder) {
  return readSplits(
      "Fashion-MNIST",
      placesOf(folder, "fashion-mnist", {"/usr/share/datasets/fashion-mnist", "/usr/share/datasets"}),
      known_labels("fashion_mnist"),
      "install Debian's package dataset-fashion-mnist, or name the folder with --data or $CNN_DATA");
}

Result<DataSplits> mnist(const std::string& folder) {
  return readSplits("MNIST", placesOf(folder, "mnist", {"/usr/share/datasets/mnist"}), known_labels("mnist"),
                    "name the folder of the four IDX files with --data or $CNN_DATA");
}

} // namespace cnn
