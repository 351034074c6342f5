#include "resized_crop.h"

#include "../model/philox.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace cnn {
namespace {

/// Where an output pixel's centre lies among the part's pixels: between `low` and `high`, `share` of the way.
struct Place {
  std::int64_t low, high;
  float share;
};

Place placeOf(std::int64_t output, std::int64_t outputs, std::int64_t begin, std::int64_t extent) {
  double at = (static_cast<double>(output) + 0.5) * static_cast<double>(extent) / static_cast<double>(outputs) - 0.5;
  at = std::clamp(at, 0.0, static_cast<double>(extent - 1));
  auto low = static_cast<std::int64_t>(at);
  return {begin + low, begin + std::min(low + 1, extent - 1), static_cast<float>(at - static_cast<double>(low))};
}

std::int64_t nearest(std::int64_t output, std::int64_t outputs, std::int64_t begin, std::int64_t extent) {
  return begin + std::min(extent - 1, output * extent / outputs);
}

template <class Value> Value rounded(float value) {
  if constexpr (std::is_same_v<Value, float>) return value;
  return static_cast<Value>(std::lround(value));
}

template <class Value>
void bilinear(const Value* from, Value* to, const Picture& picture, std::span<const Place> rows,
              std::span<const Place> columns) {
  for (std::int64_t c = 0; c < picture.channels; ++c, from += picture.height * picture.width)
    for (const Place& row : rows)
      for (const Place& column : columns) {
        auto at = [&](std::int64_t y, std::int64_t x) { return static_cast<float>(from[y * picture.width + x]); };
        float above = at(row.low, column.low) + column.share * (at(row.low, column.high) - at(row.low, column.low));
        float below = at(row.high, column.low) + column.share * (at(row.high, column.high) - at(row.high, column.low));
        *to++ = rounded<Value>(above + row.share * (below - above));
      }
}

} // namespace

ResizedCrop::Box ResizedCrop::centre() const {
  auto height = static_cast<double>(picture.height), width = static_cast<double>(picture.width);
  double ratio = std::clamp(width / height, range.ratio[0], range.ratio[1]);
  Box box{0, 0, std::min(picture.height, std::max<std::int64_t>(1, std::llround(width / ratio))),
          std::min(picture.width, std::max<std::int64_t>(1, std::llround(height * ratio)))};
  box.top = (picture.height - box.height) / 2;
  box.left = (picture.width - box.width) / 2;
  return box;
}

ResizedCrop::Box ResizedCrop::draw(const RandomWords& random) const {
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
  return centre();
}

void ResizedCrop::apply(const std::uint8_t* from, std::uint8_t* to, std::size_t bytes,
                        const RandomWords& random) const {
  Box box = draw(random);
  if (picture.classes) {
    for (std::int64_t c = 0; c < picture.channels; ++c)
      for (std::int64_t y = 0; y < picture.height; ++y)
        for (std::int64_t x = 0; x < picture.width; ++x, to += bytes) {
          std::int64_t row = c * picture.height + nearest(y, picture.height, box.top, box.height);
          std::int64_t place = row * picture.width + nearest(x, picture.width, box.left, box.width);
          std::memcpy(to, from + static_cast<std::size_t>(place) * bytes, bytes);
        }
    return;
  }
  std::vector<Place> rows, columns;
  for (std::int64_t y = 0; y < picture.height; ++y)
    rows.push_back(placeOf(y, picture.height, box.top, box.height));
  for (std::int64_t x = 0; x < picture.width; ++x)
    columns.push_back(placeOf(x, picture.width, box.left, box.width));
  if (picture.element == CNN_F32)
    bilinear(reinterpret_cast<const float*>(from), reinterpret_cast<float*>(to), picture, rows, columns);
  else
    bilinear(from, to, picture, rows, columns);
}

} // namespace cnn
