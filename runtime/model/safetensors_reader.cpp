#include "other_formats.h"
#include "regular_file.h"
#include "safetensors.h"
#include "safetensors_header.h"

#include <cnn/model.h>

#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

namespace cnn {
namespace {

// The reference implementation's limit; a header beyond it is not one.
constexpr uint64_t maxHeaderBytes = 100'000'000;

int byName(const void* left, const void* right) {
  return strcmp(static_cast<const StoredTensor*>(left)->name, static_cast<const StoredTensor*>(right)->name);
}

int byOffset(const void* left, const void* right) {
  auto *a = static_cast<const StoredTensor*>(left), *b = static_cast<const StoredTensor*>(right);
  if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
  return a->end < b->end ? -1 : a->end > b->end;
}

// Leaves the entries sorted by name.
bool checkWhole(StoredTensor* entries, size_t count, uint64_t dataBytes, const char* file, Text& error) {
  qsort(entries, count, sizeof(*entries), byOffset);
  uint64_t expected = 0;
  for (size_t i = 0; i < count; ++i) {
    const StoredTensor& entry = entries[i];
    if (entry.begin != expected) {
      error.add("%s: tensor '%s' begins at data byte %llu, expected %llu: tensors must neither overlap nor "
                "leave gaps",
                file, entry.name, static_cast<unsigned long long>(entry.begin),
                static_cast<unsigned long long>(expected));
      return false;
    }
    expected = entry.end;
  }
  if (expected != dataBytes) {
    error.add("%s: %s: the header describes %llu bytes of data, found %llu", file,
              expected > dataBytes ? "truncated" : "bytes after the last tensor",
              static_cast<unsigned long long>(expected), static_cast<unsigned long long>(dataBytes));
    return false;
  }
  qsort(entries, count, sizeof(*entries), byName);
  for (size_t i = 1; i < count; ++i)
    if (byName(&entries[i - 1], &entries[i]) == 0) {
      error.add("%s: two tensors are named '%s'", file, entries[i].name);
      return false;
    }
  return true;
}

// Leaves the entries sorted by name.
bool checkMetadata(MetadataEntry* entries, size_t count, const char* file, Text& error) {
  if (count > 0)
    qsort(entries, count, sizeof(*entries), [](const void* left, const void* right) {
      return strcmp(static_cast<const MetadataEntry*>(left)->name,
                    static_cast<const MetadataEntry*>(right)->name);
    });
  for (size_t i = 1; i < count; ++i)
    if (strcmp(entries[i - 1].name, entries[i].name) == 0) {
      error.add("%s: the metadata '%s' stands there twice", file, entries[i].name);
      return false;
    }
  return true;
}

float fromHalf(uint16_t half) {
  uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16, exponent = half >> 10 & 31,
           mantissa = half & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | mantissa << 13);
  if (exponent) return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
  float tiny = static_cast<float>(mantissa) * 0x1p-24f;
  return sign ? -tiny : tiny;
}

uint64_t littleEndian(const unsigned char* bytes) {
  uint64_t value = 0;
  for (int i = 8; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

template <class Element, class Convert>
void convertAll(const unsigned char* from, float* to, uint64_t count, Convert convert) {
  for (uint64_t i = 0; i < count; ++i) {
    Element element;
    memcpy(&element, from + i * sizeof(Element), sizeof(Element));
    to[i] = convert(element);
  }
}

} // namespace

bool StoredTensor::hasShape(int32_t otherRank, const int64_t* otherShape) const {
  if (rank != otherRank || rank > shapeRoom) return false;
  for (int32_t i = 0; i < rank; ++i)
    if (shape[i] != otherShape[i]) return false;
  return true;
}

SafetensorsReader::~SafetensorsReader() {
  if (file >= 0) close(file);
  free(entries);
  free(metadataEntries);
  free(header);
}

int32_t SafetensorsReader::openFile(const char* path, Text& error) {
  fileName = path;
  file = openRegularFile(path, fileBytes, error);
  return file < 0 ? CNN_ERROR_FILE : parse(error);
}

int32_t SafetensorsReader::openMemory(const void* data, size_t bytes, const char* name, Text& error) {
  fileName = name;
  memory = static_cast<const unsigned char*>(data);
  fileBytes = bytes;
  return parse(error);
}

int32_t SafetensorsReader::read(uint64_t offset, void* destination, uint64_t bytes, Text& error) const {
  if (memory) {
    memcpy(destination, memory + offset, bytes);
    return CNN_OK;
  }
  auto* to = static_cast<char*>(destination);
  while (bytes > 0) {
    ssize_t got = pread(file, to, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      error.add("%s: cannot read: %s", fileName, got < 0 ? strerror(errno) : "the file has become shorter");
      return CNN_ERROR_FILE;
    }
    to += got;
    offset += static_cast<uint64_t>(got);
    bytes -= static_cast<uint64_t>(got);
  }
  return CNN_OK;
}

int32_t SafetensorsReader::parse(Text& error) {
  if (fileBytes < 8) {
    error.add("%s: not a safetensors file: %llu bytes, expected at least 8", fileName,
              static_cast<unsigned long long>(fileBytes));
    return CNN_ERROR_FORMAT;
  }
  unsigned char prefix[8];
  if (int32_t status = read(0, prefix, 8, error)) return status;
  uint64_t length = littleEndian(prefix);
  if (length > fileBytes - 8 || length > maxHeaderBytes) {
    unsigned char begin[otherFormatBytes];
    size_t bytes = fileBytes < sizeof(begin) ? fileBytes : sizeof(begin);
    if (int32_t status = read(0, begin, bytes, error)) return status;
    if (const char* format = otherFormat(begin, bytes)) {
      error.add("%s: expected a safetensors file, found %s", fileName, format);
      return CNN_ERROR_FORMAT;
    }
    error.add("%s: not a safetensors file, or truncated: a header of %llu bytes in a file of %llu", fileName,
              static_cast<unsigned long long>(length), static_cast<unsigned long long>(fileBytes));
    return CNN_ERROR_FORMAT;
  }
  header = static_cast<char*>(malloc(length + 1));
  if (!header) {
    error.add("%s: no memory for the header", fileName);
    return CNN_ERROR_MEMORY;
  }
  if (int32_t status = read(8, header, length, error)) return status;
  dataStart = 8 + length;
  ParsedHeader parsed;
  int32_t status = parseSafetensorsHeader(header, length, fileName, parsed, error);
  entries = parsed.entries;
  entryCount = parsed.count;
  metadataEntries = parsed.metadata;
  metadataEntryCount = parsed.metadataCount;
  if (status) return status;
  if (!checkMetadata(metadataEntries, metadataEntryCount, fileName, error)) return CNN_ERROR_FORMAT;
  return checkWhole(entries, entryCount, fileBytes - dataStart, fileName, error) ? CNN_OK : CNN_ERROR_FORMAT;
}

StoredTensor* SafetensorsReader::find(const char* name) const {
  StoredTensor key{};
  key.name = name;
  if (!entries) return nullptr;
  return static_cast<StoredTensor*>(bsearch(&key, entries, entryCount, sizeof(key), byName));
}

int32_t SafetensorsReader::readBytes(const StoredTensor& tensor, void* destination, Text& error) const {
  return read(dataStart + tensor.begin, destination, tensor.end - tensor.begin, error);
}

int32_t SafetensorsReader::readFloats(const StoredTensor& tensor, float* destination, Text& error) const {
  if (tensor.type == StoredType::F32) return readBytes(tensor, destination, error);
  unsigned char buffer[4096];
  uint64_t size = tensor.type == StoredType::F64 ? 8 : 2;
  for (uint64_t at = tensor.begin; at < tensor.end;) {
    uint64_t bytes = tensor.end - at < sizeof(buffer) ? tensor.end - at : sizeof(buffer);
    if (int32_t status = read(dataStart + at, buffer, bytes, error)) return status;
    uint64_t count = bytes / size;
    if (tensor.type == StoredType::F64)
      convertAll<double>(buffer, destination, count, [](double x) { return static_cast<float>(x); });
    else if (tensor.type == StoredType::F16)
      convertAll<uint16_t>(buffer, destination, count, fromHalf);
    else
      convertAll<uint16_t>(buffer, destination, count,
                           [](uint16_t x) { return std::bit_cast<float>(static_cast<uint32_t>(x) << 16); });
    destination += count;
    at += bytes;
  }
  return CNN_OK;
}

} // namespace cnn
