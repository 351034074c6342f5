// Readers whose memory grows with the files of others.
#ifndef CNN_IMAGE_WITHIN_MEMORY_H
#define CNN_IMAGE_WITHIN_MEMORY_H

#include <cnn/result.hpp>

#include <new>
#include <stdexcept>
#include <string>

namespace cnn {

/// Memory that a reader asks for and does not get is an error with the file's or folder's name.
template <class Read> auto withinMemory(const std::string& path, Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  return Status::error(CNN_ERROR_MEMORY, "%s: no memory to read it", path.c_str());
}

} // namespace cnn
#endif
