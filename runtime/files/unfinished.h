// The files that this process has begun and not finished, so that a signal's handler can take them away, and
// those that ended processes have left.
#ifndef CNN_FILES_UNFINISHED_H
#define CNN_FILES_UNFINISHED_H

#include <cstddef>

namespace cnn {

/// A file by its folder's descriptor, which has to stay open, and its name. While one of a limited number of
/// places for them is free, removeUnfinishedFiles knows it.
class UnfinishedFile {
public:
  static constexpr size_t nameRoom = 256;

  ~UnfinishedFile() { forget(); }
  /// To be called before the file is created.
  void remember(int folder, const char* name);
  void forget();
  const char* name() const { return text; }

private:
  char text[nameRoom] = "";
  struct Place* place = nullptr;
};

/// For handlers of SIGINT and the like in programs that end by them: async-signal-safe.
void removeUnfinishedFiles();

/// NAME.HOST-PROCESS-NUMBER.part, a number that this process has not used before. HOST is a hash of the
/// machine's name, as 8 hexadecimal digits. A name that is too long is cut.
void temporaryName(const char* name, char (&temporary)[UnfinishedFile::nameRoom]);

/// Locks a whole open file for this open file description, without waiting. False: somebody else has it, or
/// locks do not work here; errno tells.
bool lockFile(int file);

/// Removes the files in a folder that have names by temporaryName, this machine's, and that no process has
/// locked: every writer locks its file as long as it has that name. Does nothing in a folder that this
/// process swept just before.
void sweepUnfinishedFiles(int folder);

} // namespace cnn
#endif
