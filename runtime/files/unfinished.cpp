#include "unfinished.h"

#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cnn {

struct Place {
  enum State { isFree, isFilled, isKnown };
  std::atomic<int> state{isFree};
  int folder = -1;
  pid_t process = 0; // a forked child has the places of its parent's files, and leaves them alone
  char name[UnfinishedFile::nameRoom] = {};
};

namespace {

constinit Place places[64];
constinit std::atomic<uint64_t> lastNumber{0};
constinit std::atomic<uint64_t> lastSwept{0};

constexpr char suffix[] = ".part";
constexpr size_t suffixLength = sizeof(suffix) - 1;

uint64_t mix(uint64_t hash, const void* data, size_t bytes) { // FNV-1a
  for (size_t i = 0; i < bytes; ++i)
    hash = (hash ^ static_cast<const unsigned char*>(data)[i]) * 1099511628211u;
  return hash;
}

uint32_t hostHash() {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  return static_cast<uint32_t>(mix(14695981039346656037u, host, strlen(host)) >> 16);
}

bool takeDigits(const char*& at, const char* end) {
  const char* begin = at;
  while (at < end && isdigit(static_cast<unsigned char>(*at))) ++at;
  return at > begin;
}

// Whether a name is one that temporaryName gives on this machine.
bool isTemporary(const char* name) {
  size_t length = strlen(name);
  if (length <= suffixLength || strcmp(name + length - suffixLength, suffix) != 0) return false;
  const char *end = name + length - suffixLength, *at = end;
  while (at > name && at[-1] != '.') --at;
  if (at < name + 2) return false; // there is a dot, and something before it
  char host[10];
  snprintf(host, sizeof(host), "%08x-", hostHash());
  if (end - at < 9 || memcmp(at, host, 9) != 0) return false;
  at += 9;
  return takeDigits(at, end) && at < end && *at++ == '-' && takeDigits(at, end) && at == end;
}

void removeIfLeft(int folder, const char* name) {
  int file = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return;
  struct stat status;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && lockFile(file)) unlinkat(folder, name, 0);
  close(file);
}

} // namespace

void UnfinishedFile::remember(int folder, const char* name) {
  snprintf(text, sizeof(text), "%s", name);
  for (Place& each : places) {
    int expected = Place::isFree;
    if (!each.state.compare_exchange_strong(expected, Place::isFilled)) continue;
    each.folder = folder;
    each.process = getpid();
    memcpy(each.name, text, sizeof(text));
    each.state.store(Place::isKnown);
    place = &each;
    return;
  }
}

void UnfinishedFile::forget() {
  if (place) place->state.store(Place::isFree);
  place = nullptr;
}

void removeUnfinishedFiles() {
  for (Place& each : places)
    if (each.state.load() == Place::isKnown && each.process == getpid()) unlinkat(each.folder, each.name, 0);
}

void temporaryName(const char* name, char (&temporary)[UnfinishedFile::nameRoom]) {
  snprintf(temporary, sizeof(temporary), "%.200s.%08x-%ld-%llu%s", name, hostHash(),
           static_cast<long>(getpid()), static_cast<unsigned long long>(++lastNumber), suffix);
}

bool lockFile(int file) {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return fcntl(file, F_OFD_SETLK, &lock) == 0;
}

void sweepUnfinishedFiles(int folder) {
  struct stat status;
  if (fstat(folder, &status) != 0) return;
  const uint64_t key[] = {static_cast<uint64_t>(status.st_dev), static_cast<uint64_t>(status.st_ino),
                          static_cast<uint64_t>(getpid())};
  const uint64_t hash = mix(14695981039346656037u, key, sizeof(key));
  if (lastSwept.exchange(hash) == hash) return;
  int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = own < 0 ? nullptr : fdopendir(own);
  if (!entries) {
    if (own >= 0) close(own);
    return;
  }
  while (const dirent* entry = readdir(entries))
    if (isTemporary(entry->d_name)) removeIfLeft(folder, entry->d_name);
  closedir(entries);
}

} // namespace cnn
