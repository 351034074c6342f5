#include "lock.h"

#include "replacement.h"

#include <cnn/model.h>

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cnn {
namespace {

constexpr char prefix[] = "process ";

int32_t failed(const char* path, int why, Text& error) {
  error.add("%s: cannot lock: %s", path, strerror(why));
  return why == ENOMEM ? CNN_ERROR_MEMORY : CNN_ERROR_FILE;
}

// "process 123 on HOST"; empty where there is nothing. False: a file of other contents.
bool readHolder(int file, char (&holder)[320]) {
  ssize_t length = pread(file, holder, sizeof(holder) - 1, 0);
  holder[length > 0 ? length : 0] = 0;
  if (char* end = strchr(holder, '\n')) *end = 0;
  for (char* at = holder; *at; ++at)
    if (!isprint(static_cast<unsigned char>(*at))) return false;
  return !*holder || strncmp(holder, prefix, sizeof(prefix) - 1) == 0;
}

int32_t held(const char* path, const char* what, int file, Text& error) {
  char holder[320];
  bool known = readHolder(file, holder) && *holder;
  error.add("%s: %s %s", path, what, known ? holder : "another process");
  return CNN_ERROR_FILE;
}

struct LockPath {
  Text folder, name;

  int set(const char* path) { // an errno, or 0
    Text target;
    if (int why = followLinks(path, target)) return why;
    const char* slash = strrchr(target.c_str(), '/');
    if (slash)
      folder.add("%.*s", static_cast<int>(slash - target.c_str() + 1), target.c_str());
    else
      folder.add("./");
    name.add("%s.lock", slash ? slash + 1 : target.c_str());
    if (!folder.complete() || !name.complete()) return ENOMEM;
    return name.size() < UnfinishedFile::nameRoom ? 0 : ENAMETOOLONG;
  }
};

} // namespace

int32_t FileLock::acquire(const char* path, const char* what, Text& error) {
  release();
  LockPath place;
  if (int why = place.set(path)) return failed(path, why, error);
  folder = open(place.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return failed(path, errno, error);
  const char* name = place.name.c_str();
  // Who ends takes the file away, so that what was locked may not be what has the name.
  for (;;) {
    file = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (file < 0) return failed(path, errno, error);
    char holder[320];
    if (!readHolder(file, holder)) {
      close(file);
      file = -1;
      error.add("%s: cannot lock: %s is in the way: not a lock", path, name);
      return CNN_ERROR_FILE;
    }
    if (!lockFile(file)) {
      bool taken = errno == EAGAIN || errno == EACCES;
      int32_t status = taken ? held(path, what, file, error) : CNN_OK;
      close(file); // without locks the file says nothing
      file = -1;
      return status;
    }
    struct stat locked, named;
    if (fstat(file, &locked) == 0 && fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        locked.st_ino == named.st_ino && locked.st_dev == named.st_dev)
      break;
    close(file);
  }
  unfinished.remember(folder, name);
  char host[256] = "?", text[320];
  gethostname(host, sizeof(host) - 1);
  int length = snprintf(text, sizeof(text), "%s%ld on %s\n", prefix, static_cast<long>(getpid()), host);
  // For messages alone: a disk that is full is told by who writes what counts.
  if (ftruncate(file, 0) != 0 || pwrite(file, text, static_cast<size_t>(length), 0) != length) return CNN_OK;
  return CNN_OK;
}

void FileLock::release() {
  if (file >= 0) {
    unlinkat(folder, unfinished.name(), 0);
    close(file);
  }
  unfinished.forget();
  if (folder >= 0) close(folder);
  file = folder = -1;
}

int32_t FileLock::check(const char* path, const char* what, Text& error) {
  LockPath place;
  if (int why = place.set(path)) return failed(path, why, error);
  int folder = open(place.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return failed(path, errno, error);
  int file = openat(folder, place.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  close(folder);
  if (file < 0) return CNN_OK; // there is none, or acquire tells
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  int32_t status = CNN_OK;
  if (fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) status = held(path, what, file, error);
  close(file);
  return status;
}

} // namespace cnn
