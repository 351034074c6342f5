//===- parameters.cpp - Reads messages that LLVM's protocol library does not have ----------------------===//

#include "parameters.h"

namespace cnn::language_server {

namespace {

/// The value below a path of keys, or null.
const llvm::json::Value* below(const llvm::json::Value& value, std::initializer_list<llvm::StringRef> keys) {
  const llvm::json::Value* current = &value;
  for (llvm::StringRef key : keys) {
    const llvm::json::Object* object = current->getAsObject();
    current = object ? object->get(key) : nullptr;
    if (!current) return nullptr;
  }
  return current;
}

bool flag(const llvm::json::Value& value, std::initializer_list<llvm::StringRef> keys) {
  const llvm::json::Value* found = below(value, keys);
  return found && found->getAsBoolean().value_or(false);
}

void addFolder(const llvm::json::Value* address, std::vector<std::string>& folders) {
  auto text = address ? address->getAsString() : std::nullopt;
  if (!text) return;
  llvm::Expected<lsp::URIForFile> folder = lsp::URIForFile::fromURI(*text);
  if (folder)
    folders.push_back(folder->file().str());
  else
    llvm::consumeError(folder.takeError());
}

} // namespace

bool fromJSON(const llvm::json::Value& value, InitializeParams& result, llvm::json::Path) {
  result.snippets =
      flag(value, {"capabilities", "textDocument", "completion", "completionItem", "snippetSupport"});
  result.hierarchicalSymbols =
      flag(value, {"capabilities", "textDocument", "documentSymbol", "hierarchicalDocumentSymbolSupport"});
  const llvm::json::Value* folders = below(value, {"workspaceFolders"});
  if (folders && folders->getAsArray()) {
    for (const llvm::json::Value& folder : *folders->getAsArray())
      addFolder(below(folder, {"uri"}), result.folders);
  } else {
    addFolder(below(value, {"rootUri"}), result.folders);
  }
  return true;
}

bool fromJSON(const llvm::json::Value& value, RenameParams& result, llvm::json::Path path) {
  llvm::json::ObjectMapper map(value, path);
  return fromJSON(value, static_cast<lsp::TextDocumentPositionParams&>(result), path) && map &&
         map.map("newName", result.newName);
}

bool fromJSON(const llvm::json::Value& value, FormattingParams& result, llvm::json::Path path) {
  llvm::json::ObjectMapper map(value, path);
  return map && map.map("textDocument", result.textDocument);
}

} // namespace cnn::language_server
