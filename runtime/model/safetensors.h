// The safetensors format: https://github.com/huggingface/safetensors#format
// An 8-byte little-endian header length, a JSON header, then the tensors' bytes without gaps.
#ifndef CNN_MODEL_SAFETENSORS_H
#define CNN_MODEL_SAFETENSORS_H

#include "metadata.h"
#include "text.h"

#include <cstddef>
#include <cstdint>

namespace cnn {

enum class StoredType : uint8_t { F64, F32, F16, BF16, I64, Other };

/// One tensor of a file. `shape` holds the first dimensions only; `shapeText` is the shape as the file writes
/// it.
struct StoredTensor {
  static constexpr int32_t shapeRoom = 8;
  const char* name;
  const char* typeName;
  const char* shapeText;
  uint64_t begin, end; // from the start of the data
  int64_t shape[shapeRoom];
  int32_t rank;
  int32_t shapeLength;
  StoredType type;
  bool used; // for the reader's caller

  bool hasShape(int32_t otherRank, const int64_t* otherShape) const;
};

/// Reads and checks a header before anything relies on it: sizes, types, overlaps, gaps, duplicates. Data is
/// read tensor by tensor. Every error names the file.
class SafetensorsReader {
public:
  SafetensorsReader() = default;
  ~SafetensorsReader();
  SafetensorsReader(const SafetensorsReader&) = delete;
  SafetensorsReader& operator=(const SafetensorsReader&) = delete;

  /// A cnn_status; on an error `error` is extended.
  int32_t openFile(const char* path, Text& error);
  /// `data` must stay; `name` stands for the file in messages.
  int32_t openMemory(const void* data, size_t bytes, const char* name, Text& error);

  /// As messages call it.
  const char* name() const { return fileName; }
  StoredTensor* tensors() const { return entries; }
  size_t count() const { return entryCount; }
  /// Null where there is none.
  StoredTensor* find(const char* name) const;
  /// The header's __metadata__, by name; each name once.
  const MetadataEntry* metadata() const { return metadataEntries; }
  size_t metadataCount() const { return metadataEntryCount; }

  /// The tensor's bytes as they are; `destination` has end - begin bytes.
  int32_t readBytes(const StoredTensor& tensor, void* destination, Text& error) const;
  /// F64, F32, F16 or BF16, as f32.
  int32_t readFloats(const StoredTensor& tensor, float* destination, Text& error) const;

private:
  int32_t parse(Text& error);
  int32_t read(uint64_t offset, void* destination, uint64_t bytes, Text& error) const;

  const char* fileName = "";
  const unsigned char* memory = nullptr;
  int file = -1;
  uint64_t fileBytes = 0, dataStart = 0;
  char* header = nullptr;
  StoredTensor* entries = nullptr;
  size_t entryCount = 0;
  MetadataEntry* metadataEntries = nullptr;
  size_t metadataEntryCount = 0;
};

/// A tensor to write; `type` as the format spells it: F32, I64.
struct TensorToWrite {
  const char* name;
  const char* type;
  int32_t rank;
  const int64_t* shape;
  const void* data;
  uint64_t bytes;
};

/// By FileReplacement: the path names the old file or the new one at any moment. A cnn_status.
int32_t writeSafetensors(const char* path, const TensorToWrite* tensors, size_t count,
                         const MetadataEntry* metadata, size_t metadataCount, Text& error);

} // namespace cnn
#endif
