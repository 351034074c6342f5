//===- positions.cpp - UTF-16 places and byte offsets --------------------------------------------------===//

#include "positions.h"

#include <algorithm>
#include <cstring>

namespace cnn::language_server {

namespace {

/// Bytes and UTF-16 units of the character at the start of a text; an ill-formed byte counts as one.
std::pair<size_t, int> character(std::string_view text) {
  size_t bytes = std::max<size_t>(1, utf8SequenceLength(text));
  return {bytes, bytes == 4 ? 2 : 1};
}

} // namespace

lsp::Position positionOf(const SourceFile& file, uint32_t offset) {
  offset = std::min<uint32_t>(offset, file.text.size());
  auto after = std::upper_bound(file.lineStarts.begin(), file.lineStarts.end(), offset);
  size_t line = after - file.lineStarts.begin() - 1;
  int units = 0;
  for (size_t at = file.lineStarts[line]; at < offset;) {
    // Eight ASCII characters at a time: places are asked for at each layer, in lines that may be very long.
    uint64_t eight = 0;
    if (offset - at >= sizeof eight) std::memcpy(&eight, file.text.data() + at, sizeof eight);
    if (offset - at >= sizeof eight && (eight & 0x8080808080808080u) == 0) {
      at += sizeof eight;
      units += sizeof eight;
      continue;
    }
    auto [bytes, width] = character(std::string_view(file.text).substr(at));
    at += bytes;
    units += width;
  }
  return {int(line), units};
}

uint32_t offsetOf(const SourceFile& file, lsp::Position position) {
  if (position.line < 0) return 0;
  if (size_t(position.line) >= file.lineStarts.size()) return file.text.size();
  size_t at = file.lineStarts[position.line];
  for (int units = 0; units < position.character && at < file.text.size();) {
    if (file.text[at] == '\n' || file.text[at] == '\r') break;
    auto [bytes, width] = character(std::string_view(file.text).substr(at));
    at += bytes;
    units += width;
  }
  return uint32_t(std::min(at, file.text.size()));
}

lsp::Range rangeOf(const SourceManager& sources, Span span) {
  const SourceFile& file = sources.file(span.file);
  return {positionOf(file, span.begin), positionOf(file, span.end)};
}

std::optional<lsp::URIForFile> addressOf(const std::string& path) {
  llvm::Expected<lsp::URIForFile> address = lsp::URIForFile::fromFile(path);
  if (address) return *address;
  llvm::consumeError(address.takeError());
  return std::nullopt;
}

std::optional<lsp::Location> locationOf(const SourceManager& sources, Span span) {
  if (!span.valid()) return std::nullopt;
  auto address = addressOf(sources.file(span.file).name);
  if (!address) return std::nullopt;
  return lsp::Location(*address, rangeOf(sources, span));
}

llvm::json::Value jsonOf(const lsp::Location& location) {
  return llvm::json::Object{{"uri", location.uri.uri().str()}, {"range", lsp::toJSON(location.range)}};
}

} // namespace cnn::language_server
