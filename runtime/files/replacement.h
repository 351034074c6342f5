// Files that are written as a whole or not at all. Whatever the compiler and the runtime leave on a disk is
// written by this: sources, libraries, headers, entries of the cache, weights, checkpoints, arrays, drawings.
//
// The new contents are written under a name of their own in the same folder, synced, and renamed: at any
// moment the path names the old file or the new one, whoever else writes there. Links are followed, a file
// that is replaced keeps its permissions and, where the process may give it away, its owner; hard links to it
// keep the old contents. A file that may not be written is not replaced. What is no file (a device, a pipe)
// is written to as it is.
#ifndef CNN_FILES_REPLACEMENT_H
#define CNN_FILES_REPLACEMENT_H

#include "../model/text.h"
#include "unfinished.h"

#include <cstdint>

namespace cnn {

class FileReplacement {
public:
  enum class Existing { replace, refuse };
  enum class Durability {
    synced,
    left_to_system // for what can be told from its contents to be damaged, and made again
  };

  FileReplacement() = default;
  /// Takes away what was not published.
  ~FileReplacement();
  FileReplacement(const FileReplacement&) = delete;
  FileReplacement& operator=(const FileReplacement&) = delete;

  /// Begins what is to be at `path`, which has to stay until the end. Also sweeps the folder, once a process:
  /// what ended processes left there goes. Statuses are cnn_status; `error` gets "path: cannot write:
  /// reason".
  int32_t open(const char* path, Text& error, Existing existing = Existing::replace,
               Durability durability = Durability::synced);
  /// After a failure the rest is passed over; finish tells.
  void write(const void* data, uint64_t bytes);
  /// All is on the disk, not yet in its place.
  int32_t finish(Text& error);
  /// In its place.
  int32_t publish(Text& error);
  /// Whether that failed because of what there is, where Existing::refuse was wanted.
  bool refused() const;

private:
  bool begin(Existing existing);
  bool createTemporary(const char* name);
  int32_t fail(Text& error) const;

  const char* path = "";
  Text target; // what the path leads to
  const char* name = "";
  UnfinishedFile unfinished;
  int folder = -1, file = -1;
  int why = 0; // of the first failure, as errno
  uint32_t mode = 0, owner = 0, group = 0;
  bool exists = false, refuses = false, direct = false, synced = true, folderReadable = true;
};

/// open, write, finish and publish.
int32_t replaceFile(const char* path, const void* data, uint64_t bytes, Text& error);

/// Whether replaceFile could begin; nothing is changed.
int32_t checkReplaceable(const char* path, Text& error);

/// What the links that `path` ends in lead to; the last one may lead to nothing. An errno, or 0.
int followLinks(const char* path, Text& target);

} // namespace cnn
#endif
