/// What is known of a picture's size while it goes through preprocess or augment.
#pragma once

#include "ast_to_dialect/evaluate/value.h"

#include <optional>

namespace cnn {

struct PictureSize {
  enum Known : uint8_t {
    Nothing, ///< a file's picture
    Shorter, ///< its shorter side
    Both,
  };
  Known known = Nothing;
  int64_t height = 0, width = 0; ///< height is also the shorter side

  std::string describe() const;
};

/// A mistake in a chain, and where.
struct PictureMistake {
  std::string message;
  Span span;
};

/// What one part of a chain, such as center_crop(224), makes of a picture.
std::optional<PictureMistake> changeSize(const Record& record, PictureSize& size);

} // namespace cnn
