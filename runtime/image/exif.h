// The orientation of a picture in its EXIF data.
#ifndef CNN_IMAGE_EXIF_H
#define CNN_IMAGE_EXIF_H

#include "formats.h"

namespace cnn {

/// From EXIF data without the "Exif" before it; 1, as it is, where it does not say.
int exifOrientation(Bytes exif);

/// Turns and mirrors a picture so that it is seen as it should be.
Image upright(Image image, int orientation);

/// The orientations from 5 on exchange height and width.
inline bool exchangesSides(int orientation) {
  return orientation >= 5;
}

} // namespace cnn
#endif
