// The file formats of pictures, each read by its own library: libpng, libjpeg-turbo, libwebp.
#ifndef CNN_IMAGE_FORMATS_H
#define CNN_IMAGE_FORMATS_H

#include <cnn/image.hpp>

namespace cnn {

using Bytes = std::span<const std::uint8_t>;

/// What the pixels become: grey and colour are 8-bit channels; numbers are a mask's, as they are in the file.
enum class Form { grey, colour, numbers };

/// What a file's header says: the size as it is stored, and the EXIF orientation, 1 to 8.
struct PictureHeader {
  int height = 0, width = 0, orientation = 1;
};

/// One format. `path` stands for the file in messages. Errors also where the file ends too early, or where
/// pixels are missing or have to be guessed.
struct PictureFormat {
  bool (*matches)(Bytes file);
  /// The beginning of a file may do.
  Result<PictureHeader> (*readHeader)(const std::string& path, Bytes file);
  /// As it is stored, not yet turned.
  Result<Image> (*decode)(const std::string& path, Bytes file, Form form);
};
extern const PictureFormat pngFormat, jpegFormat, webpFormat;

/// Whether the size can be: at most 2^28 pixels, and not more than the format can hold in so many bytes (0:
/// any), so that memory grows with the file.
Status checkSize(const std::string& path, const PictureHeader& header, std::size_t fileBytes,
                 std::int64_t mostPixelsPerByte);

/// The error for a picture that Form::numbers cannot be read of.
Status noMask(const std::string& path);

/// Rows of interleaved samples as planes of an image.
class Planes {
public:
  Planes(int channels, int height, int width);

  /// `samples` per pixel: 1 or 3. No allocation and no exception: called from under a C library.
  void setRow(int y, const std::uint8_t* row, int samples) noexcept;
  Image take() { return std::move(image); }

private:
  Image image;
};

} // namespace cnn
#endif
