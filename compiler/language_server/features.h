//===- features.h - What the server answers, one function a feature, one file each ---------------------===//
//
// Each takes the analysis of a document and a byte offset in it. None of them knows of messages.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_LANGUAGE_SERVER_FEATURES_H
#define CNN_COMPILER_LANGUAGE_SERVER_FEATURES_H

#include "analysis.h"
#include "positions.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cnn::language_server {

/// Mistakes in the document; those in the files it uses stand at the `use` that brings them. With "code", the
/// diagnostic's id, which LLVM's structure does not have.
llvm::json::Array diagnostics(const Analysis& analysis);

/// The fix-its of the mistakes that touch a range, and one action that applies all of the file.
llvm::json::Array codeActions(const Analysis& analysis, Span range);

std::optional<lsp::Hover> hover(const Analysis& analysis, uint32_t offset);

/// With `snippets` an operator comes with its required arguments as places to fill in.
lsp::CompletionList complete(const Analysis& analysis, uint32_t offset, bool snippets);

lsp::SignatureHelp signatureHelp(const Analysis& analysis, uint32_t offset);

/// The declaration of what is named here, or the file that is used here.
std::optional<lsp::Location> definition(const Analysis& analysis, uint32_t offset);

/// The symbol that a place is about, with all places where an analysis knows it.
struct Occurrences {
  std::string name;
  Span declaration;
  std::vector<Span> uses;
  bool global = false; ///< other files may use it
};
std::optional<Occurrences> occurrences(const Analysis& analysis, uint32_t offset);

/// The name that would be renamed here; nothing for names of the language.
std::optional<Span> renameable(const Analysis& analysis, uint32_t offset);
/// Why this cannot be a name; empty if it can.
std::string badName(std::string_view name);

std::vector<lsp::DocumentSymbol> symbols(const Analysis& analysis);

/// The smallest edit that makes the text canonical; none with syntax errors or when it is so already.
std::vector<lsp::TextEdit> formatting(const Analysis& analysis);

/// The shape after each step of a pipeline, within the range.
std::vector<lsp::InlayHint> inlayHints(const Analysis& analysis, Span range);

} // namespace cnn::language_server

#endif
