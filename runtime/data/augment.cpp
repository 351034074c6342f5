#include "augment.h"
#include "resized_crop.h"
#include "settings.h"

#include "../model/philox.h"

#include <cstring>

namespace cnn {
namespace {

class Flip : public Augmentation {
public:
  Flip(Picture picture, double probability, bool horizontal)
      : picture(picture), probability(probability), horizontal(horizontal) {}

  void apply(const std::uint8_t* from, std::uint8_t* to, std::size_t bytes,
             const RandomWords& random) const override {
    std::size_t row = static_cast<std::size_t>(picture.width) * bytes;
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
  }

private:
  Picture picture;
  double probability;
  bool horizontal;
};

class Crop : public Augmentation {
public:
  Crop(Picture picture, std::int64_t padding) : picture(picture), padding(padding) {}

  void apply(const std::uint8_t* from, std::uint8_t* to, std::size_t bytes,
             const RandomWords& random) const override {
    auto places = static_cast<std::uint64_t>(2 * padding + 1);
    std::int64_t top = static_cast<std::int64_t>(below(places, random[0], random[1])) - padding;
    std::int64_t left = static_cast<std::int64_t>(below(places, random[2], random[3])) - padding;
    std::int64_t begin = std::max<std::int64_t>(0, -left),
                 end = std::min(picture.width, picture.width - left);
    std::size_t row = static_cast<std::size_t>(picture.width) * bytes;
    for (std::int64_t c = 0; c < picture.channels; ++c)
      for (std::int64_t y = 0; y < picture.height; ++y, to += row) {
        std::memset(to, 0, row);
        if (y + top < 0 || y + top >= picture.height || begin >= end) continue;
        const std::uint8_t* source = from + static_cast<std::size_t>(c * picture.height + y + top) * row;
        std::memcpy(to + static_cast<std::size_t>(begin) * bytes,
                    source + static_cast<std::size_t>(begin + left) * bytes,
                    static_cast<std::size_t>(end - begin) * bytes);
      }
  }

private:
  Picture picture;
  std::int64_t padding;
};

/// A whole number from 0 up, or a complaint.
Result<std::int64_t> wholeNumber(const cnn_setting& setting, const char* name, double value) {
  if (value >= 0 && value <= 4096 && value == static_cast<double>(static_cast<int>(value)))
    return static_cast<std::int64_t>(value);
  return Status::error(CNN_ERROR_ARGUMENT, "%s: %s is %g, expected a whole number, 0 or more", setting.name, name,
                       value);
}

/// Crops give pictures of the size that the network takes.
Status checkSize(const cnn_setting& setting, double size, const Picture& picture) {
  if (size == static_cast<double>(picture.height) && picture.height == picture.width) return {};
  return Status::error(CNN_ERROR_ARGUMENT, "%s: size is %g, but the network takes %lld x %lld", setting.name, size,
                       static_cast<long long>(picture.height), static_cast<long long>(picture.width));
}

/// Two ascending numbers above 0.
Status readRange(const cnn_setting& setting, const char* name, std::vector<float> given, double (&range)[2]) {
  if (given.empty()) return {};
  if (given.size() != 2 || !(given[0] > 0) || !(given[1] >= given[0]))
    return Status::error(CNN_ERROR_ARGUMENT, "%s: %s: expected two numbers above 0, the larger one last",
                         setting.name, name);
  range[0] = given[0];
  range[1] = given[1];
  return {};
}

} // namespace

Result<std::unique_ptr<Augmentation>> makeAugmentation(const cnn_setting& setting, Picture picture) {
  Arguments arguments(setting);
  std::string name = setting.name;
  std::unique_ptr<Augmentation> made;
  if (name == "random_hflip" || name == "random_vflip") {
    double probability = arguments.number("p", 0, 0.5);
    if (Status bad = arguments.finish(); !bad) return bad;
    if (probability < 0 || probability > 1)
      return Status::error(CNN_ERROR_ARGUMENT, "%s: p is %g, expected 0 to 1", setting.name, probability);
    made = std::make_unique<Flip>(picture, probability, name == "random_hflip");
  } else if (name == "random_crop") {
    double size = arguments.number("size", 0, static_cast<double>(picture.height));
    double padding = arguments.number("padding", 1, 0);
    if (Status bad = arguments.finish(); !bad) return bad;
    if (Status bad = checkSize(setting, size, picture); !bad) return bad;
    Result<std::int64_t> whole = wholeNumber(setting, "padding", padding);
    if (!whole) return std::move(whole).error();
    made = std::make_unique<Crop>(picture, *whole);
  } else if (name == "random_resized_crop") {
    double size = arguments.number("size", 0, static_cast<double>(picture.height));
    CropRange range;
    Status scale = readRange(setting, "scale", arguments.numbers("scale", 1), range.scale);
    Status ratio = readRange(setting, "ratio", arguments.numbers("ratio", 2), range.ratio);
    if (Status bad = arguments.finish(); !bad) return bad;
    if (!scale) return scale;
    if (!ratio) return ratio;
    if (Status bad = checkSize(setting, size, picture); !bad) return bad;
    made = std::make_unique<ResizedCrop>(picture, range);
  } else {
    return Status::error(
        CNN_ERROR_ARGUMENT,
        "the augmentation %s is not known; known are random_hflip, random_vflip, random_crop, "
        "random_resized_crop", setting.name);
  }
  return made;
}

} // namespace cnn
