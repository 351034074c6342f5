//===- standard_output.cpp - Output that was not written is an error ---------------------------------===//

#include "standard_output.h"

#include "llvm/Support/raw_ostream.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace cnn::tools {

namespace {

int failure = 0; ///< the first error of writing to stdout

/// All of it; 0 is an error, as fopencookie(3) wants it.
ssize_t writeOut(void*, const char* data, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t count = ::write(STDOUT_FILENO, data + done, size - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      if (failure == 0) failure = errno;
      return 0;
    }
    done += static_cast<size_t>(count);
  }
  return static_cast<ssize_t>(size);
}

} // namespace

void openStandardOutput() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) // reading it fails, or writing it
      (void)!::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  // A stream's own errors do not tell the reason of one that was met earlier.
  std::FILE* stream = ::fopencookie(nullptr, "w", {nullptr, writeOut, nullptr, nullptr});
  if (!stream) return;
  std::setvbuf(stream, nullptr, ::isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, 1 << 16);
  stdout = stream;
}

int closeStandardOutput(int status) {
  std::fflush(stdout);
  llvm::outs().flush();
  if (llvm::outs().has_error()) {
    if (failure == 0) failure = llvm::outs().error().value();
    llvm::outs().clear_error(); // its end would stop the program
  }
  if (failure == 0) return status;
  std::fprintf(stderr, "error: stdout: cannot write: %s\n", std::strerror(failure));
  return status == 0 ? 1 : status;
}

} // namespace cnn::tools
