//===- message_reader.cpp - Messages of a stream, whatever it holds ------------------------------------===//

#include "message_reader.h"

#include <algorithm>

namespace cnn::language_server {

static llvm::Error failure(const llvm::Twine& text) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), text);
}

/// A line without its end, or the beginning of a long one. False at the end of the input.
bool MessageReader::line(std::string& text) {
  constexpr size_t longest = 4096;
  text.clear();
  int c;
  while ((c = std::getc(input)) != EOF && c != '\n')
    if (text.size() < longest) text += static_cast<char>(c);
  if (!text.empty() && text.back() == '\r') text.pop_back();
  return c != EOF;
}

/// In steps, as what is not there takes no memory.
std::optional<std::string> MessageReader::body(size_t length) {
  constexpr size_t step = 1 << 20;
  std::string text;
  while (text.size() < length) {
    size_t begin = text.size(), count = std::min(step, length - begin);
    text.resize(begin + count);
    if (std::fread(text.data() + begin, 1, count, input) != count) return std::nullopt;
  }
  return text;
}

/// How deep brackets nest outside of strings.
static unsigned nestingOf(llvm::StringRef text) {
  unsigned depth = 0, deepest = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (inString && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      inString = !inString;
    } else if (!inString && (text[i] == '[' || text[i] == '{')) {
      deepest = std::max(deepest, ++depth);
    } else if (!inString && (text[i] == ']' || text[i] == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

std::optional<llvm::Expected<llvm::json::Value>> MessageReader::next() {
  constexpr llvm::StringLiteral name("content-length:");
  std::string text;
  std::optional<size_t> length;
  std::string wrong;
  bool begun = false; // a header
  while (line(text)) {
    llvm::StringRef header(text);
    if (!header.trim().empty()) {
      begun = true;
      size_t at = header.find_insensitive(name);
      bool begins = at == 0 || (lost && at != llvm::StringRef::npos);
      if (!begins) {
        if (!header.contains(':')) wrong = "a header is NAME: VALUE";
        continue;
      }
      size_t bytes = 0;
      llvm::StringRef number = header.drop_front(at + name.size()).trim();
      length.reset();
      if (number.getAsInteger(10, bytes))
        wrong = ("Content-Length is '" + number.take_front(40) + "', expected a number of bytes").str();
      else if (bytes > maxBytes)
        wrong = "a message has at most " + std::to_string(maxBytes) + " bytes";
      else
        length = bytes;
      continue;
    }
    if (!length) {
      if (lost || !begun) continue;
      lost = true;
      return failure(wrong.empty() ? "the header has no Content-Length" : wrong);
    }
    lost = false;
    std::optional<std::string> bytes = body(*length);
    if (!bytes) return std::nullopt;
    if (nestingOf(*bytes) > maxNesting)
      return failure("nested more than " + llvm::Twine(maxNesting) + " levels deep");
    return llvm::json::parse(*bytes);
  }
  return std::nullopt;
}

} // namespace cnn::language_server
