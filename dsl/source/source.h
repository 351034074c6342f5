/// Source files and places in them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace cnn {

class DiagnosticEngine;

/// Index of a file in its SourceManager.
using FileId = uint32_t;

/// A half-open range of bytes [begin, end) of one file. A default span is "nowhere".
struct Span {
  static constexpr FileId noFile = ~0u;
  FileId file = noFile;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool valid() const { return file != noFile; }
  /// The smallest span that holds both; either may be nowhere.
  Span to(Span other) const;
  bool operator==(const Span&) const = default;
};

/// Both count from 1; the column counts Unicode code points, not bytes.
struct LineColumn {
  uint32_t line = 0;
  uint32_t column = 0;
};

/// One file. The text is as on disk without a UTF-8 byte order mark; CRLF is kept and treated as a line end.
struct SourceFile {
  std::string name; ///< as shown in diagnostics
  std::string text;
  std::vector<uint32_t> lineStarts; ///< byte offset of each line's first character
  /// How many characters stand before an offset, every few hundred bytes: lines may be very long.
  struct Mark {
    uint32_t offset = 0, characters = 0;
  };
  std::vector<Mark> marks;
  bool hadByteOrderMark = false;
};

/// Owns the text of all files of a compilation. Views into a file's text stay valid as long as the manager.
class SourceManager {
public:
  /// Larger files are refused: spans are 32 bits wide and nobody writes such a network by hand.
  static constexpr uint64_t defaultMaxBytes = 100'000'000;

  explicit SourceManager(uint64_t maxBytes = defaultMaxBytes) : maxBytes(maxBytes) {}
  SourceManager(const SourceManager&) = delete;
  SourceManager& operator=(const SourceManager&) = delete;

  /// Adds text that is already in memory, e.g. an editor's buffer.
  FileId addText(std::string name, std::string text);

  /// Reads a file. On failure reports at `from` (where the file was asked for; may be nowhere) and returns
  /// Span::noFile.
  FileId addFile(const std::string& path, DiagnosticEngine& diagnostics, Span from = {});

  const SourceFile& file(FileId id) const { return files[id]; }
  size_t size() const { return files.size(); }
  std::string_view text(Span span) const;
  LineColumn lineColumn(FileId id, uint32_t offset) const;
  LineColumn lineColumn(Span span) const { return lineColumn(span.file, span.begin); }
  /// The line that holds `offset`, without its line end.
  std::string_view lineText(FileId id, uint32_t line) const;
  uint64_t byteLimit() const { return maxBytes; }

private:
  uint64_t maxBytes;
  std::deque<SourceFile> files;
};

/// Length in bytes of the well-formed UTF-8 sequence at the start of `text`, 0 when it is ill-formed or empty
/// (Unicode 15, table 3-7: no surrogates, no overlong forms, nothing above U+10FFFF).
size_t utf8SequenceLength(std::string_view text);

/// Number of code points; each ill-formed byte counts as one.
size_t codePointCount(std::string_view text);

} // namespace cnn
