// Changes of pictures before they reach a network: random ones, each a function of (seed, epoch, sample,
// which change) and of nothing else, and those that are always the same.
#ifndef CNN_DATA_AUGMENT_H
#define CNN_DATA_AUGMENT_H

#include "../image/resize.h"

#include <cnn/data.hpp>

#include <memory>
#include <span>

namespace cnn {

/// Four random words for one picture.
using RandomWords = std::array<std::uint32_t, 4>;

/// Works on planes of elements of one, four or eight bytes, from one buffer to another.
class Augmentation {
public:
  virtual ~Augmentation() = default;
  /// What becomes of a picture of this size; an error where it is too small.
  virtual Result<Picture> becomes(const Picture& picture) const { return picture; }
  /// `picture` is one that `becomes` takes, and `to` holds what it gives.
  virtual Status apply(const Picture& picture, const std::uint8_t* from, std::uint8_t* to,
                       const RandomWords& random) const = 0;
};

/// One change of several columns with the same random words; null where a column stays as it is.
using ColumnChanges = std::vector<std::unique_ptr<Augmentation>>;

/// resize(size), center_crop(size), random_hflip(p), random_vflip(p), random_crop(size, padding),
/// random_resized_crop(size, scale, ratio): torchvision's names and defaults, padding is zero.
Result<std::unique_ptr<Augmentation>> makeAugmentation(const cnn_setting& setting);

/// Two ascending numbers above 0.
Status readRange(const cnn_setting& setting, const char* name, const std::vector<float>& given,
                 double (&range)[2]);

/// Height and width, or one number for both.
struct Size {
  std::int64_t height = 0, width = 0;
  bool one = false; // only one was given
};
Result<Size> readSize(const cnn_setting& setting, const std::vector<float>& given);

} // namespace cnn
#endif
