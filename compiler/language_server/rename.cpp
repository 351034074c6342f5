//===- rename.cpp - References and renaming across files -----------------------------------------------===//

#include "workspace.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/LSP/Protocol.h"
#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>
#include <filesystem>

namespace cnn::language_server {

namespace {

/// Files that are looked at for uses of a name.
constexpr size_t maxFiles = 2000;

/// The file of this path in an analysis.
std::optional<FileId> fileOf(const Analysis& analysis, const std::string& path) {
  for (const Module& module : analysis.program->modules)
    if (module.path == path && module.file.file != Span::noFile) return module.file.file;
  return std::nullopt;
}

std::string readText(const std::string& path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

llvm::Error refusal(std::string message) {
  return llvm::make_error<lsp::LSPError>(std::move(message), lsp::ErrorCode::RequestFailed);
}

} // namespace

void Workspace::addUses(const Analysis& analysis, Found& found) const {
  auto file = fileOf(analysis, found.declaration.path);
  if (!file) return;
  const Symbol* symbol = analysis.names.declaredAt({*file, found.declaration.begin, found.declaration.end});
  if (!symbol) return;
  found.users.push_back(&analysis);
  std::vector<Span> spans = analysis.names.uses(*symbol);
  spans.push_back(symbol->span);
  for (Span span : spans)
    if (auto location = locationOf(analysis.sources, span))
      found.places.try_emplace({analysis.sources.file(span.file).name, span.begin, span.end}, *location);
}

/// Files of the workspace, other than open ones, that use other files and hold the name as text.
std::vector<std::string> Workspace::filesNaming(const std::string& name) const {
  namespace fs = std::filesystem;
  std::vector<std::string> result;
  size_t seen = 0;
  for (const std::string& folder : folders) {
    std::error_code error;
    fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
    for (; !error && at != end && seen < maxFiles; at.increment(error)) {
      std::string file = at->path().filename().string();
      if (file.starts_with(".") || file == "node_modules") {
        at.disable_recursion_pending();
        continue;
      }
      if (at->path().extension() != ".cnn" || buffers.count(at->path().string())) continue;
      ++seen;
      std::string text = readText(at->path().string());
      if (text.find(name) != std::string::npos && text.find("use") != std::string::npos)
        result.push_back(at->path().string());
    }
  }
  std::ranges::sort(result);
  return result;
}

Workspace::Found Workspace::occurrencesEverywhere(const Analysis& analysis, const Occurrences& here) const {
  Found found;
  found.declaration = {analysis.sources.file(here.declaration.file).name, here.declaration.begin,
                       here.declaration.end};
  addUses(analysis, found);
  if (!here.global) return found;
  for (auto& [path, document] : documents)
    if (document.analysis.get() != &analysis) addUses(*document.analysis, found);
  for (const std::string& path : filesNaming(here.name)) {
    found.loaded.push_back(analyse(path, readText(path), {libraryPath, &buffers}));
    addUses(*found.loaded.back(), found);
  }
  return found;
}

std::vector<lsp::Location> Workspace::references(const Analysis& analysis, uint32_t offset,
                                                 bool withDeclaration) const {
  std::vector<lsp::Location> result;
  auto here = occurrences(analysis, offset);
  if (!here) return result;
  Found found = occurrencesEverywhere(analysis, *here);
  for (auto& [place, location] : found.places)
    if (withDeclaration || place != found.declaration) result.push_back(location);
  return result;
}

/// Renames on a copy and looks whether anything else has changed: every mistake that this brings, and every
/// use that the new name takes from another or loses to one, speaks against it.
std::string Workspace::objection(const Found& found, const std::string& name) const {
  std::map<std::string, std::string> texts = buffers;
  // From the back, so that the places before stay where they are.
  for (auto place = found.places.rbegin(); place != found.places.rend(); ++place) {
    const auto& [path, begin, end] = place->first;
    if (!texts.count(path)) texts[path] = readText(path);
    texts[path].replace(begin, end - begin, name);
  }
  size_t shift = 0; // of the declaration, by the uses before it
  for (auto& [place, location] : found.places)
    if (place.path == found.declaration.path && place < found.declaration)
      shift += name.size() - (place.end - place.begin);
  uint32_t begin = uint32_t(found.declaration.begin + shift);
  for (const Analysis* user : found.users) {
    const std::string& path = user->source().name;
    auto renamed =
        analyse(path, texts.count(path) ? texts[path] : user->source().text, {libraryPath, &texts});
    if (renamed->diagnostics.count() > user->diagnostics.count())
      return "'" + name + "' would be a mistake: " + renamed->diagnostics.sorted().front()->message;
    auto before = fileOf(*user, found.declaration.path), after = fileOf(*renamed, found.declaration.path);
    if (!before || !after) continue;
    const Symbol* old = user->names.declaredAt({*before, found.declaration.begin, found.declaration.end});
    const Symbol* now = renamed->names.declaredAt({*after, begin, uint32_t(begin + name.size())});
    if (!old || !now || user->names.uses(*old).size() != renamed->names.uses(*now).size())
      return "'" + name + "' means something else already where this is used";
  }
  return "";
}

llvm::Expected<lsp::WorkspaceEdit> Workspace::rename(const Analysis& analysis, uint32_t offset,
                                                     const std::string& name) const {
  auto here = occurrences(analysis, offset);
  if (!here) return refusal("there is no name of this program here");
  if (std::string bad = badName(name); !bad.empty()) return refusal(bad);
  lsp::WorkspaceEdit result;
  if (name == here->name) return result;
  Found found = occurrencesEverywhere(analysis, *here);
  for (auto& [place, location] : found.places)
    if (!buffers.count(place.path) && !llvm::sys::fs::can_write(place.path))
      return refusal("'" + here->name + "' stands in " + place.path + ", which cannot be written");
  if (std::string text = objection(found, name); !text.empty()) return refusal(text);
  for (auto& [place, location] : found.places)
    result.changes[location.uri.uri().str()].push_back({location.range, name});
  return result;
}

} // namespace cnn::language_server
