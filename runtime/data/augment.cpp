#include "augment.h"
#include "geometry.h"
#include "resized_crop.h"
#include "settings.h"

#include "../model/philox.h"

#include <cstring>

namespace cnn {
namespace {

class Flip : public Augmentation {
public:
  Flip(double probability, bool horizontal) : probability(probability), horizontal(horizontal) {}

  Status apply(const Picture& picture, const std::uint8_t* from, std::uint8_t* to,
               const RandomWords& random) const override {
    std::size_t bytes = picture.elementBytes(), row = static_cast<std::size_t>(picture.width) * bytes;
    bool flip = unitInterval(random[0]) < probability;
    for (std::int64_t c = 0; c < picture.channels; ++c)
      for (std::int64_t y = 0; y < picture.height; ++y, to += row) {
        std::int64_t sourceY = flip && !horizontal ? picture.height - 1 - y : y;
        const std::uint8_t* source = from + static_cast<std::size_t>(c * picture.height + sourceY) * row;
        if (flip && horizontal)
          for (std::size_t x = 0; x < row; x += bytes) std::memcpy(to + x, source + row - bytes - x, bytes);
        else
          std::memcpy(to, source, row);
      }
    return {};
  }

private:
  double probability;
  bool horizontal;
};

class Crop : public Augmentation {
public:
  /// Without a size that of the picture.
  Crop(Size size, std::int64_t padding) : size(size), padding(padding) {}

  Result<Picture> becomes(const Picture& picture) const override {
    Picture result = picture;
    if (size.height) result.height = size.height, result.width = size.width;
    if (result.height <= picture.height + 2 * padding && result.width <= picture.width + 2 * padding)
      return result;
    return Status::error(
        CNN_ERROR_FORMAT, "random_crop: expected a picture of at least %s with its padding of %lld, found %s",
        result.sizeText().c_str(), static_cast<long long>(padding), picture.sizeText().c_str());
  }

  Status apply(const Picture& picture, const std::uint8_t* from, std::uint8_t* to,
               const RandomWords& random) const override {
    Result<Picture> result = becomes(picture);
    if (!result) return std::move(result).error();
    auto place = [&](std::int64_t have, std::int64_t want, std::uint32_t high, std::uint32_t low) {
      return static_cast<std::int64_t>(
                 below(static_cast<std::uint64_t>(have + 2 * padding - want + 1), high, low)) -
             padding;
    };
    std::int64_t top = place(picture.height, result->height, random[0], random[1]);
    std::int64_t left = place(picture.width, result->width, random[2], random[3]);
    std::int64_t begin = std::max<std::int64_t>(0, -left),
                 end = std::min(result->width, picture.width - left);
    std::size_t bytes = picture.elementBytes(), row = static_cast<std::size_t>(result->width) * bytes;
    for (std::int64_t c = 0; c < picture.channels; ++c)
      for (std::int64_t y = 0; y < result->height; ++y, to += row) {
        std::memset(to, 0, row);
        if (y + top < 0 || y + top >= picture.height || begin >= end) continue;
        std::int64_t source = (c * picture.height + y + top) * picture.width + begin + left;
        std::memcpy(to + static_cast<std::size_t>(begin) * bytes,
                    from + static_cast<std::size_t>(source) * bytes,
                    static_cast<std::size_t>(end - begin) * bytes);
      }
    return {};
  }

private:
  Size size;
  std::int64_t padding;
};

/// A whole number from 0 up, or a complaint.
Result<std::int64_t> wholeNumber(const cnn_setting& setting, const char* name, double value) {
  if (value >= 0 && value <= 16384 && value == static_cast<double>(static_cast<int>(value)))
    return static_cast<std::int64_t>(value);
  return Status::error(CNN_ERROR_ARGUMENT, "%s: %s is %g, expected a whole number, 0 or more", setting.name,
                       name, value);
}

} // namespace

Status readRange(const cnn_setting& setting, const char* name, const std::vector<float>& given,
                 double (&range)[2]) {
  if (given.empty()) return {};
  if (given.size() != 2 || !(given[0] > 0) || !(given[1] >= given[0]))
    return Status::error(CNN_ERROR_ARGUMENT, "%s: %s: expected two numbers above 0, the larger one last",
                         setting.name, name);
  range[0] = given[0];
  range[1] = given[1];
  return {};
}

Result<Size> readSize(const cnn_setting& setting, const std::vector<float>& given) {
  if (given.empty() || given.size() > 2)
    return Status::error(CNN_ERROR_ARGUMENT, "%s: size: expected one number, or height and width",
                         setting.name);
  Size size;
  size.one = given.size() == 1;
  for (auto [number, side] : {std::pair{given.front(), &size.height}, std::pair{given.back(), &size.width}}) {
    Result<std::int64_t> whole = wholeNumber(setting, "size", static_cast<double>(number));
    if (!whole) return std::move(whole).error();
    if (*whole == 0)
      return Status::error(CNN_ERROR_ARGUMENT, "%s: size is 0, expected 1 or more", setting.name);
    *side = *whole;
  }
  return size;
}

namespace {

using Made = Result<std::unique_ptr<Augmentation>>;

template <bool horizontal> Made makeFlip(const cnn_setting& setting) {
  Arguments arguments(setting);
  double probability = arguments.number("p", 0, 0.5);
  if (Status bad = arguments.finish(); !bad) return bad;
  if (probability < 0 || probability > 1)
    return Status::error(CNN_ERROR_ARGUMENT, "%s: p is %g, expected 0 to 1", setting.name, probability);
  return Made(std::make_unique<Flip>(probability, horizontal));
}

Made makeCrop(const cnn_setting& setting) {
  Arguments arguments(setting);
  std::vector<float> given = arguments.numbers("size", 0);
  double padding = arguments.number("padding", 1, 0);
  if (Status bad = arguments.finish(); !bad) return bad;
  Result<Size> size = given.empty() ? Result<Size>(Size()) : readSize(setting, given);
  if (!size) return std::move(size).error();
  Result<std::int64_t> whole = wholeNumber(setting, "padding", padding);
  if (!whole) return std::move(whole).error();
  return Made(std::make_unique<Crop>(*size, *whole));
}

template <class Change> Made makeGeometry(const cnn_setting& setting) {
  Arguments arguments(setting);
  std::vector<float> given = arguments.numbers("size", 0);
  if (Status bad = arguments.finish(); !bad) return bad;
  Result<Size> size = readSize(setting, given);
  if (!size) return std::move(size).error();
  return Made(std::make_unique<Change>(*size));
}

Made makeResizedCrop(const cnn_setting& setting) {
  Arguments arguments(setting);
  std::vector<float> given = arguments.numbers("size", 0);
  CropRange range;
  Status scale = readRange(setting, "scale", arguments.numbers("scale", 1), range.scale);
  Status ratio = readRange(setting, "ratio", arguments.numbers("ratio", 2), range.ratio);
  if (Status bad = arguments.finish(); !bad) return bad;
  if (!scale) return scale;
  if (!ratio) return ratio;
  Result<Size> size = given.empty() ? Result<Size>(Size()) : readSize(setting, given);
  if (!size) return std::move(size).error();
  return Made(std::make_unique<ResizedCrop>(*size, range));
}

} // namespace

Result<std::unique_ptr<Augmentation>> makeAugmentation(const cnn_setting& setting) {
  static constexpr std::pair<const char*, Made (*)(const cnn_setting&)> kinds[] = {
      {"resize", makeGeometry<Resize>}, {"center_crop", makeGeometry<CenterCrop>},
      {"random_hflip", makeFlip<true>}, {"random_vflip", makeFlip<false>},
      {"random_crop", makeCrop},        {"random_resized_crop", makeResizedCrop},
  };
  std::string known;
  for (auto [name, make] : kinds) {
    if (std::strcmp(setting.name, name) == 0) return make(setting);
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  return Status::error(CNN_ERROR_ARGUMENT, "the augmentation %s is not known; known are %s", setting.name,
                       known.c_str());
}

} // namespace cnn
