//===- positions.h - Places of the protocol and places of the compiler ---------------------------------===//
//
// The protocol counts lines from 0 and characters in UTF-16 units; the compiler counts bytes.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_LANGUAGE_SERVER_POSITIONS_H
#define CNN_COMPILER_LANGUAGE_SERVER_POSITIONS_H

#include "dsl/source/source.h"

#include "llvm/Support/LSP/Protocol.h"

namespace cnn::language_server {

namespace lsp = llvm::lsp;

lsp::Position positionOf(const SourceFile& file, uint32_t offset);
/// The nearest offset where the position is outside of the text.
uint32_t offsetOf(const SourceFile& file, lsp::Position position);
lsp::Range rangeOf(const SourceManager& sources, Span span);

/// An address for a path; nothing where it has none, such as a text that is not in a file.
std::optional<lsp::URIForFile> addressOf(const std::string& path);
std::optional<lsp::Location> locationOf(const SourceManager& sources, Span span);
/// A location as JSON that holds its address; LLVM's refers to that of the structure, which has to outlive
/// it.
llvm::json::Value jsonOf(const lsp::Location& location);

} // namespace cnn::language_server

#endif
