//===- formatting.cpp - The canonical text -------------------------------------------------------------===//

#include "features.h"

#include "dsl/fmt/fmt.h"

#include <algorithm>

namespace cnn::language_server {

std::vector<lsp::TextEdit> formatting(const Analysis& analysis) {
  DiagnosticEngine repeated(analysis.sources);
  std::optional<std::string> wanted = format(analysis.sources, analysis.file(), repeated);
  const std::string& text = analysis.source().text;
  if (!wanted || *wanted == text) return {};
  // Only the lines between the first and the last difference, so that the cursor stays where it was.
  size_t limit = std::min(text.size(), wanted->size());
  size_t head = std::mismatch(text.begin(), text.begin() + limit, wanted->begin()).first - text.begin();
  while (head > 0 && text[head - 1] != '\n') --head;
  size_t tail = 0;
  while (tail < limit - head && text[text.size() - 1 - tail] == (*wanted)[wanted->size() - 1 - tail]) ++tail;
  while (tail > 0 && text[text.size() - tail - 1] != '\n') --tail;
  Span span{analysis.file(), uint32_t(head), uint32_t(text.size() - tail)};
  return {{rangeOf(analysis.sources, span), wanted->substr(head, wanted->size() - tail - head)}};
}

} // namespace cnn::language_server
