#include "replacement.h"

#include <cnn/model.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cnn {
namespace {

constexpr int mostLinks = 40;       // as Linux follows
constexpr uint32_t dontReplace = 1; // RENAME_NOREPLACE of <linux/fs.h>
constexpr int mostNames = 100;

void setFolder(const char* path, Text& folder) {
  const char* slash = strrchr(path, '/');
  folder.clear();
  if (slash)
    folder.add("%.*s", static_cast<int>(slash - path + 1), path);
  else
    folder.add("./");
}

// Where a file system knows no such rename (NFS), a second name does the same.
bool renameToNew(int folder, const char* from, const char* to) {
  if (syscall(SYS_renameat2, folder, from, folder, to, dontReplace) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  return linkat(folder, from, folder, to, 0) == 0 && unlinkat(folder, from, 0) == 0;
}

} // namespace

int followLinks(const char* path, Text& target) {
  Text folder;
  target.clear();
  target.add("%s", path);
  for (int links = 0; links <= mostLinks; ++links) {
    char leads[4096];
    if (!target.complete() || !folder.complete()) return ENOMEM;
    ssize_t length = readlink(target.c_str(), leads, sizeof(leads));
    if (length < 0) return errno == EINVAL || errno == ENOENT ? 0 : errno;
    if (length == sizeof(leads)) return ENAMETOOLONG;
    setFolder(target.c_str(), folder);
    target.clear();
    target.add("%s%.*s", *leads == '/' ? "" : folder.c_str(), static_cast<int>(length), leads);
  }
  return ELOOP;
}

FileReplacement::~FileReplacement() {
  if (file >= 0 && !direct) unlinkat(folder, unfinished.name(), 0);
  if (file >= 0) close(file);
  unfinished.forget();
  if (folder >= 0) close(folder);
}

int32_t FileReplacement::fail(Text& error) const {
  error.add("%s: cannot write: %s", path, strerror(why));
  return why == ENOMEM ? CNN_ERROR_MEMORY : CNN_ERROR_FILE;
}

int32_t FileReplacement::open(const char* wanted, Text& error, Existing existing, Durability durability) {
  path = wanted;
  synced = durability == Durability::synced;
  refuses = existing == Existing::refuse;
  if (begin(existing)) return CNN_OK;
  return fail(error);
}

bool FileReplacement::begin(Existing existing) {
  auto failed = [&](int number) { return why = number, false; };
  struct stat status;
  const bool leadsToSomething = stat(path, &status) == 0;
  if (leadsToSomething && S_ISDIR(status.st_mode)) return failed(EISDIR);
  if (leadsToSomething && !S_ISREG(status.st_mode) && existing == Existing::replace) {
    direct = true;
    file = ::open(path, O_WRONLY | O_CLOEXEC);
    return file >= 0 || failed(errno);
  }
  // A new file is not made where a link leads to.
  if (existing == Existing::refuse && lstat(path, &status) == 0) return failed(EEXIST);
  if (int number = followLinks(path, target)) return failed(number);
  Text folderName;
  setFolder(target.c_str(), folderName);
  if (!folderName.complete()) return failed(ENOMEM);
  const char* slash = strrchr(target.c_str(), '/');
  name = slash ? slash + 1 : target.c_str();
  if (!*name) return failed(*path ? EISDIR : ENOENT);
  folder = ::open(folderName.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  folderReadable = folder >= 0;
  if (folder < 0 && errno == EACCES) folder = ::open(folderName.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return failed(errno);
  exists = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists) {
    if (faccessat(folder, name, W_OK, AT_EACCESS) != 0) return failed(errno);
    mode = status.st_mode & 07777;
    owner = status.st_uid;
    group = status.st_gid;
  }
  sweepUnfinishedFiles(folder);
  return createTemporary(name);
}

// The lock tells others that the file has a writer. One that a sweep took in the moment before it was locked
// has no name any more.
bool FileReplacement::createTemporary(const char* of) {
  for (int tries = 0; tries < mostNames; ++tries) {
    char temporary[UnfinishedFile::nameRoom];
    temporaryName(of, temporary);
    unfinished.forget();
    unfinished.remember(folder, temporary);
    file =
        openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, exists ? 0600 : 0666);
    if (file < 0 && errno == EEXIST) continue;
    if (file < 0) break;
    struct stat status;
    bool taken = !lockFile(file) && (errno == EAGAIN || errno == EACCES);
    if (!taken && fstat(file, &status) == 0 && status.st_nlink > 0) return true;
    close(file);
    file = -1;
  }
  why = errno;
  unfinished.forget();
  return false;
}

void FileReplacement::write(const void* data, uint64_t bytes) {
  auto* from = static_cast<const char*>(data);
  while (bytes > 0 && !why) {
    ssize_t wrote = ::write(file, from, bytes);
    if (wrote < 0 && errno != EINTR) why = errno;
    if (wrote < 0) continue;
    from += wrote;
    bytes -= static_cast<uint64_t>(wrote);
  }
}

int32_t FileReplacement::finish(Text& error) {
  if (direct) {
    if (close(file) != 0 && !why) why = errno;
    file = -1;
    return why ? fail(error) : CNN_OK;
  }
  struct stat status;
  if (!why && exists) {
    bool others = fstat(file, &status) == 0 && (status.st_uid != owner || status.st_gid != group);
    // A program that runs as its owner must not come to run as another one.
    if (others && fchown(file, owner, group) != 0) mode &= 0777;
    if (fchmod(file, mode) != 0) why = errno;
  }
  if (!why && synced && fsync(file) != 0) why = errno;
  return why ? fail(error) : CNN_OK;
}

int32_t FileReplacement::publish(Text& error) {
  if (direct) return CNN_OK;
  const char* temporary = unfinished.name();
  if (refuses ? !renameToNew(folder, temporary, name) : renameat(folder, temporary, folder, name) != 0) {
    why = errno;
    return fail(error);
  }
  unfinished.forget();
  close(file);
  file = -1;
  // A rename is on the disk only when its folder is; some file systems cannot sync folders.
  if (synced && folderReadable && fsync(folder) != 0 && errno != EINVAL) {
    error.add("%s: written, but its folder cannot be synced: %s", path, strerror(errno));
    return CNN_ERROR_FILE;
  }
  return CNN_OK;
}

bool FileReplacement::refused() const {
  return refuses && why == EEXIST;
}

int32_t replaceFile(const char* path, const void* data, uint64_t bytes, Text& error) {
  FileReplacement replacement;
  if (int32_t status = replacement.open(path, error)) return status;
  replacement.write(data, bytes);
  if (int32_t status = replacement.finish(error)) return status;
  return replacement.publish(error);
}

int32_t checkReplaceable(const char* path, Text& error) {
  FileReplacement replacement;
  return replacement.open(path, error);
}

} // namespace cnn
