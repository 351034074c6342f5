//===- workspace.h - The documents that an editor holds open, and what crosses files -------------------===//
#ifndef CNN_COMPILER_LANGUAGE_SERVER_WORKSPACE_H
#define CNN_COMPILER_LANGUAGE_SERVER_WORKSPACE_H

#include "features.h"

#include "llvm/Support/Error.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cnn::language_server {

struct Document {
  lsp::URIForFile address;
  int64_t version = 0;
  std::unique_ptr<Analysis> analysis;
};

class Workspace {
public:
  explicit Workspace(std::string libraryPath) : libraryPath(std::move(libraryPath)) {}

  void setFolders(std::vector<std::string> paths) { folders = std::move(paths); }

  /// Takes the text of a document and analyses it, and again all documents that use it. Returns those that
  /// were analysed, the document itself first.
  std::vector<const Document*> update(const lsp::URIForFile& address, int64_t version, std::string text);
  /// From now on the file on the disk counts. Analyses the documents that use it anew, and returns them.
  std::vector<const Document*> close(const lsp::URIForFile& address);
  /// Analyses all documents anew, as files beside them have changed.
  std::vector<const Document*> refresh();

  const Document* find(const lsp::URIForFile& address) const;

  /// All places where the name at an offset is used, in documents and in files of the workspace's folders.
  std::vector<lsp::Location> references(const Analysis& analysis, uint32_t offset,
                                        bool withDeclaration) const;
  /// The edits, or why the name cannot be given: it is none, or the program would not mean the same.
  llvm::Expected<lsp::WorkspaceEdit> rename(const Analysis& analysis, uint32_t offset,
                                            const std::string& name) const;

private:
  /// A span by the path of its file, as each analysis numbers files by itself.
  struct Place {
    std::string path;
    uint32_t begin, end;
    auto operator<=>(const Place&) const = default;
  };
  struct Found {
    std::map<Place, lsp::Location> places; ///< the declaration among them
    Place declaration;
    std::vector<const Analysis*> users; ///< in which it is used
    std::vector<std::unique_ptr<Analysis>> loaded;
  };

  void analyseAgain(const std::string& path, Document& document);
  /// All documents that use the file of this path, analysed anew; not itself.
  std::vector<const Document*> analyseUsers(const std::string& path);
  Found occurrencesEverywhere(const Analysis& analysis, const Occurrences& here) const;
  void addUses(const Analysis& analysis, Found& found) const;
  std::vector<std::string> filesNaming(const std::string& name) const;
  std::string objection(const Found& found, const std::string& name) const;

  std::string libraryPath;
  std::vector<std::string> folders;
  std::map<std::string, std::string> buffers; ///< texts of the open documents
  std::map<std::string, Document> documents;
};

} // namespace cnn::language_server

#endif
