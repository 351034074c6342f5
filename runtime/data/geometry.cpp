#include "geometry.h"

#include <cmath>

namespace cnn {

Result<Picture> Resize::becomes(const Picture& picture) const {
  Picture result = picture;
  result.height = size.height;
  result.width = size.width;
  if (size.one && picture.height <= picture.width)
    result.width = size.height * picture.width / picture.height;
  else if (size.one)
    result.height = size.height * picture.height / picture.width;
  if (result.height * result.width > std::int64_t{1} << 28)
    return Status::error(CNN_ERROR_ARGUMENT, "resize(%lld): a picture of %s would become %s",
                         static_cast<long long>(size.height), picture.sizeText().c_str(),
                         result.sizeText().c_str());
  return result;
}

Status Resize::apply(const Picture& picture, const std::uint8_t* from, std::uint8_t* to,
                     const RandomWords&) const {
  Result<Picture> result = becomes(picture);
  if (!result) return std::move(result).error();
  return resizePart(picture, from, {0, 0, picture.height, picture.width}, to, result->height, result->width);
}

Result<Picture> CenterCrop::becomes(const Picture& picture) const {
  if (picture.height < size.height || picture.width < size.width)
    return Status::error(
        CNN_ERROR_FORMAT, "center_crop: expected a picture of at least %lld x %lld, found %s",
        static_cast<long long>(size.height), static_cast<long long>(size.width), picture.sizeText().c_str());
  Picture result = picture;
  result.height = size.height;
  result.width = size.width;
  return result;
}

Status CenterCrop::apply(const Picture& picture, const std::uint8_t* from, std::uint8_t* to,
                         const RandomWords&) const {
  auto half = [](std::int64_t rest) { return std::llrint(static_cast<double>(rest) / 2); };
  cutPart(picture, from,
          {half(picture.height - size.height), half(picture.width - size.width), size.height, size.width},
          to);
  return {};
}

} // namespace cnn
