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

const DiagnosticInfo* findDiagnostic(std::string_view idOrName) {
  for (const DiagnosticInfo& row : infos)
    if (row.id == idOrName || row.name == idOrName) return &row;
  return nullptr;
}

Diagnostic& Diagnostic::label(std::string text) {
  labelText = std::move(text);
  return *this;
}

Diagnostic& Diagnostic::secondary(Span span, std::string text) {
  if (span.valid()) secondarySpans.push_back({span, std::move(text)});
  return *this;
}

Diagnostic& Diagnostic::note(Span span, std::string text) {
  noteList.push_back({span, std::move(text)});
  return *this;
}

Diagnostic& Diagnostic::fix(std::string message, std::vector<Edit> edits) {
  fixIts.push_back({std::move(message), std::move(edits)});
  return *this;
}

Diagnostic& Diagnostic::didYouMean(std::string_view suggestion) {
  if (suggestion.empty()) return *this;
  return fix("did you mean '" + std::string(suggestion) + "'?", {{span, std::string(suggestion)}});
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
    if (index < arguments.size()) out += arguments[index].text;
    i += 2;
  }
  return out;
}

Diagnostic& DiagnosticEngine::add(Diag diag, Span span, std::vector<DiagnosticArgument> arguments) {
  ++total;
  Diagnostic diagnostic{diag, span, format(info(diag).message, arguments), {}, {}, {}, {}};
  if (diagnostics.size() >= maxStored) return overflow = std::move(diagnostic);
  return diagnostics.emplace_back(std::move(diagnostic));
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

std::string applyFixIts(const DiagnosticEngine& engine, FileId file) {
  std::vector<Edit> edits;
  auto overlaps = [&](const Edit& edit) {
    return std::any_of(edits.begin(), edits.end(), [&](const Edit& other) {
      bool inserts = edit.span.begin == edit.span.end || other.span.begin == other.span.end;
      return inserts ? edit.span.begin <= other.span.end && other.span.begin <= edit.span.end
                     : edit.span.begin < other.span.end && other.span.begin < edit.span.end;
    });
  };
  for (const Diagnostic* diagnostic : engine.sorted()) {
    if (diagnostic->fixIts.empty()) continue;
    const std::vector<Edit>& wanted = diagnostic->fixIts.front().edits;
    bool usable = std::all_of(wanted.begin(), wanted.end(),
                              [&](const Edit& edit) { return edit.span.file == file && !overlaps(edit); });
    if (usable) edits.insert(edits.end(), wanted.begin(), wanted.end());
  }
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& a, const Edit& b) { return a.span.begin > b.span.begin; });
  std::string text = engine.sourceManager().file(file).text;
  for (const Edit& edit : edits) text.replace(edit.span.begin, edit.span.end - edit.span.begin, edit.text);
  return text;
}

/// Optimal string alignment distance, on lower-cased ASCII.
static size_t editDistance(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::vector<size_t> beforePrevious, previous(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t cost = lower(a[i - 1]) != lower(b[j - 1]);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost});
      bool swapped =
          i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], beforePrevious[j - 2] + 1);
    }
    beforePrevious = previous;
    std::swap(previous, current);
  }
  return previous[b.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  // A third of the letters may differ; a one-letter name is never a slip of another.
  size_t bestDistance = word.size() < 2 ? 0 : std::max<size_t>(1, word.size() / 3);
  for (std::string_view candidate : candidates) {
    if (candidate == word) continue;
    size_t gap = std::max(candidate.size(), word.size()) - std::min(candidate.size(), word.size());
    if (gap > bestDistance || candidate.size() > 256) continue;
    size_t distance = editDistance(word, candidate);
    bool nearer = best.empty() ? distance <= bestDistance : distance < bestDistance;
    if (!nearer || distance >= std::max(word.size(), candidate.size())) continue;
    best = candidate;
    bestDistance = distance;
  }
  if (!best.empty()) return best;
  // `batch_size` for batch: a word of ours with something behind it.
  for (std::string_view candidate : candidates)
    if (candidate.size() > std::max<size_t>(3, best.size()) && word.starts_with(std::string(candidate) + "_"))
      best = candidate;
  return best;
}

std::string_view nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return nearest(word, views);
}

} // namespace cnn
