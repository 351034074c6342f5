#include "safetensors.h"
#include "safetensors_header.h"

#include <cnn/model.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace cnn {
namespace {

void addTensor(Text& header, const TensorToWrite& tensor, uint64_t offset) {
  header.addCharacter(',');
  addJsonString(header, tensor.name);
  header.add(":{\"dtype\":\"%s\",\"shape\":[", tensor.type);
  for (int32_t i = 0; i < tensor.rank; ++i)
    header.add("%s%lld", i ? "," : "", static_cast<long long>(tensor.shape[i]));
  header.add("],\"data_offsets\":[%llu,%llu]}", static_cast<unsigned long long>(offset),
             static_cast<unsigned long long>(offset + tensor.bytes));
}

// The wider elements come first, so that every tensor is aligned to its element.
template <class Visit> void inFileOrder(const TensorToWrite* tensors, size_t count, Visit visit) {
  for (uint32_t width = 8; width > 0; width /= 2)
    for (size_t i = 0; i < count; ++i)
      if (storedTypeBytes(tensors[i].type) == width) visit(tensors[i]);
}

bool writeAll(int file, const void* data, uint64_t bytes) {
  auto* from = static_cast<const char*>(data);
  while (bytes > 0) {
    ssize_t wrote = write(file, from, bytes);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    from += wrote;
    bytes -= static_cast<uint64_t>(wrote);
  }
  return true;
}

// A rename is on the disk only when its folder is.
bool syncFolderOf(const char* path) {
  Text folder;
  const char* slash = strrchr(path, '/');
  if (!slash)
    folder.add(".");
  else
    folder.add("%.*s", static_cast<int>(slash - path + 1), path);
  int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return false;
  bool good = fsync(file) == 0 || errno == EINVAL; // some file systems cannot sync folders
  close(file);
  return good;
}

bool writeContents(int file, const Text& header, const TensorToWrite* tensors, size_t count) {
  uint64_t length = header.size();
  unsigned char prefix[8];
  for (int i = 0; i < 8; ++i) prefix[i] = static_cast<unsigned char>(length >> (8 * i));
  bool good = writeAll(file, prefix, 8) && writeAll(file, header.c_str(), length);
  inFileOrder(tensors, count,
              [&](const TensorToWrite& tensor) { good = good && writeAll(file, tensor.data, tensor.bytes); });
  return good;
}

} // namespace

int32_t writeSafetensors(const char* path, const TensorToWrite* tensors, size_t count,
                         const MetadataEntry* metadata, size_t metadataCount, Text& error) {
  Text header, part;
  header.add("{\"__metadata__\":{");
  for (size_t i = 0; i < metadataCount; ++i) {
    if (i) header.addCharacter(',');
    addJsonString(header, metadata[i].name);
    header.addCharacter(':');
    addJsonString(header, metadata[i].text);
  }
  header.addCharacter('}');
  uint64_t offset = 0;
  inFileOrder(tensors, count, [&](const TensorToWrite& tensor) {
    addTensor(header, tensor, offset);
    offset += tensor.bytes;
  });
  header.addCharacter('}');
  header.addCharacter(' ', (8 - header.size() % 8) % 8);
  part.add("%s.part", path);
  if (!header.complete() || !part.complete()) {
    error.add("%s: no memory for the header", path);
    return CNN_ERROR_MEMORY;
  }

  int file = open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) {
    error.add("%s: cannot write: %s", part.c_str(), strerror(errno));
    return CNN_ERROR_FILE;
  }
  bool good = writeContents(file, header, tensors, count) && fsync(file) == 0;
  int why = errno;
  if (close(file) != 0 && good) good = false, why = errno;
  if (good && rename(part.c_str(), path) != 0) good = false, why = errno;
  if (!good) {
    unlink(part.c_str());
    error.add("%s: cannot write: %s", path, strerror(why));
    return CNN_ERROR_FILE;
  }
  if (!syncFolderOf(path)) {
    error.add("%s: written, but its folder cannot be synced: %s", path, strerror(errno));
    return CNN_ERROR_FILE;
  }
  return CNN_OK;
}

} // namespace cnn
