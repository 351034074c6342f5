// A part of a picture at a random place and of random size, scaled back to the picture's size.
#ifndef CNN_DATA_RESIZED_CROP_H
#define CNN_DATA_RESIZED_CROP_H

#include "augment.h"

namespace cnn {

struct CropRange {
  double scale[2] = {0.08, 1.0};        // share of the area
  double ratio[2] = {3.0 / 4, 4.0 / 3}; // width over height
};

/// torchvision's RandomResizedCrop: the ratio's logarithm is uniform; after ten draws that do not fit, the largest
/// part at the centre that does.
class ResizedCrop : public Augmentation {
public:
  ResizedCrop(Picture picture, CropRange range) : picture(picture), range(range) {}
  void apply(const std::uint8_t* from, std::uint8_t* to, std::size_t bytes,
             const RandomWords& random) const override;

private:
  struct Box {
    std::int64_t top, left, height, width;
  };
  Box draw(const RandomWords& random) const;
  Box centre() const;

  Picture picture;
  CropRange range;
};

} // namespace cnn
#endif
