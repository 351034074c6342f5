// Pictures from files.
#ifndef CNN_IMAGE_HPP
#define CNN_IMAGE_HPP

#include <cnn/cxx20.hpp>
#ifdef CNN_CXX20

#include <cnn/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cnn {

/// 8-bit, planar: channels x height x width. One channel is grey, three are red, green, blue.
struct Image {
  int channels = 0, height = 0, width = 0;
  std::vector<std::uint8_t> pixels;
};

/// PNG, JPEG or WebP, whatever the file's name ends in, turned as its EXIF orientation says, converted to 1
/// or 3 channels. Truncated and damaged files are errors, which name the file. Needs the format's library on
/// the machine: libpng, libjpeg-turbo, libwebp. Threads may read pictures at the same time.
Result<Image> read_image(const std::string& path, int channels);

/// Height and width of the picture that read_image gives, as the file's header says, without decoding it.
struct ImageSize {
  int height = 0, width = 0;
};
Result<ImageSize> read_image_size(const std::string& path);

/// Scales so that both sides are at least the wanted ones, keeping proportions (bilinear, antialiased), and
/// cuts at the centre. A picture of the wanted size is returned as it is.
Result<Image> fit_image(Image image, int height, int width);

/// The pixels as a network's f32 input: value / 255, then (value - mean) / deviation by channel where these
/// are given. `values` has as many elements as `image.pixels`.
void image_to_floats(const Image& image, std::span<float> values, std::span<const float> mean = {},
                     std::span<const float> deviation = {});

} // namespace cnn
#endif
#endif
