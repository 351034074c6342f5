#include "targets.h"

#include "../../runtime/checkpoint/checkpoint.h"
#include "../../runtime/image/mask.h"
#include "../runtime/linear_library.h"

#include <cnn/cnn.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace fuzz {

File::File(const char* ending) {
  const char* folder = std::getenv("TMPDIR");
  path = (folder ? folder : "/tmp") + std::string("/cnn-fuzz-") + std::to_string(getpid()) + ending;
}

File::~File() {
  unlink(path.c_str());
}

const std::string& File::write(const std::uint8_t* data, std::size_t size) const {
  int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || ::write(file, data, size) != static_cast<ssize_t>(size)) std::abort();
  close(file);
  return path;
}

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// A picture or a message, and a size that is the picture's.
void readPicture(const std::uint8_t* data, std::size_t size) {
  static const File file(".picture");
  const std::string& path = file.write(data, size);
  auto header = cnn::read_image_size(path);
  // Not by size: the picture may be large, as its reader allows.
  if (header.ok() && std::int64_t{header->height} * header->width > 1 << 20) return;
  auto colour = cnn::read_image(path, 3), grey = cnn::read_image(path, 1), mask = cnn::read_mask(path);
  require(colour.ok() == grey.ok());
  if (!colour) return require(*colour.message() != 0);
  require(header.ok() && header->height == colour->height && header->width == colour->width);
  require(colour->pixels.size() == 3 * grey->pixels.size());
  auto fitted = cnn::fit_image(*std::move(colour), 8, 8);
  require(!fitted || fitted->pixels.size() == 3 * 64);
}

void readSafetensors(const std::uint8_t* data, std::size_t size) {
  static linear::Library<> library;
  auto model = cnn::Model::create(library.inference, {.max_batch = 1, .threads = 1}).or_exit();
  cnn_model_load_memory(model.handle(), data, size, "fuzz");
  if (model.class_name(0)) require(cnn_model_metadata(model.handle(), "class_names") != nullptr);
}

void readCheckpoint(const std::uint8_t* data, std::size_t size) {
  static const File file(".checkpoint");
  static linear::Library<> library({CNN_ADAM, false});
  auto model = cnn::Model::create(library.inference, {.max_batch = 4, .threads = 1}).or_exit();
  cnn::Dataset rows;
  rows.source = "rows";
  rows.count = 6;
  rows.columns.push_back({"image", CNN_U8, {1, 4, 4}, std::vector<std::uint8_t>(6 * 16, 7)});
  rows.columns.push_back({"label", CNN_U8, {}, {0, 1, 2, 0, 1, 2}});
  cnn::TrainerOptions options;
  options.epochs = 2;
  options.batch = 4;
  options.checkpoint = file.write(data, size);
  options.resume = options.quiet = true;
  cnn::Trainer trainer(model, library.training, options);
  cnn::DataSplits splits;
  splits.train = std::move(rows);
  trainer.use(std::move(splits));
  cnn::Status ran = trainer.run();
  require(ran.ok() || *ran.message() != 0);
}

void readNpy(const std::uint8_t* data, std::size_t size) {
  static const File file(".npy");
  std::int64_t count = 0;
  auto column = cnn::read_npy(file.write(data, size), count);
  if (column.ok()) require(column->bytes.size() == static_cast<std::size_t>(count) * column->sample_bytes());
}

void readNpz(const std::uint8_t* data, std::size_t size) {
  static const File file(".npz");
  const cnn_tensor picture{"image", CNN_F32, 4, {-1, 3, 2, 2}};
  const char *names[] = {""}, *values[] = {file.write(data, size).c_str()};
  auto read = cnn::load_data({"npz", 1, names, values}, "", &picture);
  require(read.ok() || *read.message() != 0);
  if (!read) return;
  for (const cnn::Dataset* part : {&read->train, &read->test, &read->validation})
    for (const cnn::Column& column : part->columns)
      require(column.bytes.size() == static_cast<std::size_t>(part->count) * column.sample_bytes());
}

/// The input is the pictures, then the labels: what follows the first "SPLIT".
void readIdx(const std::uint8_t* data, std::size_t size) {
  static const File pictures(".pictures"), labels(".labels");
  const std::string all(reinterpret_cast<const char*>(data), size);
  std::size_t end = std::min(all.find("SPLIT"), size), begin = std::min(end + 5, size);
  auto read = cnn::read_idx(pictures.write(data, end), labels.write(data + begin, size - begin));
  if (read.ok())
    require(read->columns[0].bytes.size() ==
            static_cast<std::size_t>(read->count) * read->columns[0].sample_bytes());
}

void readCifar(const std::uint8_t* data, std::size_t size) {
  static const File file(".bin");
  const std::string& path = file.write(data, size);
  for (int labelBytes : {1, 2}) {
    auto read = cnn::read_cifar({path}, labelBytes == 1 ? 10 : 100, labelBytes);
    if (read.ok()) require(read->columns[0].bytes.size() == static_cast<std::size_t>(read->count) * 3072);
  }
}

/// The JSON list that class names are kept as.
void readNames(const std::uint8_t* data, std::size_t size) {
  static linear::Library<> library;
  auto model = cnn::Model::create(library.inference, {.max_batch = 1, .threads = 1}).or_exit();
  const std::string text(reinterpret_cast<const char*>(data), size);
  require(model.set_metadata("class_names", text.c_str()).ok());
  std::vector<std::string> names;
  while (const char* name = model.class_name(static_cast<std::int64_t>(names.size()))) names.push_back(name);
  // What was read is written and read as it is.
  std::vector<const char*> pointers;
  for (const std::string& name : names) pointers.push_back(name.c_str());
  require(model.set_class_names(pointers).ok());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* again = model.class_name(static_cast<std::int64_t>(i));
    require(again != nullptr);
    if (names[i].find("\xef\xbf\xbd") == std::string::npos &&
        std::string(again).find("\xef\xbf\xbd") == std::string::npos)
      require(names[i] == again);
  }
}

} // namespace

const Target targets[targetCount] = {
    {"picture", readPicture},
    {"safetensors", readSafetensors},
    {"checkpoint", readCheckpoint},
    {"npy", readNpy},
    {"npz", readNpz},
    {"idx", readIdx},
    {"cifar", readCifar},
    {"names", readNames},
};

} // namespace fuzz
