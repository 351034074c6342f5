#include "exif.h"

#include <cstring>

namespace cnn {
namespace {

/// Numbers of a TIFF structure; 0 beyond its end.
class Tiff {
public:
  explicit Tiff(Bytes bytes) : bytes(bytes), bigEndian(!bytes.empty() && bytes[0] == 'M') {}

  std::uint32_t number(std::size_t at, std::size_t width) const {
    if (at > bytes.size() || bytes.size() - at < width) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value << 8 | bytes[at + (bigEndian ? i : width - 1 - i)];
    return value;
  }
  std::size_t size() const { return bytes.size(); }

private:
  Bytes bytes;
  bool bigEndian;
};

} // namespace

/// CIPA DC-008 (EXIF 2.32), 4.5.4 and 4.6.4: byte order, 42, and where the first directory is; there 12 bytes
/// for each entry: tag, type, count, value.
int exifOrientation(Bytes exif) {
  constexpr std::uint32_t orientationTag = 0x0112, shortType = 3;
  if (exif.size() < 8 || (std::memcmp(exif.data(), "II*\0", 4) && std::memcmp(exif.data(), "MM\0*", 4)))
    return 1;
  Tiff tiff(exif);
  std::size_t directory = tiff.number(4, 4);
  std::uint32_t entries = tiff.number(directory, 2);
  for (std::uint32_t i = 0; i < entries; ++i) {
    std::size_t entry = directory + 2 + std::size_t{i} * 12;
    if (entry >= tiff.size()) break;
    if (tiff.number(entry, 2) != orientationTag || tiff.number(entry + 2, 2) != shortType) continue;
    std::uint32_t value = tiff.number(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image upright(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  bool exchanged = exchangesSides(orientation);
  Image turned{
      image.channels, exchanged ? image.width : image.height, exchanged ? image.height : image.width, {}};
  turned.pixels.resize(image.pixels.size());
  // Whether the stored rows, and the pixels in each, go towards the top and the left.
  bool flipsRows = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  bool flipsColumns = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  std::uint8_t* to = turned.pixels.data();
  for (int c = 0; c < image.channels; ++c)
    for (int y = 0; y < turned.height; ++y)
      for (int x = 0; x < turned.width; ++x) {
        int row = exchanged ? x : y, column = exchanged ? y : x;
        if (flipsRows) row = image.height - 1 - row;
        if (flipsColumns) column = image.width - 1 - column;
        std::size_t place = (static_cast<std::size_t>(c) * static_cast<std::size_t>(image.height) +
                             static_cast<std::size_t>(row)) *
                                static_cast<std::size_t>(image.width) +
                            static_cast<std::size_t>(column);
        *to++ = image.pixels[place];
      }
  return turned;
}

} // namespace cnn
