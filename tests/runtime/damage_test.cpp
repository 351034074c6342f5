// Data files that are cut, lengthened or changed at any place: a reader gives data or one error that begins
// with the file, and never crashes.
#include "handles.h"

#include "../../runtime/model/philox.h"

#include <cnn/data.hpp>

#include <functional>
#include <zlib.h>

namespace {

std::string noise(std::size_t count, std::uint32_t below) {
  std::string values;
  for (std::size_t i = 0; i < count; ++i) values += static_cast<char>(cnn::philox(2, 1, i)[0] % below);
  return values;
}

std::string gzip(const std::string& bytes, const TemporaryFolder& folder) {
  const std::string path = folder / "packed";
  gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
  return readFile(path);
}

/// Gives the reader's message; empty where it could read the file.
using Reader = std::function<std::string(const std::string& path)>;

template <class Result> std::string messageOf(const Result& result) {
  return result.ok() ? "" : result.message();
}

struct Damage {
  std::string path, whole;
  Reader read;
  bool packed = false; // the format lets anything but a further part follow

  bool isNamed(const std::string& bytes) const {
    writeFile(path, bytes);
    std::string message = read(path);
    // The one error, once: which file, and what.
    return message.starts_with(path + ": ") && message.size() > path.size() + 10;
  }

  void run() const {
    writeFile(path, whole);
    REQUIRE(read(path).empty());
    for (std::size_t length = 0; length < whole.size(); length += 1 + length / 50) {
      INFO(path << " cut to " << length);
      REQUIRE(isNamed(whole.substr(0, length)));
    }
    INFO(path << " lengthened");
    REQUIRE(isNamed(whole + (packed ? gzip("x", TemporaryFolder()) : "x")));
    for (std::uint32_t i = 0; i < 600; ++i) {
      std::string changed = whole;
      auto words = cnn::philox(3, 1, i);
      // Most in the header, where sizes are.
      std::size_t at = words[0] % (i % 4 ? std::min<std::size_t>(whole.size(), 128) : whole.size());
      changed[at] = static_cast<char>(changed[at] ^ (1 << words[1] % 8));
      INFO(path << " changed at " << at);
      bool right = isNamed(changed) || read(path).empty();
      REQUIRE(right);
    }
  }
};

} // namespace

TEST_CASE("damaged IDX files, plain and gzip") {
  TemporaryFolder folder;
  const std::string pictures =
      std::string("\0\0\x08\x03\0\0\0\x05\0\0\0\x09\0\0\0\x09", 16) + noise(405, 256);
  const std::string labels = std::string("\0\0\x08\x01\0\0\0\x05", 8) + noise(5, 10);
  writeFile(folder / "labels", labels);
  writeFile(folder / "pictures", pictures);
  auto asPictures = [&](const std::string& path) {
    return messageOf(cnn::read_idx(path, folder / "labels"));
  };
  auto asLabels = [&](const std::string& path) {
    return messageOf(cnn::read_idx(folder / "pictures", path));
  };
  // Another number of pictures is told of both files, the labels' first.
  auto either = [&](const std::string& path) {
    std::string message = asPictures(path);
    return message.find("labels, but") == std::string::npos ? message : path + ": " + message;
  };
  Damage{folder / "a", pictures, either}.run();
  Damage{folder / "b", labels, asLabels}.run();
  Damage{folder / "a.gz", gzip(pictures, folder), either, true}.run();
}

TEST_CASE("damaged .npy files") {
  TemporaryFolder folder;
  cnn::Column column{"", CNN_F32, {2, 5}, std::vector<std::uint8_t>(4 * 10 * 7)};
  REQUIRE(cnn::write_npy(folder / "whole", column, 7).ok());
  Damage{folder / "a.npy", readFile(folder / "whole"),
         [](const std::string& path) {
           std::int64_t count = 0;
           return messageOf(cnn::read_npy(path, count));
         }}
      .run();
}

TEST_CASE("damaged CIFAR files, but for whole records more or less, which the format cannot tell") {
  TemporaryFolder folder;
  const std::string record = '\3' + noise(3072, 256);
  auto read = [](const std::string& path) { return messageOf(cnn::read_cifar({path}, 10, 1)); };
  Damage{folder / "a.bin", record, read}.run();
  Damage{folder / "a.bin.gz", gzip(record, folder), read, true}.run();
}
