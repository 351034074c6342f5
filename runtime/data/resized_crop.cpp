#include "resized_crop.h"

#include "../model/philox.h"

#include <algorithm>
#include <cmath>

namespace cnn {

Result<Picture> ResizedCrop::becomes(const Picture& picture) const {
  Picture result = picture;
  if (size.height) result.height = size.height, result.width = size.width;
  return result;
}

Box ResizedCrop::centre(const Picture& picture) const {
  auto height = static_cast<double>(picture.height), width = static_cast<double>(picture.width);
  double ratio = std::clamp(width / height, range.ratio[0], range.ratio[1]);
  Box box{0, 0, std::min(picture.height, std::max<std::int64_t>(1, std::llround(width / ratio))),
          std::min(picture.width, std::max<std::int64_t>(1, std::llround(height * ratio)))};
  box.top = (picture.height - box.height) / 2;
  box.left = (picture.width - box.width) / 2;
  return box;
}

Box ResizedCrop::draw(const Picture& picture, const RandomWords& random) const {
  auto area = static_cast<double>(picture.height * picture.width);
  for (std::uint64_t attempt = 0; attempt < 10; ++attempt) {
    // The size by one set of words, the place by another.
    auto more = [&](std::uint64_t which) {
      return philox(std::uint64_t{random[0]} << 32 | random[1], std::uint64_t{random[2]} << 32 | random[3],
                    2 * attempt + which);
    };
    RandomWords size = more(0), place = more(1);
    double part = area * (range.scale[0] + (range.scale[1] - range.scale[0]) * unitInterval(size[0]));
    double low = std::log(range.ratio[0]), high = std::log(range.ratio[1]);
    double ratio = std::exp(low + (high - low) * unitInterval(size[1]));
    auto width = std::llround(std::sqrt(part * ratio)), height = std::llround(std::sqrt(part / ratio));
    if (width < 1 || height < 1 || width > picture.width || height > picture.height) continue;
    auto top = below(static_cast<std::uint64_t>(picture.height - height + 1), place[0], place[1]);
    auto left = below(static_cast<std::uint64_t>(picture.width - width + 1), place[2], place[3]);
    return {static_cast<std::int64_t>(top), static_cast<std::int64_t>(left), height, width};
  }
  return centre(picture);
}

Status ResizedCrop::apply(const Picture& picture, const std::uint8_t* from, std::uint8_t* to,
                          const RandomWords& random) const {
  Result<Picture> result = becomes(picture);
  if (!result) return std::move(result).error();
  return resizePart(picture, from, draw(picture, random), to, result->height, result->width);
}

} // namespace cnn
