//===- diagnostics.cpp - Mistakes as the protocol wants them -------------------------------------------===//

#include "features.h"

#include <algorithm>
#include <functional>
#include <set>

namespace cnn::language_server {

namespace {

llvm::json::Value related(const lsp::Location& location, const std::string& text) {
  return llvm::json::Object{{"location", jsonOf(location)}, {"message", text}};
}

/// The `use` of the document through which a file comes in.
Span useOf(const Analysis& analysis, FileId file) {
  const Module& main = analysis.program->main();
  std::set<const Module*> seen; // files may be used by many
  std::function<bool(const Module&)> reaches = [&](const Module& module) {
    if (module.file.file == file) return true;
    if (!seen.insert(&module).second) return false;
    return std::ranges::any_of(module.uses, [&](auto& use) { return use.second && reaches(*use.second); });
  };
  for (auto& [use, used] : main.uses)
    if (used && reaches(*used)) return use->path->span;
  return {main.file.file, 0, 0};
}

} // namespace

llvm::json::Array diagnostics(const Analysis& analysis) {
  llvm::json::Array result;
  for (const Diagnostic* diagnostic : analysis.diagnostics.sorted()) {
    lsp::Diagnostic shown;
    bool warns = info(diagnostic->diag).severity() == Severity::Warning;
    shown.severity = warns ? lsp::DiagnosticSeverity::Warning : lsp::DiagnosticSeverity::Error;
    shown.source = "cnnc";
    shown.message = diagnostic->message;
    if (!diagnostic->labelText.empty()) shown.message += "\n" + diagnostic->labelText;
    llvm::json::Array further;
    Span span = diagnostic->span;
    if (span.valid() && span.file != analysis.file()) {
      if (auto there = locationOf(analysis.sources, span))
        further.push_back(related(*there, diagnostic->message));
      shown.message = "in " + analysis.sources.file(span.file).name + ": " + shown.message;
      span = useOf(analysis, span.file);
    }
    if (!span.valid()) span = {analysis.file(), 0, 0};
    shown.range = rangeOf(analysis.sources, span);
    for (const Note& note : diagnostic->secondarySpans)
      if (auto there = locationOf(analysis.sources, note.span)) further.push_back(related(*there, note.text));
    for (const Note& note : diagnostic->noteList) {
      if (auto there = locationOf(analysis.sources, note.span))
        further.push_back(related(*there, note.text));
      else
        shown.message += "\n" + note.text;
    }
    llvm::json::Value value = lsp::toJSON(shown);
    if (!further.empty()) value.getAsObject()->try_emplace("relatedInformation", std::move(further));
    value.getAsObject()->try_emplace("code", std::string(info(diagnostic->diag).id));
    result.push_back(std::move(value));
  }
  return result;
}

} // namespace cnn::language_server
