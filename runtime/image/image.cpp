#include "mask.h"
#include "resize.h"
#include "whole_picture.h"

#include <cnn/image.hpp>

#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

// The library's code becomes this file's own, so that it does not meet another copy in a user's program.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wsign-compare"
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_MAX_DIMENSIONS 32768
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace cnn {
namespace {

// The decoder takes sizes from headers on trust.
constexpr off_t maxFileBytes = 1 << 30;
constexpr std::int64_t maxPixels = 1 << 28;

Image planar(const std::uint8_t* interleaved, int channels, int height, int width) {
  Image image{channels, height, width, {}};
  std::size_t plane = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  auto count = static_cast<std::size_t>(channels);
  image.pixels.resize(plane * count);
  for (std::size_t i = 0; i < plane; ++i)
    for (std::size_t c = 0; c < count; ++c) image.pixels[c * plane + i] = interleaved[i * count + c];
  return image;
}

Result<std::vector<std::uint8_t>> readFile(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0)
    return Status::error(CNN_ERROR_FILE, "%s: cannot open: %s", path.c_str(), std::strerror(errno));
  if (!S_ISREG(status.st_mode) || status.st_size > maxFileBytes)
    return Status::error(CNN_ERROR_FILE, "%s: expected a file of at most 1 GiB", path.c_str());
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return Status::error(CNN_ERROR_FILE, "%s: cannot open: %s", path.c_str(), std::strerror(errno));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t got = std::fread(bytes.data(), 1, bytes.size(), file);
  std::fclose(file);
  if (got != bytes.size()) return Status::error(CNN_ERROR_FILE, "%s: cannot read", path.c_str());
  return bytes;
}

} // namespace

Result<ImageSize> read_image_size(const std::string& path) {
  ImageSize size;
  int channels;
  if (access(path.c_str(), R_OK) != 0)
    return Status::error(CNN_ERROR_FILE, "%s: cannot open: %s", path.c_str(), std::strerror(errno));
  if (!stbi_info(path.c_str(), &size.width, &size.height, &channels))
    return Status::error(CNN_ERROR_FORMAT, "%s: not a PNG or JPEG that can be read: %s", path.c_str(),
                         stbi_failure_reason());
  return size;
}

namespace {

Result<std::vector<std::uint8_t>> readWholeFile(const std::string& path) {
  Result<std::vector<std::uint8_t>> file = readFile(path);
  if (!file) return file;
  if (Status bad = checkWhole(path, *file); !bad) return bad;
  return file;
}

Result<Image> decode(const std::string& path, const std::vector<std::uint8_t>& file, int channels) {
  auto bytes = static_cast<int>(file.size());
  int width = 0, height = 0, found;
  if (stbi_info_from_memory(file.data(), bytes, &width, &height, &found) &&
      std::int64_t{width} * height > maxPixels)
    return Status::error(CNN_ERROR_FORMAT, "%s: a picture of %d x %d, expected at most %lld pixels",
                         path.c_str(), height, width, static_cast<long long>(maxPixels));
  stbi_uc* pixels = stbi_load_from_memory(file.data(), bytes, &width, &height, &found, channels);
  if (!pixels)
    return Status::error(CNN_ERROR_FORMAT, "%s: not a PNG or JPEG that can be read: %s", path.c_str(),
                         stbi_failure_reason());
  Image image = planar(pixels, channels, height, width);
  stbi_image_free(pixels);
  return image;
}

/// Gives each entry of a palette its own number as colour, so that decoding gives the numbers.
void numberPalette(std::vector<std::uint8_t>& png) {
  for (std::size_t at = 8; at + 12 <= png.size();) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < 4; ++i) length = length << 8 | png[at + i];
    if (length > png.size() - at - 12) return;
    if (std::memcmp(&png[at + 4], "PLTE", 4) == 0)
      for (std::size_t i = 0; i < length; ++i) png[at + 8 + i] = static_cast<std::uint8_t>(i / 3);
    at += length + 12;
  }
}

} // namespace

Result<Image> read_image(const std::string& path, int channels) {
  if (channels != 1 && channels != 3)
    return Status::error(CNN_ERROR_ARGUMENT, "%s: pictures have 1 or 3 channels, asked for %d", path.c_str(),
                         channels);
  Result<std::vector<std::uint8_t>> file = readWholeFile(path);
  if (!file) return std::move(file).error();
  return decode(path, *file, channels);
}

Result<Image> read_mask(const std::string& path) {
  Result<std::vector<std::uint8_t>> file = readWholeFile(path);
  if (!file) return std::move(file).error();
  // A PNG begins with its signature and with the header's chunk: sizes, bits, kind of colour.
  constexpr std::size_t bitsAt = 24, colourAt = 25, palette = 3, grey = 0;
  bool isPng = file->size() > colourAt && std::memcmp(file->data(), "\x89PNG\r\n\x1a\n", 8) == 0;
  std::uint8_t bits = isPng ? (*file)[bitsAt] : 0, colour = isPng ? (*file)[colourAt] : 0;
  if (!isPng || (colour != palette && colour != grey) || bits > 8)
    return Status::error(CNN_ERROR_FORMAT,
                         "%s: a mask is a PNG with a palette, or of grey values of at most 8 bits",
                         path.c_str());
  if (colour == palette) numberPalette(*file);
  Result<Image> mask = decode(path, *file, 1);
  if (!mask || colour == palette || bits == 8) return mask;
  // Fewer bits were spread over 0 to 255.
  for (std::uint8_t& pixel : mask->pixels)
    pixel = static_cast<std::uint8_t>(pixel / (255 / ((1 << bits) - 1)));
  return mask;
}

Result<Image> fit_image(Image image, int height, int width) {
  if (height < 1 || width < 1 || image.height < 1 || image.width < 1)
    return Status::error(CNN_ERROR_ARGUMENT, "cannot fit a picture of %d x %d into %d x %d", image.height,
                         image.width, height, width);
  if (image.height == height && image.width == width) return image;
  double scale =
      std::max(static_cast<double>(height) / image.height, static_cast<double>(width) / image.width);
  Picture whole{image.channels, image.height, image.width}, scaled = whole;
  scaled.height = std::max(height, static_cast<int>(image.height * scale + 0.5));
  scaled.width = std::max(width, static_cast<int>(image.width * scale + 0.5));
  if (static_cast<double>(scaled.height) * static_cast<double>(scaled.width) > 1e9)
    return Status::error(CNN_ERROR_ARGUMENT, "a picture of %d x %d is too narrow to fit into %d x %d",
                         image.height, image.width, height, width);
  std::vector<std::uint8_t> pixels(scaled.bytes());
  if (Status bad = resizePart(whole, image.pixels.data(), {0, 0, image.height, image.width}, pixels.data(),
                              scaled.height, scaled.width);
      !bad)
    return bad;
  Image fitted{image.channels, height, width, {}};
  fitted.pixels.resize(Picture{image.channels, height, width}.bytes());
  cutPart(scaled, pixels.data(), {(scaled.height - height) / 2, (scaled.width - width) / 2, height, width},
          fitted.pixels.data());
  return fitted;
}

void image_to_floats(const Image& image, std::span<float> values, std::span<const float> mean,
                     std::span<const float> deviation) {
  std::size_t plane = image.pixels.size() / static_cast<std::size_t>(image.channels);
  for (std::size_t i = 0; i < image.pixels.size() && i < values.size(); ++i) {
    std::size_t channel = i / plane;
    float value = static_cast<float>(image.pixels[i]) / 255.0f;
    if (channel < mean.size() && channel < deviation.size())
      value = (value - mean[channel]) / deviation[channel];
    values[i] = value;
  }
}

} // namespace cnn
