#include "file_bytes.h"

#include "../model/regular_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

namespace cnn {

Result<ByteFile> ByteFile::open(const std::string& path) {
  Text why;
  std::uint64_t size = 0;
  int descriptor = openRegularFile(path.c_str(), size, why);
  if (descriptor < 0) return Status::error(CNN_ERROR_FILE, "%s", why.c_str());
  gzFile file = gzdopen(descriptor, "rb");
  if (!file) {
    close(descriptor);
    return Status::error(CNN_ERROR_MEMORY, "%s: no memory to read it", path.c_str());
  }
  gzbuffer(file, 1 << 17);
  return ByteFile(path, file, size);
}

ByteFile::ByteFile(ByteFile&& other) noexcept
    : path(std::move(other.path)), handle(std::exchange(other.handle, nullptr)), size(other.size) {}

ByteFile::~ByteFile() {
  if (handle) gzclose(static_cast<gzFile>(handle));
}

Status ByteFile::failure(const char* what, std::uint64_t missing) {
  int number = Z_OK;
  const char* text = gzerror(static_cast<gzFile>(handle), &number);
  if (number == Z_ERRNO)
    return Status::error(CNN_ERROR_FILE, "%s: cannot read: %s", path.c_str(), std::strerror(errno));
  if (number != Z_OK && number != Z_BUF_ERROR)
    return Status::error(CNN_ERROR_FORMAT, "%s: damaged gzip file: %s", path.c_str(), text);
  if (missing == 0)
    return Status::error(CNN_ERROR_FORMAT, "%s: truncated: the gzip file's end is missing", path.c_str());
  return Status::error(CNN_ERROR_FORMAT, "%s: truncated: %llu bytes of the %s are missing", path.c_str(),
                       static_cast<unsigned long long>(missing), what);
}

std::uint64_t ByteFile::mostBytes() const {
  constexpr std::uint64_t deflateRatio = 1032; // https://zlib.net/zlib_tech.html
  return gzdirect(static_cast<gzFile>(handle)) ? size : size * deflateRatio;
}

Status ByteFile::read(std::uint64_t bytes, std::vector<std::uint8_t>& to, const char* what) {
  constexpr std::uint64_t piece = 1 << 22;
  // What is promised is believed as far as the file can hold it.
  std::uint64_t possible = std::min(bytes, mostBytes());
  try {
    if (to.size() + possible > to.capacity()) to.reserve(to.size() + possible);
  } catch (const std::exception&) {
    return Status::error(CNN_ERROR_MEMORY, "%s: no memory for the %llu bytes of its %s", path.c_str(),
                         static_cast<unsigned long long>(bytes), what);
  }
  while (bytes > 0) {
    std::uint64_t wanted = std::min(bytes, piece);
    std::size_t before = to.size();
    to.resize(before + wanted);
    int got = gzread(static_cast<gzFile>(handle), to.data() + before, static_cast<unsigned>(wanted));
    if (got < 0 || static_cast<std::uint64_t>(got) < wanted)
      return failure(what, bytes - static_cast<std::uint64_t>(std::max(got, 0)));
    bytes -= wanted;
  }
  return {};
}

bool ByteFile::at_end() {
  auto* file = static_cast<gzFile>(handle);
  int next = gzgetc(file);
  if (next >= 0) gzungetc(next, file);
  int number = Z_OK;
  gzerror(file, &number);
  return next < 0 && number == Z_OK;
}

Status ByteFile::expect_end(const char* what) {
  char more;
  int got = gzread(static_cast<gzFile>(handle), &more, 1), number = Z_OK;
  if (got <= 0) gzerror(static_cast<gzFile>(handle), &number);
  if (got < 0 || number != Z_OK) return failure(what, 0);
  if (got == 0) return {};
  return Status::error(CNN_ERROR_FORMAT, "%s: oversized: bytes after the last %s", path.c_str(), what);
}

bool file_exists(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0;
}

std::string plain_or_gzip(const std::string& path) {
  return !file_exists(path) && file_exists(path + ".gz") ? path + ".gz" : path;
}

Result<std::string> find_folder(const std::vector<std::string>& candidates,
                                const std::vector<std::string>& files, const std::string& name,
                                const std::string& hint) {
  std::string looked;
  for (const std::string& folder : candidates) {
    if (folder.empty()) continue;
    auto missing = std::find_if(files.begin(), files.end(), [&](const std::string& file) {
      return !file_exists(plain_or_gzip(folder + "/" + file));
    });
    if (missing == files.end()) return folder;
    looked += "\n  " + folder + (file_exists(folder) ? ": no " + *missing : ": no such folder");
  }
  return Status::error(CNN_ERROR_FILE, "%s was not found; looked in%s\n%s", name.c_str(), looked.c_str(),
                       hint.c_str());
}

} // namespace cnn
