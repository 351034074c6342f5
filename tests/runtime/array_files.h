// NumPy's files, as the tests write them.
#pragma once

#include "picture_files.h"

#include <zlib.h>

/// An .npy file's bytes: descr and shape as Python writes them, such as "'<f4'" and "(2, 1)".
inline std::string npyOf(const std::string& descr, const std::string& shape, const std::string& values,
                         const char* order = "False") {
  std::string header = "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  return "\x93NUMPY" + std::string("\1\0", 2) + littleEndian(static_cast<std::uint32_t>(header.size()), 2) +
         header + values;
}

/// A zip archive's entry. What is empty or -1 is as it should be.
struct ZipEntry {
  std::string name, bytes;
  bool deflated = false;
  int flags = 0, method = -1;
  std::int64_t sum = -1, unpacked = -1;
};

inline std::string rawDeflated(const std::string& bytes) {
  std::string packed(bytes.size() + 64, '\0');
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// A zip archive with a comment at its end. Local headers have an extra field, as NumPy's have.
inline std::string zipOf(const std::vector<ZipEntry>& entries, const std::string& comment = "") {
  std::string file, directory;
  auto number = [](std::uint64_t value, int bytes) {
    return littleEndian(static_cast<std::uint32_t>(value), bytes);
  };
  for (const ZipEntry& entry : entries) {
    const std::string packed = entry.deflated ? rawDeflated(entry.bytes) : entry.bytes;
    const int method = entry.method >= 0 ? entry.method : entry.deflated ? 8 : 0;
    const std::uint64_t sum = entry.sum >= 0 ? static_cast<std::uint64_t>(entry.sum)
                                             : crc32(0, reinterpret_cast<const Bytef*>(entry.bytes.data()),
                                                     static_cast<uInt>(entry.bytes.size()));
    const std::uint64_t unpacked =
        entry.unpacked >= 0 ? static_cast<std::uint64_t>(entry.unpacked) : entry.bytes.size();
    const std::string facts = number(static_cast<std::uint64_t>(entry.flags), 2) +
                              number(static_cast<std::uint64_t>(method), 2) + number(0, 4) + number(sum, 4) +
                              number(packed.size(), 4) + number(unpacked, 4) + number(entry.name.size(), 2);
    const std::size_t at = file.size();
    file += "PK\3\4" + number(45, 2) + facts + number(4, 2) + entry.name + "\1\1" + number(0, 2) + packed;
    directory += "PK\1\2" + number(45, 2) + number(45, 2) + facts + number(0, 2) + number(0, 2) +
                 number(0, 2) + number(0, 2) + number(0, 4) + number(at, 4) + entry.name;
  }
  return file + directory + "PK\5\6" + number(0, 4) + number(entries.size(), 2) + number(entries.size(), 2) +
         number(directory.size(), 4) + number(file.size(), 4) + number(comment.size(), 2) + comment;
}
