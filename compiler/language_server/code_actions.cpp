//===- code_actions.cpp - Fix-its as actions -----------------------------------------------------------===//

#include "features.h"

#include "dsl/diagnostics/fixes.h"

namespace cnn::language_server {

namespace {

bool touches(Span a, Span b) {
  return a.file == b.file && a.begin <= b.end && b.begin <= a.end;
}

/// The edits by document; nothing when one is about a text that has no address.
std::optional<lsp::WorkspaceEdit> workspaceEdit(const Analysis& analysis, const FixIt& fix) {
  lsp::WorkspaceEdit result;
  for (const Edit& edit : fix.edits) {
    auto place = locationOf(analysis.sources, edit.span);
    if (!place) return std::nullopt;
    result.changes[place->uri.uri().str()].push_back({place->range, edit.text});
  }
  return result;
}

llvm::json::Object action(std::string title, llvm::StringRef kind, const lsp::WorkspaceEdit& edit) {
  return llvm::json::Object{{"title", std::move(title)}, {"kind", kind}, {"edit", lsp::toJSON(edit)}};
}

} // namespace

llvm::json::Array codeActions(const Analysis& analysis, Span range) {
  llvm::json::Array result;
  bool any = false;
  for (const Diagnostic* diagnostic : analysis.diagnostics.sorted()) {
    if (diagnostic->span.file != analysis.file()) continue;
    any = any || diagnostic->sureFix();
    if (!touches(diagnostic->span, range)) continue;
    for (const FixIt& fix : diagnostic->fixIts) {
      auto edit = workspaceEdit(analysis, fix);
      if (!edit) continue;
      llvm::json::Object object = action(fix.message, "quickfix", *edit);
      if (diagnostic->sureFix()) object["isPreferred"] = true;
      result.push_back(std::move(object));
    }
  }
  auto address = addressOf(analysis.source().name);
  if (!any || !address) return result;
  lsp::WorkspaceEdit all;
  all.changes[address->uri().str()] = {
      {rangeOf(analysis.sources, wholeFile(analysis.sources, analysis.file())),
       applySureFixes(analysis.diagnostics, analysis.file()).text}};
  result.push_back(action("apply every fix that is sure", "source.fixAll.cnnc", all));
  return result;
}

} // namespace cnn::language_server
