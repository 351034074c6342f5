#include "whole_picture.h"

#include <cnn/image.hpp>

#include <cerrno>
#include <cstring>
#include <sys/stat.h>

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
#define STBIR_ASSERT(condition) ((void)0) // one, on sums that it normalises next, fails for pictures of a few pixels
#define STB_IMAGE_RESIZE_STATIC
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb/stb_image_resize.h>
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

Image cutCentre(const Image& image, int height, int width) {
  Image cut{image.channels, height, width, {}};
  int top = (image.height - height) / 2, left = (image.width - width) / 2;
  for (int c = 0; c < image.channels; ++c)
    for (int y = 0; y < height; ++y) {
      auto* row = image.pixels.data() +
                  (static_cast<std::size_t>(c) * static_cast<std::size_t>(image.height) +
                   static_cast<std::size_t>(y + top)) *
                      static_cast<std::size_t>(image.width) +
                  left;
      cut.pixels.insert(cut.pixels.end(), row, row + width);
    }
  return cut;
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

Result<Image> read_image(const std::string& path, int channels) {
  if (channels != 1 && channels != 3)
    return Status::error(CNN_ERROR_ARGUMENT, "%s: pictures have 1 or 3 channels, asked for %d", path.c_str(),
                         channels);
  Result<std::vector<std::uint8_t>> file = readFile(path);
  if (!file) return std::move(file).error();
  if (Status bad = checkWhole(path, *file); !bad) return bad;
  auto bytes = static_cast<int>(file->size());
  int width = 0, height = 0, found;
  if (stbi_info_from_memory(file->data(), bytes, &width, &height, &found) &&
      std::int64_t{width} * height > maxPixels)
    return Status::error(CNN_ERROR_FORMAT, "%s: a picture of %d x %d, expected at most %lld pixels", path.c_str(),
                         height, width, static_cast<long long>(maxPixels));
  stbi_uc* pixels = stbi_load_from_memory(file->data(), bytes, &width, &height, &found, channels);
  if (!pixels)
    return Status::error(CNN_ERROR_FORMAT, "%s: not a PNG or JPEG that can be read: %s", path.c_str(),
                         stbi_failure_reason());
  Image image = planar(pixels, channels, height, width);
  stbi_image_free(pixels);
  return image;
}

Result<Image> fit_image(Image image, int height, int width) {
  if (height < 1 || width < 1 || image.height < 1 || image.width < 1)
    return Status::error(CNN_ERROR_ARGUMENT, "cannot fit a picture of %d x %d into %d x %d", image.height,
                         image.width, height, width);
  if (image.height == height && image.width == width) return image;
  double scale =
      std::max(static_cast<double>(height) / image.height, static_cast<double>(width) / image.width);
  Image scaled{image.channels,
               std::max(height, static_cast<int>(image.height * scale + 0.5)),
               std::max(width, static_cast<int>(image.width * scale + 0.5)),
               {}};
  if (static_cast<double>(scaled.height) * scaled.width > 1e9)
    return Status::error(CNN_ERROR_ARGUMENT, "a picture of %d x %d is too narrow to fit into %d x %d",
                         image.height, image.width, height, width);
  std::size_t from = image.pixels.size() / static_cast<std::size_t>(image.channels);
  std::size_t to = static_cast<std::size_t>(scaled.height) * static_cast<std::size_t>(scaled.width);
  scaled.pixels.resize(to * static_cast<std::size_t>(image.channels));
  for (std::size_t c = 0; c < static_cast<std::size_t>(image.channels); ++c)
    if (!stbir_resize_uint8_generic(image.pixels.data() + c * from, image.width, image.height, 0,
                                    scaled.pixels.data() + c * to, scaled.width, scaled.height, 0, 1,
                                    STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP, STBIR_FILTER_TRIANGLE,
                                    STBIR_COLORSPACE_LINEAR, nullptr))
      return Status::error(CNN_ERROR_MEMORY, "no memory to scale a picture");
  return cutCentre(scaled, height, width);
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
