#include "regular_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cnn {
namespace {

const char* kindOf(mode_t mode) {
  return S_ISDIR(mode)                    ? "a folder"
         : S_ISFIFO(mode)                 ? "a named pipe"
         : S_ISSOCK(mode)                 ? "a socket"
         : S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
                                          : "something else";
}

} // namespace

int openRegularFile(const char* path, uint64_t& bytes, Text& error) {
  struct stat status;
  int file = -1;
  bool isFound = stat(path, &status) == 0;
  if (isFound && S_ISREG(status.st_mode)) {
    // Should it have become a pipe since, opening it does not wait.
    file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    isFound = file >= 0 && fstat(file, &status) == 0;
  }
  if (!isFound)
    error.add("%s: cannot open: %s", path, strerror(errno));
  else if (!S_ISREG(status.st_mode))
    error.add("%s: not a file: it is %s", path, kindOf(status.st_mode));
  else {
    bytes = static_cast<uint64_t>(status.st_size);
    return file;
  }
  if (file >= 0) close(file);
  return -1;
}

} // namespace cnn
