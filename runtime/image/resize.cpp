#include "resize.h"

#include <algorithm>
#include <cstring>

// The library's code becomes this file's own, so that it does not meet another copy in a user's program.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wsign-compare"
#define STBIR_ASSERT(condition)                                                                              \
  ((void)0) // one, on sums that it normalises next, fails for pictures of a few pixels
#define STB_IMAGE_RESIZE_STATIC
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#include <stb/stb_image_resize.h>
#pragma GCC diagnostic pop

namespace cnn {
namespace {

std::int64_t nearest(std::int64_t output, std::int64_t outputs, std::int64_t begin, std::int64_t extent) {
  return begin + std::min(extent - 1, output * extent / outputs);
}

void resizeClasses(const Picture& picture, const std::uint8_t* from, const Box& part, std::uint8_t* to,
                   std::int64_t height, std::int64_t width) {
  std::size_t each = picture.elementBytes();
  for (std::int64_t c = 0; c < picture.channels; ++c)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x, to += each) {
        std::int64_t row = c * picture.height + nearest(y, height, part.top, part.height);
        std::int64_t place = row * picture.width + nearest(x, width, part.left, part.width);
        std::memcpy(to, from + static_cast<std::size_t>(place) * each, each);
      }
}

} // namespace

Status resizePart(const Picture& picture, const std::uint8_t* from, const Box& part, std::uint8_t* to,
                  std::int64_t height, std::int64_t width) {
  if (part.height == height && part.width == width) {
    cutPart(picture, from, part, to);
    return {};
  }
  if (picture.classes) {
    resizeClasses(picture, from, part, to, height, width);
    return {};
  }
  std::size_t each = picture.elementBytes(), row = static_cast<std::size_t>(picture.width) * each;
  std::size_t plane = static_cast<std::size_t>(picture.height) * row;
  from += static_cast<std::size_t>(part.top) * row + static_cast<std::size_t>(part.left) * each;
  for (std::int64_t c = 0; c < picture.channels; ++c, from += plane) {
    int done = stbir_resize_region(
        from, static_cast<int>(part.width), static_cast<int>(part.height), static_cast<int>(row), to,
        static_cast<int>(width), static_cast<int>(height), 0,
        picture.element == CNN_F32 ? STBIR_TYPE_FLOAT : STBIR_TYPE_UINT8, 1, STBIR_ALPHA_CHANNEL_NONE, 0,
        STBIR_EDGE_CLAMP, STBIR_EDGE_CLAMP, STBIR_FILTER_TRIANGLE, STBIR_FILTER_TRIANGLE,
        STBIR_COLORSPACE_LINEAR, nullptr, 0, 0, 1, 1);
    if (!done) return Status::error(CNN_ERROR_MEMORY, "no memory to scale a picture");
    to += static_cast<std::size_t>(height * width) * each;
  }
  return {};
}

void cutPart(const Picture& picture, const std::uint8_t* from, const Box& part, std::uint8_t* to) {
  std::size_t each = picture.elementBytes(), row = static_cast<std::size_t>(part.width) * each;
  for (std::int64_t c = 0; c < picture.channels; ++c)
    for (std::int64_t y = 0; y < part.height; ++y, to += row) {
      std::int64_t place = (c * picture.height + part.top + y) * picture.width + part.left;
      std::memcpy(to, from + static_cast<std::size_t>(place) * each, row);
    }
}

} // namespace cnn
