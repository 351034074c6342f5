// A part of a picture at a random place and of random size, scaled to one size.
#ifndef CNN_DATA_RESIZED_CROP_H
#define CNN_DATA_RESIZED_CROP_H

#include "augment.h"

namespace cnn {

struct CropRange {
  double scale[2] = {0.08, 1.0};        // share of the area
  double ratio[2] = {3.0 / 4, 4.0 / 3}; // width over height
};

/// torchvision's RandomResizedCrop: the ratio's logarithm is uniform; after ten draws that do not fit, the
/// largest part at the centre that does. Without a size the result is as large as the picture.
class ResizedCrop : public Augmentation {
public:
  ResizedCrop(Size size, CropRange range) : size(size), range(range) {}
  Result<Picture> becomes(const Picture& picture) const override;
  Status apply(const Picture& picture, const std::uint8_t* from, std::uint8_t* to,
               const RandomWords& random) const override;

private:
  Box draw(const Picture& picture, const RandomWords& random) const;
  Box centre(const Picture& picture) const;

  Size size;
  CropRange range;
};

} // namespace cnn
#endif
