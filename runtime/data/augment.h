// Random changes of pictures, each a function of (seed, epoch, sample, which augmentation) and of nothing
// else.
#ifndef CNN_DATA_AUGMENT_H
#define CNN_DATA_AUGMENT_H

#include <cnn/data.hpp>

#include <memory>
#include <span>

namespace cnn {

struct Picture {
  std::int64_t channels, height, width;
  int element = CNN_U8; // of its values, enum cnn_element
  bool classes = false; // of pixels, which cannot be mixed
};

/// Four random words for one picture.
using RandomWords = std::array<std::uint32_t, 4>;

/// Works on elements of one, four or eight bytes, planar, from one buffer to another.
class Augmentation {
public:
  virtual ~Augmentation() = default;
  virtual void apply(const std::uint8_t* from, std::uint8_t* to, std::size_t elementBytes,
                     const RandomWords& random) const = 0;
};

/// One change of several columns with the same random words; null where a column stays as it is.
using ColumnChanges = std::vector<std::unique_ptr<Augmentation>>;

/// random_hflip(p), random_vflip(p), random_crop(size, padding), random_resized_crop(size, scale, ratio):
/// PyTorch's names and defaults, crops back to the picture's size, padding is zero.
Result<std::unique_ptr<Augmentation>> makeAugmentation(const cnn_setting& setting, Picture picture);

} // namespace cnn
#endif
