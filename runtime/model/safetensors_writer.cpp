#include "../files/replacement.h"
#include "safetensors.h"
#include "safetensors_header.h"

#include <cnn/model.h>

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

} // namespace

int32_t writeSafetensors(const char* path, const TensorToWrite* tensors, size_t count,
                         const MetadataEntry* metadata, size_t metadataCount, Text& error) {
  Text header;
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
  if (!header.complete()) {
    error.add("%s: no memory for the header", path);
    return CNN_ERROR_MEMORY;
  }
  uint64_t length = header.size();
  unsigned char prefix[8];
  for (int i = 0; i < 8; ++i) prefix[i] = static_cast<unsigned char>(length >> (8 * i));

  FileReplacement file;
  if (int32_t status = file.open(path, error)) return status;
  file.write(prefix, sizeof(prefix));
  file.write(header.c_str(), length);
  inFileOrder(tensors, count, [&](const TensorToWrite& tensor) { file.write(tensor.data, tensor.bytes); });
  if (int32_t status = file.finish(error)) return status;
  return file.publish(error);
}

} // namespace cnn
