// Pictures of another size.
#ifndef CNN_IMAGE_RESIZE_H
#define CNN_IMAGE_RESIZE_H

#include <cnn/abi.h>
#include <cnn/result.hpp>

#include <cstdint>
#include <string>

namespace cnn {

/// Planes of values: a picture, or a mask with a class a pixel.
struct Picture {
  std::int64_t channels = 1, height = 1, width = 1;
  int element = CNN_U8; // of its values, enum cnn_element
  bool classes = false; // of pixels, which cannot be mixed

  std::size_t elementBytes() const { return element == CNN_U8 ? 1 : element == CNN_I64 ? 8 : 4; }
  std::size_t bytes() const { return static_cast<std::size_t>(channels * height * width) * elementBytes(); }
  bool isSize(std::int64_t h, std::int64_t w) const { return height == h && width == w; }
  std::string sizeText() const { return std::to_string(height) + " x " + std::to_string(width); }
};

struct Box {
  std::int64_t top = 0, left = 0, height = 0, width = 0;
};

/// A part of a picture as height x width: bilinear, antialiased where it becomes smaller; of classes the
/// nearest.
Status resizePart(const Picture& picture, const std::uint8_t* from, const Box& part, std::uint8_t* to,
                  std::int64_t height, std::int64_t width);

/// A part of a picture as it is.
void cutPart(const Picture& picture, const std::uint8_t* from, const Box& part, std::uint8_t* to);

} // namespace cnn
#endif
