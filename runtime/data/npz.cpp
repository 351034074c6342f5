// NumPy's archives of arrays: https://numpy.org/doc/stable/reference/generated/numpy.savez.html. A zip
// archive of .npy files, stored or deflated: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
#include "file_bytes.h"
#include "readers.h"

#include "../model/regular_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <unistd.h>
#include <zlib.h>

namespace cnn {
namespace {

std::uint64_t number(const std::uint8_t* at, int bytes) {
  std::uint64_t value = 0;
  while (bytes-- > 0) value = value << 8 | at[bytes];
  return value;
}

struct Entry {
  std::string name;
  std::uint64_t flags, method, checksum, packed, unpacked, at; // at: of the local header
};

class Archive {
public:
  static Result<Archive> open(const std::string& path);
  Archive(Archive&& other) noexcept
      : path(std::move(other.path)), entries(std::move(other.entries)), size(other.size),
        descriptor(std::exchange(other.descriptor, -1)) {}
  ~Archive() {
    if (descriptor >= 0) close(descriptor);
  }

  const Entry* find(const std::string& array) const {
    auto found = std::find_if(entries.begin(), entries.end(),
                              [&](const Entry& entry) { return entry.name == array + ".npy"; });
    return found == entries.end() ? nullptr : &*found;
  }
  /// "x_train, y_train", at most so many.
  std::string names() const {
    constexpr std::size_t most = 8;
    std::string list;
    for (std::size_t i = 0; i < std::min(entries.size(), most); ++i) {
      const std::string& name = entries[i].name;
      list.append(i ? ", " : "").append(name.ends_with(".npy") ? name.substr(0, name.size() - 4) : name);
    }
    return entries.empty() ? "none" : entries.size() > most ? list + ", …" : list;
  }
  Status read(std::uint64_t at, std::uint64_t bytes, std::uint8_t* to) const;
  std::uint64_t bytes() const { return size; }

  std::string path;
  std::vector<Entry> entries;

private:
  Archive(const std::string& path, std::uint64_t size, int descriptor)
      : path(path), size(size), descriptor(descriptor) {}
  Status readDirectory();
  Status damaged(const char* what) const {
    return Status::error(CNN_ERROR_FORMAT, "%s: not an .npz file: %s", path.c_str(), what);
  }

  std::uint64_t size;
  int descriptor;
};

Result<Archive> Archive::open(const std::string& path) {
  Text why;
  std::uint64_t size = 0;
  int descriptor = openRegularFile(path.c_str(), size, why);
  if (descriptor < 0) return Status::error(CNN_ERROR_FILE, "%s", why.c_str());
  Archive archive(path, size, descriptor);
  if (Status bad = archive.readDirectory(); !bad) return bad;
  return archive;
}

Status Archive::read(std::uint64_t at, std::uint64_t bytes, std::uint8_t* to) const {
  if (at > size || bytes > size - at) return damaged("a part of the archive lies behind its end");
  while (bytes > 0) {
    ssize_t got = pread(descriptor, to, std::min<std::uint64_t>(bytes, 1 << 30), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return Status::error(CNN_ERROR_FILE, "%s: cannot read: %s", path.c_str(), std::strerror(errno));
    if (got == 0) return damaged("it became shorter while it was read");
    at += static_cast<std::uint64_t>(got);
    to += got;
    bytes -= static_cast<std::uint64_t>(got);
  }
  return {};
}

Status Archive::readDirectory() {
  // The end of the directory is followed by a comment of at most 65535 bytes.
  constexpr std::uint64_t endBytes = 22, entryBytes = 46, wide = 0xffffffff;
  std::vector<std::uint8_t> tail(std::min<std::uint64_t>(size, endBytes + 65535));
  if (Status bad = read(size - tail.size(), tail.size(), tail.data()); !bad) return bad;
  std::size_t end = tail.size();
  for (std::size_t at = tail.size() - std::min<std::size_t>(tail.size(), endBytes) + 1; at-- > 0;)
    if (tail.size() - at >= endBytes && std::memcmp(&tail[at], "PK\5\6", 4) == 0) {
      end = at;
      break;
    }
  if (end == tail.size()) return damaged("the directory of a zip archive is missing at its end");
  std::uint64_t count = number(&tail[end + 10], 2), bytes = number(&tail[end + 12], 4);
  std::uint64_t at = number(&tail[end + 16], 4);
  if (at == wide || bytes == wide || count == 0xffff)
    return Status::error(
        CNN_ERROR_FORMAT,
        "%s: an archive of more than 4 GB: save its arrays one by one with numpy.save, for npy()",
        path.c_str());
  if (at > size || bytes > size - at) return damaged("its directory lies behind its end");
  std::vector<std::uint8_t> directory(bytes);
  if (Status bad = read(at, bytes, directory.data()); !bad) return bad;
  for (std::uint64_t next = 0; count > 0; --count) {
    const std::uint8_t* row = directory.data() + next;
    if (bytes - next < entryBytes || std::memcmp(row, "PK\1\2", 4) != 0)
      return damaged("its directory is damaged");
    std::uint64_t name = number(row + 28, 2),
                  whole = entryBytes + name + number(row + 30, 2) + number(row + 32, 2);
    if (bytes - next < whole) return damaged("its directory is damaged");
    entries.push_back({std::string(reinterpret_cast<const char*>(row + entryBytes), name), number(row + 8, 2),
                       number(row + 10, 2), number(row + 16, 4), number(row + 20, 4), number(row + 24, 4),
                       number(row + 42, 4)});
    next += whole;
  }
  return {};
}

/// The bytes of one entry, unpacked while they are read; what was read is checked against its sum at the end.
class EntryBytes : public ByteSource {
public:
  EntryBytes(const Archive& archive, const Entry& entry)
      : archive(archive), entry(entry), name(archive.path + ": " + entry.name), input(1 << 16) {}
  ~EntryBytes() override {
    if (inflating) inflateEnd(&stream);
  }
  Status begin();
  Status read(std::uint64_t bytes, std::vector<std::uint8_t>& to, const char* what) override;
  Status expect_end(const char* what) override;
  const std::string& where() const { return name; }

private:
  Status damaged(const char* why) const {
    return Status::error(CNN_ERROR_FORMAT, "%s: %s", name.c_str(), why);
  }
  Status unpack(std::uint8_t* to, std::uint64_t bytes);

  const Archive& archive;
  const Entry& entry;
  std::string name;
  std::vector<std::uint8_t> input;
  z_stream stream{};
  bool inflating = false;
  std::uint64_t at = 0, packedLeft = 0, unpackedLeft = 0;
  uLong sum = crc32(0, nullptr, 0);
};

Status EntryBytes::begin() {
  constexpr std::uint64_t headerBytes = 30;
  std::uint8_t header[headerBytes];
  if (entry.flags & 1) return damaged("encrypted");
  if (entry.method != Z_NO_COMPRESSION && entry.method != Z_DEFLATED)
    return Status::error(CNN_ERROR_FORMAT, "%s: packed by method %llu of zip, expected stored or deflated",
                         name.c_str(), static_cast<unsigned long long>(entry.method));
  if (entry.packed == 0xffffffff || entry.unpacked == 0xffffffff)
    return damaged("more than 4 GB: save the array with numpy.save, for npy()");
  if (Status bad = archive.read(entry.at, headerBytes, header); !bad) return bad;
  if (std::memcmp(header, "PK\3\4", 4) != 0) return damaged("damaged: its header is missing");
  at = entry.at + headerBytes + number(header + 26, 2) + number(header + 28, 2);
  packedLeft = entry.packed;
  unpackedLeft = entry.unpacked;
  if (entry.method == Z_NO_COMPRESSION && packedLeft != unpackedLeft)
    return damaged("damaged: stored, but with two sizes");
  if (entry.method == Z_DEFLATED) {
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
      return Status::error(CNN_ERROR_MEMORY, "%s: no memory to read it", name.c_str());
    inflating = true;
  }
  return {};
}

Status EntryBytes::unpack(std::uint8_t* to, std::uint64_t bytes) {
  if (!inflating) {
    if (Status bad = archive.read(at, bytes, to); !bad) return bad;
    at += bytes;
    return {};
  }
  stream.next_out = to;
  stream.avail_out = static_cast<uInt>(bytes);
  while (stream.avail_out > 0) {
    if (stream.avail_in == 0) {
      std::uint64_t piece = std::min<std::uint64_t>(packedLeft, input.size());
      if (Status bad = archive.read(at, piece, input.data()); !bad) return bad;
      at += piece;
      packedLeft -= piece;
      stream.next_in = input.data();
      stream.avail_in = static_cast<uInt>(piece);
    }
    int result = inflate(&stream, Z_NO_FLUSH);
    if (result == Z_STREAM_END && stream.avail_out == 0) break;
    if (result != Z_OK) return damaged("damaged: it cannot be unpacked");
  }
  return {};
}

Status EntryBytes::read(std::uint64_t bytes, std::vector<std::uint8_t>& to, const char* what) {
  if (bytes > unpackedLeft)
    return Status::error(CNN_ERROR_FORMAT, "%s: truncated: %llu bytes of the %s are missing", name.c_str(),
                         static_cast<unsigned long long>(bytes - unpackedLeft), what);
  // What is promised is believed as far as the file can hold it.
  constexpr std::uint64_t deflateRatio = 1032; // https://zlib.net/zlib_tech.html
  std::uint64_t possible = std::min(entry.packed, archive.bytes()) * (inflating ? deflateRatio : 1);
  if (std::uint64_t all = to.size() + std::min(bytes, possible); all > to.capacity()) to.reserve(all);
  for (constexpr std::uint64_t most = 1 << 22; bytes > 0;) {
    std::uint64_t piece = std::min(bytes, most);
    std::size_t before = to.size();
    to.resize(before + piece);
    if (Status bad = unpack(to.data() + before, piece); !bad) return bad;
    sum = crc32(sum, to.data() + before, static_cast<uInt>(piece));
    unpackedLeft -= piece;
    bytes -= piece;
  }
  return {};
}

Status EntryBytes::expect_end(const char* what) {
  if (unpackedLeft > 0)
    return Status::error(CNN_ERROR_FORMAT, "%s: oversized: bytes after the last %s", name.c_str(), what);
  return sum == entry.checksum ? Status()
                               : damaged("damaged: its bytes have another sum than its directory says");
}

Result<Column> readEntry(const Archive& archive, const Entry& entry, std::int64_t& count) {
  EntryBytes bytes(archive, entry);
  if (Status bad = bytes.begin(); !bad) return bad;
  return readArray(bytes, bytes.where(), count);
}

/// Pictures [H, W, C], as most programs keep them, become [C, H, W] where the network's have so many
/// channels.
void channelsFirst(Column& column, const cnn_tensor* picture) {
  if (!picture || picture->rank != 4 || column.shape.size() != 3) return;
  std::int64_t channels = picture->shape[1];
  if (column.shape[0] == channels || column.shape[2] != channels) return;
  std::size_t element = column.sample_bytes() / static_cast<std::size_t>(column.elements());
  std::size_t planes = static_cast<std::size_t>(channels);
  std::size_t pixels = static_cast<std::size_t>(column.shape[0] * column.shape[1]);
  std::vector<std::uint8_t> sample(column.sample_bytes());
  for (std::size_t at = 0; at < column.bytes.size(); at += sample.size()) {
    std::uint8_t* bytes = &column.bytes[at];
    for (std::size_t c = 0; c < planes; ++c)
      for (std::size_t i = 0; i < pixels; ++i)
        std::memcpy(&sample[(c * pixels + i) * element], bytes + (i * planes + c) * element, element);
    std::memcpy(bytes, sample.data(), sample.size());
  }
  column.shape = {channels, column.shape[0], column.shape[1]};
}

/// The array of a part: part_name or name_part; training data may also be the array `name` itself.
const Entry* arrayOf(const Archive& archive, const std::string& part, const std::string& name) {
  const Entry* entry = archive.find(part + "_" + name);
  if (!entry) entry = archive.find(name + "_" + part);
  return entry || part != "train" ? entry : archive.find(name);
}

/// Names that are left out are empty: then labels may be missing.
Result<Dataset> readPart(const Archive& archive, const std::string& part, const std::string& givenImages,
                         const std::string& givenLabels, const cnn_tensor* picture) {
  Dataset dataset;
  dataset.source = archive.path + ": " + part;
  const std::string images = givenImages.empty() ? "images" : givenImages;
  const std::string labels = givenLabels.empty() ? "labels" : givenLabels;
  const Entry *pictures = arrayOf(archive, part, images), *classes = arrayOf(archive, part, labels);
  if (!pictures && !classes && part != "train") return dataset;
  for (auto [entry, name] : {std::pair(pictures, &images), std::pair(classes, &labels)}) {
    if (entry || (name == &labels && givenLabels.empty())) continue;
    std::string wanted = part + "_" + *name + " or " + *name + "_" + part;
    if (part == "train") wanted = *name + ", " + wanted;
    return Status::error(CNN_ERROR_FORMAT, "%s: expected an array %s, found %s", archive.path.c_str(),
                         wanted.c_str(), archive.names().c_str());
  }
  for (auto [entry, name] : {std::pair(pictures, "image"), std::pair(classes, "label")}) {
    if (!entry) continue;
    std::int64_t count = 0;
    Result<Column> column = readEntry(archive, *entry, count);
    if (!column) return std::move(column).error();
    if (entry == classes && count != dataset.count)
      return Status::error(CNN_ERROR_FORMAT, "%s: %s has %lld samples, but %s has %lld", archive.path.c_str(),
                           entry->name.c_str(), static_cast<long long>(count), pictures->name.c_str(),
                           static_cast<long long>(dataset.count));
    if (entry == pictures) channelsFirst(*column, picture);
    column->name = name;
    dataset.count = count;
    dataset.columns.push_back(*std::move(column));
  }
  return dataset;
}

} // namespace

Result<DataSplits> load_npz(const ReaderRequest& request) {
  Result<Archive> archive = Archive::open(request.path());
  if (!archive) return std::move(archive).error();
  DataSplits splits;
  for (auto [part, dataset] : {std::pair("train", &splits.train), std::pair("test", &splits.test),
                               std::pair("val", &splits.validation)}) {
    Result<Dataset> read =
        readPart(*archive, part, request.arguments[1], request.arguments[2], request.picture);
    if (!read) return std::move(read).error();
    *dataset = *std::move(read);
  }
  return splits;
}

} // namespace cnn
