/// Diagnostics: what can be wrong with a program, collected while compiling and printed at the end.
#pragma once

#include "dsl/source/source.h"

#include <deque>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cnn {

/// Every diagnostic, in the order of diagnostics.def.
enum class Diag : uint16_t {
#define CNN_ERROR(id, name, message, explanation, example) name,
#include "dsl/diagnostics.def"
};

/// After an error there is no program; a warning is about one that is surely not what was meant.
enum class Severity : uint8_t { Error, Warning };

/// A row of diagnostics.def.
struct DiagnosticInfo {
  std::string_view id;          ///< "E0103", "W0600": never reused, never renumbered
  std::string_view name;        ///< "UnknownName"
  std::string_view message;     ///< with {0}, {1}, … for the arguments
  std::string_view explanation; ///< what it means and what to do
  std::string_view example;     ///< a program that triggers it; empty where only a special set-up does
  Severity severity() const { return id.starts_with('W') ? Severity::Warning : Severity::Error; }
};

const DiagnosticInfo& info(Diag diag);
std::span<const DiagnosticInfo> allDiagnostics();

/// An argument of a message template.
struct DiagnosticArgument {
  std::string text;
  DiagnosticArgument(std::string text) : text(std::move(text)) {}
  DiagnosticArgument(std::string_view text) : text(text) {}
  DiagnosticArgument(const char* text) : text(text) {}
  template <typename T>
    requires std::is_integral_v<T>
  DiagnosticArgument(T value) : text(std::to_string(value)) {}
};

/// Replaces `span` by `text`; an empty span inserts.
struct Edit {
  Span span;
  std::string text;
};

/// A change that would make the program right, or one of several.
struct FixIt {
  std::string message; ///< "insert ')'"
  std::vector<Edit> edits;
  bool sure = true; ///< nothing else can be meant; else it is for a reader to choose
};

/// A word that was meant, perhaps.
struct Guess {
  std::string_view word; ///< empty for none
  bool sure = false;     ///< only a slip of the hand, or another library's name for the same thing
  bool empty() const { return word.empty(); }
  operator std::string_view() const { return word; }
};

struct Note {
  Span span; ///< may be nowhere
  std::string text;
};

struct Diagnostic {
  Diag diag;
  Span span;
  std::string message;
  std::string labelText;            ///< beside the carets; may be empty
  std::vector<Note> secondarySpans; ///< further marked ranges, each with a label
  std::vector<Note> noteList;
  std::vector<FixIt> fixIts;
  bool isKept = true; ///< false where nobody will see it: what takes long to find out need not be

  /// One that is not kept.
  static Diagnostic unseen();
  Diagnostic& label(std::string text);
  Diagnostic& secondary(Span span, std::string text);
  Diagnostic& note(std::string text) { return note(Span{}, std::move(text)); }
  Diagnostic& note(Span span, std::string text);
  /// A change that is surely meant, and one that a reader may choose.
  Diagnostic& fix(std::string message, std::vector<Edit> edits);
  Diagnostic& suggest(std::string message, std::vector<Edit> edits);
  /// "did you mean 'x'?" with the replacement of the primary span; nothing for an empty guess.
  Diagnostic& didYouMean(Guess guess);
  /// The same for the nearest of the names that `candidates()` gives, which is called only where the
  /// diagnostic is kept.
  template <typename Candidates> Diagnostic& didYouMean(std::string_view word, Candidates&& candidates);
  /// The change that may be made without asking: the only one, and sure. Null for none.
  const FixIt* sureFix() const;
};

/// Collects diagnostics. Not thread-safe: a compilation has one.
class DiagnosticEngine {
public:
  /// Beyond this number only the count goes on.
  static constexpr size_t maxStored = 1000;

  explicit DiagnosticEngine(const SourceManager& sources) : sources(sources) {}

  /// Adds a diagnostic; details are added to the returned one before the next report.
  template <typename... Args> Diagnostic& report(Diag diag, Span span, Args&&... args) {
    if (isFull()) return drop(diag);
    return add(diag, span, {DiagnosticArgument(std::forward<Args>(args))...});
  }
  /// No more are stored: those that are reported now are only counted.
  bool isFull() const { return diagnostics.size() >= maxStored; }

  bool hasErrors() const { return errors != 0; }
  /// Errors reported so far, repetitions included.
  size_t count() const { return errors; }
  /// Those that are not stored.
  size_t overflowing() const { return dropped; }
  /// Takes over what another engine on the same sources has.
  void take(const Diagnostic& diagnostic);
  /// Sorted by file and position, without repetitions.
  std::vector<const Diagnostic*> sorted() const;
  const SourceManager& sourceManager() const { return sources; }

private:
  Diagnostic& add(Diag diag, Span span, std::vector<DiagnosticArgument> arguments);
  Diagnostic& drop(Diag diag);

  const SourceManager& sources;
  std::deque<Diagnostic> diagnostics;
  Diagnostic overflow{};
  size_t errors = 0, dropped = 0;
};

/// All diagnostics as text: `file:line:column: error[E0103]: message`, the source line with carets, notes.
std::string toText(const DiagnosticEngine& engine, bool colour = false);

/// The text as it may be shown on a terminal: U+FFFD for control characters and ill-formed bytes, spaces for
/// tabs.
std::string visibleText(std::string_view text);

/// All diagnostics as JSON: {"version": 1, "diagnostics": [{id, name, severity, message, file, range, label,
/// secondary, notes, fixes}]}. Lines and columns count from 1, columns in code points.
std::string toJson(const DiagnosticEngine& engine);

/// The candidate nearest to `word` by edit distance (insert, delete, replace, swap neighbours), ignoring
/// case, if it is near enough to be meant; else empty. It is sure where it is the only one so near, and the
/// slip is of a single letter in a word of four or more.
Guess nearest(std::string_view word, std::span<const std::string_view> candidates);
Guess nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "a, b, c": the first of many names, and "…" for the others.
template <std::ranges::range Names>
  requires std::convertible_to<std::ranges::range_value_t<Names>, std::string_view>
std::string listed(const Names& names) {
  constexpr size_t shown = 40;
  std::string list;
  size_t count = 0;
  for (const auto& name : names) {
    if (count > 0) list += ", ";
    if (count++ == shown) return list + "…";
    list += name;
  }
  return list;
}

template <typename Candidates>
Diagnostic& Diagnostic::didYouMean(std::string_view word, Candidates&& candidates) {
  return isKept ? didYouMean(nearest(word, candidates())) : *this;
}

} // namespace cnn
