#include "dsl/diagnostics/diagnostics.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace cnn {

using namespace std::string_view_literals;

static constexpr std::array infos = {
#define CNN_ERROR(id, name, message, explanation, example)                                                   \
  DiagnosticInfo{#id##sv, #name##sv, message##sv, explanation##sv, example##sv},
#include "dsl/diagnostics.def"
};

const DiagnosticInfo& info(Diag diag) {
  return infos[static_cast<size_t>(diag)];
}

std::span<const DiagnosticInfo> allDiagnostics() {
  return infos;
}

Diagnostic Diagnostic::unseen() {
  Diagnostic diagnostic{};
  diagnostic.isKept = false;
  return diagnostic;
}

Diagnostic& Diagnostic::label(std::string text) {
  if (!isKept) return *this;
  labelText = std::move(text);
  return *this;
}

Diagnostic& Diagnostic::secondary(Span span, std::string text) {
  if (isKept && span.valid()) secondarySpans.push_back({span, std::move(text)});
  return *this;
}

Diagnostic& Diagnostic::note(Span span, std::string text) {
  if (isKept) noteList.push_back({span, std::move(text)});
  return *this;
}

Diagnostic& Diagnostic::fix(std::string message, std::vector<Edit> edits) {
  if (isKept) fixIts.push_back({std::move(message), std::move(edits), true});
  return *this;
}

Diagnostic& Diagnostic::suggest(std::string message, std::vector<Edit> edits) {
  if (isKept) fixIts.push_back({std::move(message), std::move(edits), false});
  return *this;
}

Diagnostic& Diagnostic::didYouMean(Guess guess) {
  if (!isKept || guess.empty()) return *this;
  std::string word(guess.word);
  fixIts.push_back({"did you mean '" + word + "'?", {{span, word}}, guess.sure});
  return *this;
}

const FixIt* Diagnostic::sureFix() const {
  return fixIts.size() == 1 && fixIts.front().sure ? &fixIts.front() : nullptr;
}

/// What a program calls its names and writes as strings may be as long as a file.
static std::string shortened(const std::string& text) {
  constexpr size_t most = 1000, end = 100;
  if (text.size() <= most) return text;
  auto continues = [&](size_t i) { return (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80; };
  size_t first = most - end, last = text.size() - end;
  while (first > 0 && continues(first)) --first;
  while (last < text.size() && continues(last)) ++last;
  return text.substr(0, first) + "…" + text.substr(last);
}

static std::string format(std::string_view message, const std::vector<DiagnosticArgument>& arguments) {
  std::string out;
  for (size_t i = 0; i < message.size(); ++i) {
    bool placeholder = message[i] == '{' && i + 2 < message.size() && message[i + 2] == '}' &&
                       message[i + 1] >= '0' && message[i + 1] <= '9';
    if (!placeholder) {
      out += message[i];
      continue;
    }
    size_t index = static_cast<size_t>(message[i + 1] - '0');
    if (index < arguments.size()) out += shortened(arguments[index].text);
    i += 2;
  }
  return out;
}

Diagnostic& DiagnosticEngine::add(Diag diag, Span span, std::vector<DiagnosticArgument> arguments) {
  errors += info(diag).severity() == Severity::Error;
  return diagnostics.emplace_back(
      Diagnostic{diag, span, format(info(diag).message, arguments), {}, {}, {}, {}, true});
}

void DiagnosticEngine::take(const Diagnostic& diagnostic) {
  if (isFull()) {
    drop(diagnostic.diag);
    return;
  }
  errors += info(diagnostic.diag).severity() == Severity::Error;
  diagnostics.push_back(diagnostic);
}

Diagnostic& DiagnosticEngine::drop(Diag diag) {
  errors += info(diag).severity() == Severity::Error;
  ++dropped;
  return overflow = Diagnostic::unseen();
}

std::vector<const Diagnostic*> DiagnosticEngine::sorted() const {
  std::vector<const Diagnostic*> list;
  for (const Diagnostic& diagnostic : diagnostics) list.push_back(&diagnostic);
  auto key = [](const Diagnostic* d) {
    // Nowhere sorts first: such a diagnostic is about the whole compilation.
    return std::make_tuple(d->span.file + 1, d->span.begin, d->span.end, d->diag,
                           std::string_view(d->message));
  };
  std::stable_sort(list.begin(), list.end(), [&](auto* a, auto* b) { return key(a) < key(b); });
  auto same = [&](auto* a, auto* b) { return key(a) == key(b); };
  list.erase(std::unique(list.begin(), list.end(), same), list.end());
  return list;
}

} // namespace cnn
