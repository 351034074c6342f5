// A lock on a file that is written again and again: by one process at a time.
#ifndef CNN_FILES_LOCK_H
#define CNN_FILES_LOCK_H

#include "../model/text.h"
#include "unfinished.h"

#include <cstdint>

namespace cnn {

/// Holds PATH.lock, beside what the links of `path` lead to, which names this process. The lock is the
/// system's: it ends with the process, however that ends, and the next one takes the file over.
class FileLock {
public:
  FileLock() = default;
  ~FileLock() { release(); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// A cnn_status; where another one holds it, `error` says "path: WHAT process 123 on HOST". A file system
  /// that has no locks is no error.
  int32_t acquire(const char* path, const char* what, Text& error);
  void release();
  /// Whether acquire would say so now; changes nothing.
  static int32_t check(const char* path, const char* what, Text& error);

private:
  int32_t openFolder(const char* path, Text& error);
  int folder = -1, file = -1;
  UnfinishedFile unfinished;
};

} // namespace cnn
#endif
