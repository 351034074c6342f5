// The JSON header of a safetensors file, which is all the JSON that this runtime knows.
#ifndef CNN_MODEL_SAFETENSORS_HEADER_H
#define CNN_MODEL_SAFETENSORS_HEADER_H

#include "safetensors.h"

namespace cnn {

struct ParsedHeader {
  StoredTensor* entries = nullptr; // malloc'ed, the receiver's
  size_t count = 0;
  MetadataEntry* metadata = nullptr; // likewise
  size_t metadataCount = 0;
};

/// Parses `length` bytes of `header` strictly; strings are decoded in place and the entries point into it.
/// Offsets are not yet checked against the data. A cnn_status; messages begin with `file`.
int32_t parseSafetensorsHeader(char* header, size_t length, const char* file, ParsedHeader& parsed,
                               Text& error);

/// Decodes ["cat","dog"] in place; `texts` has room for a third of `length` and one. False for what is no
/// list of texts.
bool parseTextList(char* list, size_t length, const char** texts, size_t& count);

/// Appends a JSON string. What is no UTF-8, which names of files may be, becomes U+FFFD.
void addJsonString(Text& text, const char* value);

/// Bytes of one element of a type as the format spells it; 0 where the type is unknown.
uint32_t storedTypeBytes(const char* typeName);

} // namespace cnn
#endif
