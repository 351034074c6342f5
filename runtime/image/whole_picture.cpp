#include "whole_picture.h"

#include <cstring>
#include <zlib.h>

namespace cnn {
namespace {

constexpr std::uint8_t pngSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

Status truncated(const std::string& path) {
  return Status::error(CNN_ERROR_FORMAT, "%s: truncated: the picture's end is missing", path.c_str());
}

std::uint32_t bigEndian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
         bytes[3];
}

/// Chunks of length, type, data and CRC of type and data, up to IEND: https://www.w3.org/TR/png
Status checkPng(const std::string& path, std::span<const std::uint8_t> file) {
  for (std::size_t at = sizeof(pngSignature);;) {
    if (file.size() - at < 12) return truncated(path);
    std::size_t length = bigEndian(&file[at]);
    if (file.size() - at - 12 < length) return truncated(path);
    const std::uint8_t* type = &file[at + 4];
    if (crc32(0, type, static_cast<uInt>(length + 4)) != bigEndian(type + 4 + length))
      return Status::error(CNN_ERROR_FORMAT, "%s: damaged: wrong checksum of the part at byte %zu",
                           path.c_str(), at);
    if (std::memcmp(type, "IEND", 4) == 0) return {};
    at += length + 12;
  }
}

/// Huffman tables of class and number, how many codes have 1 to 16 bits, and a value a code. The decoder has
/// room for 256 codes and does not count.
bool isHuffmanSegment(std::span<const std::uint8_t> tables) {
  while (!tables.empty()) {
    if (tables.size() < 17) return false;
    std::size_t codes = 0;
    for (std::uint8_t count : tables.subspan(1, 16)) codes += count;
    if (codes > 256 || tables.size() < 17 + codes) return false;
    tables = tables.subspan(17 + codes);
  }
  return true;
}

/// Segments of a marker and a length; after "start of scan" coded data in which FF stands for itself only
/// before 00, a restart marker or FF: ITU-T T.81, annex B.
Status checkJpeg(const std::string& path, std::span<const std::uint8_t> file) {
  constexpr std::uint8_t endOfImage = 0xd9, huffmanTables = 0xc4;
  for (std::size_t at = 2; at + 1 < file.size();) {
    std::uint8_t marker = file[at + 1];
    bool stuffed = marker == 0 || (marker >= 0xd0 && marker <= 0xd7);
    if (file[at] != 0xff || marker == 0xff || stuffed) {
      ++at;
      continue;
    }
    if (marker == endOfImage) return {};
    if (file.size() - at < 4) break;
    std::size_t length = std::size_t{file[at + 2]} * 256 + file[at + 3];
    if (file.size() - at - 2 < length) break;
    if (length < 2 || (marker == huffmanTables && !isHuffmanSegment(file.subspan(at + 4, length - 2))))
      return Status::error(CNN_ERROR_FORMAT, "%s: damaged: malformed segment at byte %zu", path.c_str(), at);
    at += 2 + length;
  }
  return truncated(path);
}

} // namespace

Status checkWhole(const std::string& path, std::span<const std::uint8_t> file) {
  if (file.size() >= sizeof(pngSignature) &&
      std::memcmp(file.data(), pngSignature, sizeof(pngSignature)) == 0)
    return checkPng(path, file);
  if (file.size() >= 2 && file[0] == 0xff && file[1] == 0xd8) return checkJpeg(path, file);
  return {};
}

} // namespace cnn
