// WebP by libwebp: https://developers.google.com/speed/webp/docs/api
#include "exif.h"
#include "formats.h"
#include "shared_library.h"

#include <cstring>

#include <webp/decode.h>

namespace cnn {
namespace {

struct Library {
  SharedLibrary file{CNN_WEBP_LIBRARY, "libwebp7"};
  decltype(&WebPGetFeaturesInternal) features;
  decltype(&WebPDecodeRGBInto) decode;

  Library() {
    file.find("WebPGetFeaturesInternal", features);
    file.find("WebPDecodeRGBInto", decode);
  }
};

const Library& library() {
  static const Library opened;
  return opened;
}

/// https://developers.google.com/speed/webp/docs/riff_container: after "RIFF", a length and "WEBP" chunks of
/// a name, a length and so many bytes, padded to an even number.
Bytes chunkOf(Bytes file, const char* name) {
  for (std::size_t at = 12; at <= file.size() && file.size() - at >= 8;) {
    std::uint64_t length = 0;
    for (std::size_t i = 4; i-- > 0;) length = length << 8 | file[at + 4 + i];
    if (length > file.size() - at - 8) break;
    if (std::memcmp(&file[at], name, 4) == 0) return file.subspan(at + 8, length);
    at += 8 + length + length % 2;
  }
  return {};
}

bool isWebp(Bytes file) {
  return file.size() >= 12 && std::memcmp(file.data(), "RIFF", 4) == 0 &&
         std::memcmp(&file[8], "WEBP", 4) == 0;
}

bool isWhole(Bytes file) {
  std::uint64_t bytes = 8;
  for (std::size_t i = 0; i < 4; ++i) bytes += std::uint64_t{file[4 + i]} << 8 * i;
  return file.size() >= bytes;
}

Status failure(const std::string& path, VP8StatusCode code) {
  if (code == VP8_STATUS_NOT_ENOUGH_DATA)
    return Status::error(CNN_ERROR_FORMAT, "%s: truncated: the picture's end is missing", path.c_str());
  if (code == VP8_STATUS_OUT_OF_MEMORY)
    return Status::error(CNN_ERROR_MEMORY, "%s: no memory to decode a picture", path.c_str());
  return Status::error(CNN_ERROR_FORMAT, "%s: not a WebP that can be read", path.c_str());
}

Result<PictureHeader> readHeader(const std::string& path, Bytes file) {
  if (Status bad = library().file.status(path); !bad) return bad;
  WebPBitstreamFeatures features;
  VP8StatusCode code = library().features(file.data(), file.size(), &features, WEBP_DECODER_ABI_VERSION);
  if (code != VP8_STATUS_OK) return failure(path, code);
  if (features.has_animation)
    return Status::error(CNN_ERROR_FORMAT, "%s: an animated WebP, expected a picture", path.c_str());
  PictureHeader header{features.height, features.width, 1};
  Bytes extended = chunkOf(file, "VP8X");
  constexpr std::uint8_t hasExif = 8;
  if (extended.empty() || !(extended[0] & hasExif)) return header;
  // The chunk stands at the end: of a part of the file it is not known yet.
  if (!isWhole(file)) return failure(path, VP8_STATUS_NOT_ENOUGH_DATA);
  Bytes exif = chunkOf(file, "EXIF");
  if (exif.size() >= 6 && std::memcmp(exif.data(), "Exif\0", 6) == 0)
    exif = exif.subspan(6); // some writers keep it
  header.orientation = exifOrientation(exif);
  return header;
}

Result<Image> decode(const std::string& path, Bytes file, Form form) {
  if (form == Form::numbers) return noMask(path);
  Result<PictureHeader> header = readHeader(path, file);
  if (!header) return std::move(header).error();
  if (!isWhole(file)) return failure(path, VP8_STATUS_NOT_ENOUGH_DATA);
  if (Status bad = checkSize(path, *header, file.size(), 0); !bad) return bad;
  std::size_t row = 3 * static_cast<std::size_t>(header->width);
  std::vector<std::uint8_t> pixels(row * static_cast<std::size_t>(header->height));
  if (!library().decode(file.data(), file.size(), pixels.data(), pixels.size(), static_cast<int>(row)))
    return Status::error(CNN_ERROR_FORMAT, "%s: truncated or damaged: not a WebP that can be read",
                         path.c_str());
  Planes planes(form == Form::colour ? 3 : 1, header->height, header->width);
  for (int y = 0; y < header->height; ++y) planes.setRow(y, &pixels[static_cast<std::size_t>(y) * row], 3);
  return planes.take();
}

} // namespace

const PictureFormat webpFormat = {isWebp, readHeader, decode};

} // namespace cnn
