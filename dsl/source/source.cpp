#include "dsl/source/source.h"

#include "dsl/diagnostics/diagnostics.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sys/stat.h>

namespace cnn {

Span Span::to(Span other) const {
  if (!valid()) return other;
  if (!other.valid() || other.file != file) return *this;
  return {file, std::min(begin, other.begin), std::max(end, other.end)};
}

/// Bytes between two marks of a file.
static constexpr size_t markDistance = 512;

size_t utf8SequenceLength(std::string_view text) {
  if (text.empty()) return 0;
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto continues = [&](size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(i) >= low && byte(i) <= high;
  };
  unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    bool second = continues(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    bool second = continues(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

size_t codePointCount(std::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    // Eight ASCII characters at a time: a column is asked for at each layer, in lines that may be very long.
    uint64_t eight = 0;
    if (text.size() >= sizeof eight) std::memcpy(&eight, text.data(), sizeof eight);
    if (text.size() >= sizeof eight && (eight & 0x8080808080808080u) == 0) {
      text.remove_prefix(sizeof eight);
      count += sizeof eight;
      continue;
    }
    text.remove_prefix(std::max<size_t>(1, utf8SequenceLength(text)));
    ++count;
  }
  return count;
}

FileId SourceManager::addText(std::string name, std::string text) {
  SourceFile file;
  file.name = std::move(name);
  if (text.starts_with("\xEF\xBB\xBF")) {
    file.hadByteOrderMark = true;
    text.erase(0, 3);
  }
  file.text = std::move(text);
  for (size_t at = 0, characters = 0; at < file.text.size();) {
    file.marks.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(characters)});
    size_t end = std::min(at + markDistance, file.text.size());
    auto continues = [&](size_t i) {
      return i < file.text.size() && (static_cast<unsigned char>(file.text[i]) & 0xC0) == 0x80;
    };
    for (size_t back = 1; back <= 3 && continues(end); ++back) // not within a character
      if (!continues(end - back)) end -= back;
    characters += codePointCount(std::string_view(file.text).substr(at, end - at));
    at = end;
  }
  file.lineStarts.push_back(0);
  for (size_t i = 0; i < file.text.size(); ++i)
    if (file.text[i] == '\n') file.lineStarts.push_back(static_cast<uint32_t>(i + 1));
  files.push_back(std::move(file));
  return static_cast<FileId>(files.size() - 1);
}

FileId SourceManager::addFile(const std::string& path, DiagnosticEngine& diagnostics, Span from) {
  auto fail = [&](const char* reason) {
    diagnostics.report(Diag::CannotReadFile, from, path, reason);
    return Span::noFile;
  };
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return fail(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return fail("it is a directory");
  if (!S_ISREG(status.st_mode)) return fail("it is not a regular file");
  if (static_cast<uint64_t>(status.st_size) > maxBytes) {
    diagnostics.report(Diag::FileTooLarge, from, path, static_cast<int64_t>(status.st_size),
                       static_cast<int64_t>(maxBytes));
    return Span::noFile;
  }
  std::unique_ptr<FILE, int (*)(FILE*)> stream(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!stream) return fail(std::strerror(errno));
  std::string text(static_cast<size_t>(status.st_size), '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stream.get()));
  if (std::ferror(stream.get())) return fail("reading failed");
  return addText(path, std::move(text));
}

std::string_view SourceManager::text(Span span) const {
  if (!span.valid()) return {};
  return std::string_view(files[span.file].text).substr(span.begin, span.end - span.begin);
}

LineColumn SourceManager::lineColumn(FileId id, uint32_t offset) const {
  const SourceFile& source = files[id];
  auto next = std::upper_bound(source.lineStarts.begin(), source.lineStarts.end(), offset);
  uint32_t line = static_cast<uint32_t>(next - source.lineStarts.begin());
  uint32_t start = source.lineStarts[line - 1];
  if (offset - start <= markDistance)
    return {line, static_cast<uint32_t>(
                      codePointCount(std::string_view(source.text).substr(start, offset - start)) + 1)};
  // From the last mark before either place.
  auto charactersBefore = [&](uint32_t place) {
    auto after = std::ranges::upper_bound(source.marks, place, {}, &SourceFile::Mark::offset);
    const SourceFile::Mark& mark = *std::prev(after);
    return mark.characters +
           codePointCount(std::string_view(source.text).substr(mark.offset, place - mark.offset));
  };
  return {line, static_cast<uint32_t>(charactersBefore(offset) - charactersBefore(start) + 1)};
}

std::string_view SourceManager::lineText(FileId id, uint32_t line) const {
  const SourceFile& source = files[id];
  uint32_t begin = source.lineStarts[line - 1];
  uint32_t end =
      line < source.lineStarts.size() ? source.lineStarts[line] : static_cast<uint32_t>(source.text.size());
  std::string_view text = std::string_view(source.text).substr(begin, end - begin);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

} // namespace cnn
