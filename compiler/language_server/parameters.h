//===- parameters.h - Messages that LLVM's protocol library does not have ------------------------------===//
#ifndef CNN_COMPILER_LANGUAGE_SERVER_PARAMETERS_H
#define CNN_COMPILER_LANGUAGE_SERVER_PARAMETERS_H

#include "llvm/Support/LSP/Protocol.h"

namespace cnn::language_server {

namespace lsp = llvm::lsp;

/// The few things of `initialize` that make a difference.
struct InitializeParams {
  bool snippets = false;            ///< completions may have places to fill in
  bool hierarchicalSymbols = false; ///< symbols may have symbols below them
  std::vector<std::string> folders; ///< of the workspace, as paths
};

struct RenameParams : lsp::TextDocumentPositionParams {
  std::string newName;
};

struct FormattingParams {
  lsp::TextDocumentIdentifier textDocument;
};

bool fromJSON(const llvm::json::Value& value, InitializeParams& result, llvm::json::Path path);
bool fromJSON(const llvm::json::Value& value, RenameParams& result, llvm::json::Path path);
bool fromJSON(const llvm::json::Value& value, FormattingParams& result, llvm::json::Path path);

} // namespace cnn::language_server

#endif
