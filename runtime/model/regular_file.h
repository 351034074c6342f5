// Opening what a stranger names.
#ifndef CNN_MODEL_REGULAR_FILE_H
#define CNN_MODEL_REGULAR_FILE_H

#include "text.h"

#include <cstdint>

namespace cnn {

/// Opens a file to read, and gives its size. What is no regular file is not opened at all: a pipe would keep
/// the reader waiting, and a device may do something. A file descriptor, or -1 with a message that begins
/// with the path.
int openRegularFile(const char* path, uint64_t& bytes, Text& error);

} // namespace cnn
#endif
