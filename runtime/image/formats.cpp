#include "formats.h"

#include <cstring>

namespace cnn {
namespace {

constexpr std::int64_t maxPixels = 1 << 28;

/// ITU-R 601-2 luma in 16 bits, as PIL rounds it.
std::uint8_t greyOf(const std::uint8_t* rgb) {
  return static_cast<std::uint8_t>((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 0x8000u) >> 16);
}

} // namespace

Status checkSize(const std::string& path, const PictureHeader& header, std::size_t fileBytes,
                 std::int64_t mostPixelsPerByte) {
  std::int64_t pixels = std::int64_t{header.height} * header.width;
  if (header.height < 1 || header.width < 1 || pixels > maxPixels)
    return Status::error(CNN_ERROR_FORMAT, "%s: a picture of %d x %d, expected at most %lld pixels",
                         path.c_str(), header.height, header.width, static_cast<long long>(maxPixels));
  if (mostPixelsPerByte && pixels / mostPixelsPerByte > static_cast<std::int64_t>(fileBytes))
    return Status::error(CNN_ERROR_FORMAT,
                         "%s: damaged: %zu bytes cannot hold the picture of %d x %d that they claim",
                         path.c_str(), fileBytes, header.height, header.width);
  return {};
}

Status noMask(const std::string& path) {
  return Status::error(CNN_ERROR_FORMAT,
                       "%s: a mask is a PNG with a palette, or of grey values of at most 8 bits",
                       path.c_str());
}

Planes::Planes(int channels, int height, int width) : image{channels, height, width, {}} {
  image.pixels.resize(static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
                      static_cast<std::size_t>(width));
}

void Planes::setRow(int y, const std::uint8_t* row, int samples) noexcept {
  auto width = static_cast<std::size_t>(image.width);
  std::size_t plane = width * static_cast<std::size_t>(image.height);
  std::uint8_t* to = image.pixels.data() + static_cast<std::size_t>(y) * width;
  if (samples == 1) {
    for (int c = 0; c < image.channels; ++c)
      std::memcpy(to + static_cast<std::size_t>(c) * plane, row, width);
  } else if (image.channels == 1) {
    for (std::size_t x = 0; x < width; ++x) to[x] = greyOf(row + 3 * x);
  } else {
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t x = 0; x < width; ++x) to[c * plane + x] = row[3 * x + c];
  }
}

} // namespace cnn
