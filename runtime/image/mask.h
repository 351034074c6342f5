// Masks from files: pictures whose values are numbers of classes.
#ifndef CNN_IMAGE_MASK_H
#define CNN_IMAGE_MASK_H

#include <cnn/image.hpp>

namespace cnn {

/// A PNG of grey values of at most 8 bits, or with a palette: one channel, the values or the places in the
/// palette as they are in the file, whatever their colours. Errors name the file.
Result<Image> read_mask(const std::string& path);

} // namespace cnn
#endif
