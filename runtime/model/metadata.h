// Texts by name that travel with the weights: the __metadata__ of a safetensors file.
#ifndef CNN_MODEL_METADATA_H
#define CNN_MODEL_METADATA_H

#include <cstddef>

namespace cnn {

/// A name and its text, as in the header of a file.
struct MetadataEntry {
  const char* name;
  const char* text;
};

class Metadata {
public:
  Metadata() = default;
  ~Metadata() { clear(); }
  Metadata(const Metadata&) = delete;
  Metadata& operator=(const Metadata&) = delete;

  /// Copies both; a null text removes the name. False: no memory, and all is as it was.
  bool set(const char* name, const char* text);
  /// Entries sorted by name, each name once, in place of what is there. False: no memory, and all is as it
  /// was.
  bool assign(const MetadataEntry* sorted, size_t count);
  /// Null where there is none.
  const char* find(const char* name) const;
  void clear();

  const MetadataEntry* data() const { return entries; }
  size_t size() const { return used; }

private:
  bool insert(size_t at, const char* name, const char* text);
  size_t placeOf(const char* name) const;
  MetadataEntry* entries = nullptr; // by name; the texts of each are one block, its name
  size_t used = 0, room = 0;
};

/// A list of texts from one text, ["cat","dog"], or none where it is no such list.
class TextList {
public:
  TextList() = default;
  ~TextList() { clear(); }
  TextList(const TextList&) = delete;
  TextList& operator=(const TextList&) = delete;

  /// Null gives an empty list, as a text does that is no list. False: no memory, and the list is empty.
  bool parse(const char* text);
  void exchange(TextList& other);
  void clear();
  size_t size() const { return used; }
  const char* operator[](size_t index) const { return texts[index]; }

private:
  char* copy = nullptr; // decoded in place
  const char** texts = nullptr;
  size_t used = 0;
};

/// What the runtime itself writes: the last two into checkpoints.
inline constexpr const char* ownMetadata[] = {"format",  "network",          "cnnc",  "parameter_hash",
                                              "meaning", "training_meaning", "recipe"};
/// The text of cnn_description.meaning.
inline constexpr char meaningKey[] = "meaning";
/// The class names, as a TextList's text.
inline constexpr char classNamesKey[] = "class_names";

bool isOwnMetadata(const char* name);

} // namespace cnn
#endif
