#include "dsl/diagnostics/fixes.h"

#include <algorithm>

namespace cnn {

std::string applyEdits(std::string text, std::vector<Edit> edits) {
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& a, const Edit& b) { return a.span.begin > b.span.begin; });
  for (const Edit& edit : edits) text.replace(edit.span.begin, edit.span.end - edit.span.begin, edit.text);
  return text;
}

FixedText applySureFixes(const DiagnosticEngine& engine, FileId file,
                         const std::set<const Diagnostic*>& without) {
  FixedText result;
  std::vector<Edit> edits;
  auto overlaps = [&](const Edit& edit) {
    return std::any_of(edits.begin(), edits.end(), [&](const Edit& other) {
      bool inserts = edit.span.begin == edit.span.end || other.span.begin == other.span.end;
      return inserts ? edit.span.begin <= other.span.end && other.span.begin <= edit.span.end
                     : edit.span.begin < other.span.end && other.span.begin < edit.span.end;
    });
  };
  for (const Diagnostic* diagnostic : engine.sorted()) {
    const FixIt* fix = diagnostic->sureFix();
    if (!fix || without.count(diagnostic)) continue;
    bool usable = std::all_of(fix->edits.begin(), fix->edits.end(),
                              [&](const Edit& edit) { return edit.span.file == file && !overlaps(edit); });
    if (!usable) continue;
    edits.insert(edits.end(), fix->edits.begin(), fix->edits.end());
    result.fixed.push_back(diagnostic);
  }
  result.text = applyEdits(engine.sourceManager().file(file).text, std::move(edits));
  return result;
}

/// A text in quotes, on one line.
static std::string shown(std::string_view text) {
  std::string result = "'";
  for (char c : text) {
    bool blank = c == '\n' || c == '\r' || c == '\t';
    if (!blank || !result.ends_with(' ')) result += blank ? ' ' : c;
  }
  return result + "'";
}

std::string describe(const FixIt& fix, const SourceManager& sources) {
  std::string result;
  for (const Edit& edit : fix.edits) {
    std::string before = shown(sources.text(edit.span));
    if (!result.empty()) result += ", ";
    if (edit.text.empty())
      result += before + " is left out";
    else if (edit.span.begin == edit.span.end)
      result += shown(edit.text) + " is put in";
    else
      result += before + " becomes " + shown(edit.text);
  }
  return result;
}

} // namespace cnn
