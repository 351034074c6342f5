#include "safetensors_header.h"

#include <cnn/model.h>

#include <cstdlib>
#include <cstring>

namespace cnn {
namespace {

struct TypeRow {
  const char* name;
  uint32_t bytes;
  StoredType type;
};
constexpr TypeRow types[] = {
    {"F64", 8, StoredType::F64},    {"F32", 4, StoredType::F32},       {"F16", 2, StoredType::F16},
    {"BF16", 2, StoredType::BF16},  {"I64", 8, StoredType::I64},       {"I32", 4, StoredType::Other},
    {"I16", 2, StoredType::Other},  {"I8", 1, StoredType::Other},      {"U64", 8, StoredType::Other},
    {"U32", 4, StoredType::Other},  {"U16", 2, StoredType::Other},     {"U8", 1, StoredType::Other},
    {"BOOL", 1, StoredType::Other}, {"F8_E4M3", 1, StoredType::Other}, {"F8_E5M2", 1, StoredType::Other},
};

const TypeRow* findType(const char* name) {
  for (const TypeRow& row : types)
    if (strcmp(row.name, name) == 0) return &row;
  return nullptr;
}

// Bytes of the character at the beginning of a text; 0 where it is none: RFC 3629.
size_t utf8Bytes(const char* text) {
  auto at = [&](int i) { return static_cast<unsigned char>(text[i]); };
  if (at(0) < 0x80) return 1;
  size_t bytes = at(0) >= 0xC2 && at(0) < 0xE0   ? 2
                 : at(0) >= 0xE0 && at(0) < 0xF0 ? 3
                 : at(0) >= 0xF0 && at(0) < 0xF5 ? 4
                                                 : 0;
  for (size_t i = 1; i < bytes; ++i)
    if ((at(static_cast<int>(i)) & 0xC0) != 0x80) return 0;
  bool isOverlong = (at(0) == 0xE0 && at(1) < 0xA0) || (at(0) == 0xF0 && at(1) < 0x90);
  bool isBeyond = (at(0) == 0xED && at(1) >= 0xA0) || (at(0) == 0xF4 && at(1) >= 0x90);
  return isOverlong || isBeyond ? 0 : bytes;
}

// Recursive descent without recursion: the format has two levels of objects and no others.
class Parser {
public:
  Parser(char* header, size_t length, const char* file, ParsedHeader& parsed, Text& error)
      : start(header), at(header), end(header + length), file(file), parsed(parsed), error(error) {}

  int32_t run() {
    bool good = expect('{') && members([this](const char* name) { return topLevel(name); });
    if (good) {
      skipSpace();
      good = at == end || fail("expected nothing after the closing brace");
    }
    return good ? CNN_OK : outOfMemory ? CNN_ERROR_MEMORY : CNN_ERROR_FORMAT;
  }

  bool list(const char** texts, size_t& number) {
    bool good = elements([&] { return string(texts[number]) && ++number; });
    skipSpace();
    return good && at == end;
  }

private:
  bool fail(const char* what) {
    error.add("%s: header, byte %zu: %s", file, static_cast<size_t>(at - start), what);
    return false;
  }

  void skipSpace() {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  }

  bool accept(char character) {
    skipSpace();
    if (at == end || *at != character) return false;
    ++at;
    return true;
  }

  bool expect(char character) {
    if (accept(character)) return true;
    char what[] = "expected ' '";
    what[10] = character;
    return fail(what);
  }

  // After the opening brace: "name": value, ... }
  template <class Member> bool members(Member member) {
    if (accept('}')) return true;
    do {
      const char* name;
      if (!string(name) || !expect(':') || !member(name)) return false;
    } while (accept(','));
    return expect('}');
  }

  template <class Element> bool elements(Element element) {
    if (!expect('[')) return false;
    if (accept(']')) return true;
    do
      if (!element()) return false;
    while (accept(','));
    return expect(']');
  }

  bool hexDigits(uint32_t& value) {
    value = 0;
    for (int digit = 0; digit < 4; ++digit, ++at) {
      if (at == end) return fail("the header ends inside a string");
      char c = *at;
      int nibble = c >= '0' && c <= '9'   ? c - '0'
                   : c >= 'a' && c <= 'f' ? c - 'a' + 10
                   : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                          : -1;
      if (nibble < 0) return fail("expected four hexadecimal digits after \\u");
      value = value << 4 | static_cast<uint32_t>(nibble);
    }
    return true;
  }

  bool unicodeEscape(char*& out) {
    uint32_t code, low;
    if (!hexDigits(code)) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      if (end - at < 2 || at[0] != '\\' || at[1] != 'u') return fail("half of a surrogate pair");
      at += 2;
      if (!hexDigits(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return fail("half of a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
      return fail("half of a surrogate pair");
    }
    if (code == 0) return fail("a name with a NUL character");
    if (code < 0x80) {
      *out++ = static_cast<char>(code);
    } else if (code < 0x800) {
      *out++ = static_cast<char>(0xC0 | code >> 6);
      *out++ = static_cast<char>(0x80 | (code & 63));
    } else if (code < 0x10000) {
      *out++ = static_cast<char>(0xE0 | code >> 12);
      *out++ = static_cast<char>(0x80 | (code >> 6 & 63));
      *out++ = static_cast<char>(0x80 | (code & 63));
    } else {
      *out++ = static_cast<char>(0xF0 | code >> 18);
      *out++ = static_cast<char>(0x80 | (code >> 12 & 63));
      *out++ = static_cast<char>(0x80 | (code >> 6 & 63));
      *out++ = static_cast<char>(0x80 | (code & 63));
    }
    return true;
  }

  // Decoded in place: an escape is never shorter than what it stands for, and the final quote leaves room for
  // NUL.
  bool string(const char*& text) {
    if (!expect('"')) return false;
    char* out = at;
    text = out;
    for (;;) {
      if (at == end) return fail("the header ends inside a string");
      auto c = static_cast<unsigned char>(*at++);
      if (c == '"') break;
      if (c < 0x20) return fail("a control character in a string");
      if (c != '\\') {
        *out++ = static_cast<char>(c);
        continue;
      }
      if (at == end) return fail("the header ends inside a string");
      char escape = *at++;
      if (escape == 'u') {
        if (!unicodeEscape(out)) return false;
        continue;
      }
      static constexpr char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
      const char* found = escape ? strchr(from, escape) : nullptr;
      if (!found) return fail("an escape that JSON does not have");
      *out++ = to[found - from];
    }
    *out = 0;
    return true;
  }

  bool number(uint64_t& value) {
    skipSpace();
    if (at == end || *at < '0' || *at > '9') return fail("expected a whole number, 0 or above");
    if (*at == '0' && at + 1 < end && at[1] >= '0' && at[1] <= '9')
      return fail("a number with a leading zero");
    value = 0;
    for (; at < end && *at >= '0' && *at <= '9'; ++at) {
      auto digit = static_cast<uint64_t>(*at - '0');
      if (value > (INT64_MAX - digit) / 10) return fail("a number beyond 2^63 - 1");
      value = value * 10 + digit;
    }
    if (at < end && (*at == '.' || *at == 'e' || *at == 'E')) return fail("expected a whole number");
    return true;
  }

  bool topLevel(const char* name) {
    if (strcmp(name, "__metadata__") != 0) return tensor(name);
    if (metadataSeen) return fail("__metadata__ for the second time");
    metadataSeen = true;
    return expect('{') && members([this](const char* entryName) {
             MetadataEntry entry{entryName, nullptr};
             return string(entry.text) && append(parsed.metadata, parsed.metadataCount, metadataRoom, entry);
           });
  }

  bool shape(StoredTensor& tensor) {
    skipSpace();
    tensor.shapeText = at;
    bool good = elements([&] {
      uint64_t extent;
      if (!number(extent)) return false;
      if (tensor.rank < StoredTensor::shapeRoom) tensor.shape[tensor.rank] = static_cast<int64_t>(extent);
      ++tensor.rank;
      if (extent != 0 && count > INT64_MAX / extent) return fail("more elements than 2^63 - 1");
      count *= extent;
      return true;
    });
    tensor.shapeLength = static_cast<int32_t>(at - tensor.shapeText);
    return good;
  }

  bool tensor(const char* name) {
    StoredTensor entry{};
    entry.name = name;
    count = 1;
    bool hasType = false, hasShape = false, hasOffsets = false;
    if (!expect('{')) return false;
    bool good = members([&](const char* field) {
      if (strcmp(field, "dtype") == 0 && !hasType) return hasType = true, string(entry.typeName);
      if (strcmp(field, "shape") == 0 && !hasShape) return hasShape = true, shape(entry);
      if (strcmp(field, "data_offsets") == 0 && !hasOffsets)
        return hasOffsets = true,
               expect('[') && number(entry.begin) && expect(',') && number(entry.end) && expect(']');
      return fail("expected dtype, shape and data_offsets, each once");
    });
    if (!good) return false;
    if (!hasType || !hasShape || !hasOffsets) return fail("a tensor without dtype, shape or data_offsets");
    return check(entry) && append(parsed.entries, parsed.count, room, entry);
  }

  bool check(StoredTensor& entry) {
    const TypeRow* row = findType(entry.typeName);
    if (!row) {
      error.add("%s: tensor '%s' has the unknown dtype '%s'", file, entry.name, entry.typeName);
      return false;
    }
    entry.type = row->type;
    if (entry.end < entry.begin || count > INT64_MAX / row->bytes ||
        entry.end - entry.begin != count * row->bytes) {
      error.add("%s: tensor '%s': data_offsets [%llu, %llu] do not fit %s of shape %.*s", file, entry.name,
                static_cast<unsigned long long>(entry.begin), static_cast<unsigned long long>(entry.end),
                entry.typeName, entry.shapeLength, entry.shapeText);
      return false;
    }
    return true;
  }

  template <class Entry> bool append(Entry*& entries, size_t& count, size_t& room, const Entry& entry) {
    if (count == room) {
      size_t larger = room ? room * 2 : 16;
      auto* moved = static_cast<Entry*>(realloc(entries, larger * sizeof(Entry)));
      if (!moved) {
        outOfMemory = true;
        error.add("%s: no memory for the header", file);
        return false;
      }
      entries = moved;
      room = larger;
    }
    entries[count++] = entry;
    return true;
  }

  char* start;
  char* at;
  char* end;
  const char* file;
  ParsedHeader& parsed;
  Text& error;
  size_t room = 0, metadataRoom = 0;
  uint64_t count = 1; // elements of the tensor at hand
  bool metadataSeen = false, outOfMemory = false;
};

} // namespace

int32_t parseSafetensorsHeader(char* header, size_t length, const char* file, ParsedHeader& parsed,
                               Text& error) {
  return Parser(header, length, file, parsed, error).run();
}

bool parseTextList(char* list, size_t length, const char** texts, size_t& count) {
  ParsedHeader none;
  Text ignored;
  count = 0;
  return Parser(list, length, "", none, ignored).list(texts, count);
}

void addJsonString(Text& text, const char* value) {
  text.addCharacter('"');
  while (*value) {
    auto c = static_cast<unsigned char>(*value);
    size_t bytes = utf8Bytes(value);
    if (bytes == 0)
      text.add("\\ufffd");
    else if (c == '"' || c == '\\')
      text.add("\\%c", c);
    else if (c < 0x20)
      text.add("\\u%04x", c);
    else
      text.add("%.*s", static_cast<int>(bytes), value);
    value += bytes ? bytes : 1;
  }
  text.addCharacter('"');
}

uint32_t storedTypeBytes(const char* typeName) {
  const TypeRow* row = findType(typeName);
  return row ? row->bytes : 0;
}

} // namespace cnn
