#include "meaning.h"

#include <cstring>

namespace cnn {
namespace {

/// A part of a text.
struct Piece {
  const char* begin = "";
  size_t length = 0;

  int width() const { return static_cast<int>(length); }
  bool operator==(const Piece& other) const {
    return length == other.length && memcmp(begin, other.begin, length) == 0;
  }
  bool beginsWith(const char* word) const {
    size_t count = strlen(word);
    return length >= count && memcmp(begin, word, count) == 0;
  }
  /// What stands before the next `mark`, which both lose.
  Piece take(char mark) {
    auto* end = static_cast<const char*>(memchr(begin, mark, length));
    Piece taken{begin, end ? static_cast<size_t>(end - begin) : length};
    size_t used = taken.length + (end != nullptr);
    begin += used;
    length -= used;
    return taken;
  }
};

Piece whole(const char* text) {
  return {text, strlen(text)};
}

constexpr char operatorMark[] = "- ", argumentMark[] = "argument ";

/// "KEY = VALUE" as the two.
struct Setting {
  Piece key, value;
  explicit Setting(Piece line) {
    for (size_t i = 0; i + 3 <= line.length; ++i)
      if (memcmp(line.begin + i, " = ", 3) == 0) {
        key = {line.begin, i};
        value = {line.begin + i + 3, line.length - i - 3};
        return;
      }
    key = line;
  }
};

bool nextSetting(Piece& rest, Setting& setting) {
  while (rest.length > 0) {
    Piece line = rest.take('\n');
    if (line.beginsWith(operatorMark) || line.length == 0) continue;
    setting = Setting(line);
    return true;
  }
  return false;
}

bool nextOperator(Piece& rest, Piece& line) {
  while (rest.length > 0) {
    line = rest.take('\n');
    if (!line.beginsWith(operatorMark)) continue;
    line.take(' ');
    return true;
  }
  return false;
}

void addDifference(Text& text, Piece name, Piece there, Piece here) {
  const Piece nothing = whole("nothing");
  if (there.length == 0) there = nothing;
  if (here.length == 0) here = nothing;
  text.add("\n  %.*s: %.*s there, %.*s here", name.width(), name.begin, there.width(), there.begin,
           here.width(), here.begin);
}

/// Settings that both have with different values.
size_t compareSettings(const char* there, const char* here, Text& differences, Text& arguments) {
  size_t count = 0;
  Setting own({}), other({});
  for (Piece rest = whole(here); nextSetting(rest, own);)
    for (Piece others = whole(there); nextSetting(others, other);) {
      if (!(own.key == other.key) || own.value == other.value) continue;
      bool isArgument = own.key.beginsWith(argumentMark);
      if (isArgument) own.key.take(' ');
      addDifference(isArgument ? arguments : differences, own.key, other.value, own.value);
      count += !isArgument;
    }
  return count;
}

/// What two operators differ in: their names, else the attributes that differ, else what they are applied to.
void describe(Text& text, Piece there, Piece here) {
  Piece path = here.take('\t'), ownOp = here.take('\t');
  there.take('\t');
  Piece otherOp = there.take('\t');
  Piece own = ownOp, other = otherOp, name = own.take(' '), otherName = other.take(' ');
  Piece label = path.length ? path : name;
  if (!(name == otherName)) return addDifference(text, label, otherName, name);
  if (ownOp == otherOp) {
    text.add("\n  %.*s: of other values there", label.width(), label.begin);
    return;
  }
  while (own.length > 0 || other.length > 0) {
    Piece here1 = own.take(' '), there1 = other.take(' ');
    if (!(here1 == there1)) addDifference(text, label, there1, here1);
  }
}

size_t compareOperators(const char* there, const char* here, Text& differences) {
  size_t count = 0, ownCount = 0, otherCount = 0;
  Piece own, other, ownRest = whole(here), otherRest = whole(there);
  for (;;) {
    bool hasOwn = nextOperator(ownRest, own), hasOther = nextOperator(otherRest, other);
    ownCount += hasOwn;
    otherCount += hasOther;
    if (!hasOwn && !hasOther) break;
    if (hasOwn && hasOther) {
      Piece mine = own, theirs = other;
      mine.take('\t');
      theirs.take('\t');
      if (mine == theirs) continue; // whatever they are called
      if (count == 0) describe(differences, other, own);
    }
    ++count;
  }
  if (ownCount != otherCount)
    differences.add("\n  %zu operators there, %zu here", otherCount, ownCount);
  else if (count > 1)
    differences.add("\n  and %zu more operator%s", count - 1, count == 2 ? "" : "s");
  return count;
}

} // namespace

size_t compareMeanings(const char* there, const char* here, Text& differences) {
  Text arguments, others;
  size_t count = compareSettings(there, here, others, arguments) + compareOperators(there, here, others);
  if (count > 0) differences.add("%s%s", arguments.c_str(), others.c_str());
  return count;
}

} // namespace cnn
