#include "metadata.h"

#include "model_state.h"
#include "safetensors_header.h"

#include <cstdlib>
#include <cstring>

namespace cnn {

namespace {

template <class T> void exchange(T& left, T& right) {
  T kept = left;
  left = right;
  right = kept;
}

} // namespace

bool isOwnMetadata(const char* name) {
  for (const char* own : ownMetadata)
    if (strcmp(name, own) == 0) return true;
  return false;
}

/// Of the first name that is not before this one.
size_t Metadata::placeOf(const char* name) const {
  size_t first = 0, last = used;
  while (first < last) {
    size_t middle = (first + last) / 2;
    if (strcmp(entries[middle].name, name) < 0)
      first = middle + 1;
    else
      last = middle;
  }
  return first;
}

bool Metadata::insert(size_t at, const char* name, const char* text) {
  if (used == room) {
    size_t larger = room ? room * 2 : 8;
    auto* moved = static_cast<MetadataEntry*>(realloc(entries, larger * sizeof(MetadataEntry)));
    if (!moved) return false;
    entries = moved;
    room = larger;
  }
  size_t nameBytes = strlen(name) + 1, textBytes = strlen(text) + 1;
  auto* copy = static_cast<char*>(malloc(nameBytes + textBytes));
  if (!copy) return false;
  memcpy(copy, name, nameBytes);
  memcpy(copy + nameBytes, text, textBytes);
  memmove(entries + at + 1, entries + at, (used++ - at) * sizeof(*entries));
  entries[at] = {copy, copy + nameBytes};
  return true;
}

bool Metadata::set(const char* name, const char* text) {
  size_t at = placeOf(name);
  bool isThere = at < used && strcmp(entries[at].name, name) == 0;
  if (text && !insert(at, name, text)) return false;
  if (!isThere) return true;
  at += text != nullptr; // the old one is behind the new one
  free(const_cast<char*>(entries[at].name));
  memmove(entries + at, entries + at + 1, (--used - at) * sizeof(*entries));
  return true;
}

bool Metadata::assign(const MetadataEntry* sorted, size_t count) {
  Metadata fresh;
  for (size_t i = 0; i < count; ++i)
    if (!fresh.insert(i, sorted[i].name, sorted[i].text)) return false;
  exchange(entries, fresh.entries);
  exchange(used, fresh.used);
  exchange(room, fresh.room);
  return true;
}

const char* Metadata::find(const char* name) const {
  size_t at = placeOf(name);
  return at < used && strcmp(entries[at].name, name) == 0 ? entries[at].text : nullptr;
}

void Metadata::clear() {
  for (size_t i = 0; i < used; ++i) free(const_cast<char*>(entries[i].name));
  free(entries);
  entries = nullptr;
  used = room = 0;
}

bool TextList::parse(const char* text) {
  clear();
  if (!text) return true;
  size_t length = strlen(text);
  // Each text of a list has two quotes and, but for the last one, a comma.
  copy = static_cast<char*>(malloc(length + 1));
  texts = static_cast<const char**>(malloc((length / 3 + 1) * sizeof(*texts)));
  if (!copy || !texts) {
    clear();
    return false;
  }
  memcpy(copy, text, length + 1);
  if (!parseTextList(copy, length, texts, used)) clear();
  return true;
}

void TextList::exchange(TextList& other) {
  cnn::exchange(copy, other.copy);
  cnn::exchange(texts, other.texts);
  cnn::exchange(used, other.used);
}

void TextList::clear() {
  free(copy);
  free(texts);
  copy = nullptr;
  texts = nullptr;
  used = 0;
}

} // namespace cnn

int32_t cnn_model_set_metadata(cnn_model* model, const char* name, const char* text) {
  if (int32_t status = cnn::beginCall(model, {{"name", name}})) return status;
  if (!*name || cnn::isOwnMetadata(name))
    return model->fail(CNN_ERROR_ARGUMENT, "the metadata '%s' is the runtime's own", name);
  cnn::Parameters& parameters = *model->parameters;
  cnn::TextList names;
  bool isNames = strcmp(name, cnn::classNamesKey) == 0;
  if ((isNames && !names.parse(text)) || !parameters.metadata.set(name, text))
    return model->fail(CNN_ERROR_MEMORY, "no memory for the metadata '%s'", name);
  if (isNames) parameters.classNames.exchange(names);
  return CNN_OK;
}

const char* cnn_model_metadata(const cnn_model* model, const char* name) {
  return model && name ? model->parameters->metadata.find(name) : nullptr;
}

int32_t cnn_model_set_class_names(cnn_model* model, const char* const* names, size_t count) {
  if (int32_t status = cnn::beginCall(model, {{"names", count ? static_cast<const void*>(names) : ""}}))
    return status;
  for (size_t i = 0; i < count; ++i)
    if (!names[i]) return model->fail(CNN_ERROR_ARGUMENT, "class name %zu is a null pointer", i);
  cnn::Text list;
  list.addCharacter('[');
  for (size_t i = 0; i < count; ++i) {
    if (i) list.addCharacter(',');
    cnn::addJsonString(list, names[i]);
  }
  list.addCharacter(']');
  if (!list.complete()) return model->fail(CNN_ERROR_MEMORY, "no memory for %zu class names", count);
  return cnn_model_set_metadata(model, cnn::classNamesKey, count ? list.c_str() : nullptr);
}

const char* cnn_model_class_name(const cnn_model* model, int64_t index) {
  if (!model || index < 0) return nullptr;
  const cnn_description& description = *model->description;
  if (description.label_count > 0)
    return index < int64_t{description.label_count} ? description.labels[index] : nullptr;
  const cnn::TextList& names = model->parameters->classNames;
  return static_cast<size_t>(index) < names.size() ? names[static_cast<size_t>(index)] : nullptr;
}
