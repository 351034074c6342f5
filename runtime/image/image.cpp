#include "exif.h"
#include "formats.h"
#include "mask.h"
#include "resize.h"
#include "within_memory.h"

#include "../model/regular_file.h"

#include <cnn/image.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace cnn {
namespace {

constexpr std::uint64_t maxFileBytes = 1 << 30;

const PictureFormat* const formats[] = {&pngFormat, &jpegFormat, &webpFormat};

/// A picture's file, of which `most` bytes are wanted.
Result<std::vector<std::uint8_t>> readFile(const std::string& path, std::uint64_t most, bool& isWhole) {
  Text why;
  std::uint64_t size = 0;
  int file = openRegularFile(path.c_str(), size, why);
  if (file < 0) return Status::error(CNN_ERROR_FILE, "%s", why.c_str());
  std::vector<std::uint8_t> bytes;
  isWhole = size <= most;
  Status bad;
  if (size > maxFileBytes)
    bad = Status::error(CNN_ERROR_FORMAT, "%s: %llu bytes, expected a picture of at most 1 GiB", path.c_str(),
                        static_cast<unsigned long long>(size));
  else
    bytes.resize(std::min(size, most));
  for (std::size_t done = 0; bad.ok() && done < bytes.size();) {
    ssize_t got = ::read(file, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      bad = Status::error(CNN_ERROR_FILE, "%s: cannot read: %s", path.c_str(),
                          got < 0 ? std::strerror(errno) : "the file has become shorter");
    else
      done += static_cast<std::size_t>(got);
  }
  close(file);
  if (!bad) return bad;
  return bytes;
}

Result<const PictureFormat*> formatOf(const std::string& path, Bytes file) {
  for (const PictureFormat* format : formats)
    if (format->matches(file)) return format;
  std::string begins;
  char each[8];
  for (std::uint8_t byte : file.first(std::min<std::size_t>(file.size(), 4))) {
    std::snprintf(each, sizeof(each), " %02x", byte);
    begins += each;
  }
  return Status::error(CNN_ERROR_FORMAT, "%s: not a PNG, JPEG or WebP: %s%s", path.c_str(),
                       file.empty() ? "it is empty" : "it begins with", begins.c_str());
}

Result<Image> readAs(const std::string& path, Form form) {
  return withinMemory(path, [&]() -> Result<Image> {
    bool isWhole = false;
    Result<std::vector<std::uint8_t>> file = readFile(path, maxFileBytes, isWhole);
    if (!file) return std::move(file).error();
    Result<const PictureFormat*> format = formatOf(path, *file);
    if (!format) return std::move(format).error();
    Result<PictureHeader> header = (*format)->readHeader(path, *file);
    if (!header) return std::move(header).error();
    Result<Image> image = (*format)->decode(path, *file, form);
    if (!image) return image;
    return upright(*std::move(image), header->orientation);
  });
}

} // namespace

Result<ImageSize> read_image_size(const std::string& path) {
  return withinMemory(path, [&]() -> Result<ImageSize> {
    // Most headers are short; thumbnails and colour profiles may stand before the size.
    for (std::uint64_t most : {std::uint64_t{1} << 16, maxFileBytes}) {
      bool isWhole = false;
      Result<std::vector<std::uint8_t>> file = readFile(path, most, isWhole);
      if (!file) return std::move(file).error();
      Result<const PictureFormat*> format = formatOf(path, *file);
      if (!format) return std::move(format).error();
      Result<PictureHeader> header = (*format)->readHeader(path, *file);
      if (!header && !isWhole) continue;
      if (!header) return std::move(header).error();
      if (exchangesSides(header->orientation)) return ImageSize{header->width, header->height};
      return ImageSize{header->height, header->width};
    }
    return Status::error(CNN_ERROR_INTERNAL, "%s: cannot read",
                         path.c_str()); // the second round is the whole file
  });
}

Result<Image> read_image(const std::string& path, int channels) {
  if (channels != 1 && channels != 3)
    return Status::error(CNN_ERROR_ARGUMENT, "%s: pictures have 1 or 3 channels, asked for %d", path.c_str(),
                         channels);
  return readAs(path, channels == 1 ? Form::grey : Form::colour);
}

Result<Image> read_mask(const std::string& path) {
  return readAs(path, Form::numbers);
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
