// What a file is that is no safetensors file.
#ifndef CNN_MODEL_OTHER_FORMATS_H
#define CNN_MODEL_OTHER_FORMATS_H

#include <cstddef>

namespace cnn {

/// A well-known format that a file begins as, and what to do about it, for an error; null for others.
const char* otherFormat(const unsigned char* begin, size_t bytes);

/// Of the file's beginning, what otherFormat looks at.
inline constexpr size_t otherFormatBytes = 64;

} // namespace cnn
#endif
