/// A document of a test, with the place that `^` marks.
#pragma once

#include "language_server/features.h"

#include <string>

namespace cnn::language_server::test {

struct Document {
  /// The text with at most one `^`, which is not a character of the language.
  explicit Document(std::string text, AnalysisOptions options = {}) {
    size_t mark = text.find('^');
    if (mark != std::string::npos) text.erase(mark, 1);
    offset = uint32_t(mark == std::string::npos ? 0 : mark);
    analysis = analyse("/test/test.cnn", std::move(text), options);
  }

  const std::string& text() const { return analysis->source().text; }
  std::string at(lsp::Range range) const {
    uint32_t begin = offsetOf(analysis->source(), range.start), end = offsetOf(analysis->source(), range.end);
    return text().substr(begin, end - begin);
  }
  std::string line(lsp::Position place) const {
    return std::to_string(place.line + 1) + ":" + std::to_string(place.character + 1);
  }
  std::string hover() const {
    auto result = language_server::hover(*analysis, offset);
    return result ? result->contents.value : "";
  }

  std::unique_ptr<Analysis> analysis;
  uint32_t offset = 0;
};

std::string readFile(const std::string& path);

} // namespace cnn::language_server::test
