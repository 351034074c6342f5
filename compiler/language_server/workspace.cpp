//===- workspace.cpp - Open documents ------------------------------------------------------------------===//

#include "workspace.h"

namespace cnn::language_server {

void Workspace::analyseAgain(const std::string& path, Document& document) {
  document.analysis = analyse(path, buffers[path], {libraryPath, &buffers});
}

std::vector<const Document*> Workspace::update(const lsp::URIForFile& address, int64_t version,
                                               std::string text) {
  std::string path = address.file().str();
  buffers[path] = std::move(text);
  Document& document = documents[path];
  document.address = address;
  document.version = version;
  analyseAgain(path, document);
  std::vector<const Document*> changed = analyseUsers(path);
  changed.insert(changed.begin(), &document);
  return changed;
}

std::vector<const Document*> Workspace::analyseUsers(const std::string& path) {
  std::vector<const Document*> changed;
  for (auto& [other, user] : documents) {
    if (other == path || !user.analysis->dependsOn(path)) continue;
    analyseAgain(other, user);
    changed.push_back(&user);
  }
  return changed;
}

std::vector<const Document*> Workspace::close(const lsp::URIForFile& address) {
  std::string path = address.file().str();
  documents.erase(path);
  buffers.erase(path);
  return analyseUsers(path);
}

std::vector<const Document*> Workspace::refresh() {
  std::vector<const Document*> changed;
  for (auto& [path, document] : documents) {
    analyseAgain(path, document);
    changed.push_back(&document);
  }
  return changed;
}

const Document* Workspace::find(const lsp::URIForFile& address) const {
  auto found = documents.find(address.file().str());
  return found == documents.end() ? nullptr : &found->second;
}

} // namespace cnn::language_server
