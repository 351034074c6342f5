// Changes of a picture's size that are always the same.
#ifndef CNN_DATA_GEOMETRY_H
#define CNN_DATA_GEOMETRY_H

#include "augment.h"

namespace cnn {

/// torchvision's Resize: one number is the shorter side's, and the longer side keeps the proportion, rounded
/// down.
class Resize : public Augmentation {
public:
  explicit Resize(Size size) : size(size) {}
  Result<Picture> becomes(const Picture& picture) const override;
  Status apply(const Picture& picture, const std::uint8_t* from, std::uint8_t* to,
               const RandomWords& random) const override;

private:
  Size size;
};

/// torchvision's CenterCrop; half a pixel goes to the even side.
class CenterCrop : public Augmentation {
public:
  explicit CenterCrop(Size size) : size(size) {}
  Result<Picture> becomes(const Picture& picture) const override;
  Status apply(const Picture& picture, const std::uint8_t* from, std::uint8_t* to,
               const RandomWords& random) const override;

private:
  Size size;
};

} // namespace cnn
#endif
