//===- server.h - The language server ------------------------------------------------------------------===//
#ifndef CNN_COMPILER_LANGUAGE_SERVER_SERVER_H
#define CNN_COMPILER_LANGUAGE_SERVER_SERVER_H

#include <cstdio>
#include <string>

namespace llvm {
class raw_ostream;
}

namespace cnn::language_server {

struct ServerOptions {
  std::string libraryPath; ///< where `use "zoo/…"` looks for files
  std::string version;     ///< shown to the editor
};

/// Answers messages of the language server protocol until `exit` or the end of the input. Returns the exit
/// status that the protocol asks for: 0 after `shutdown`, else 1.
int serve(std::FILE* input, llvm::raw_ostream& output, const ServerOptions& options);

} // namespace cnn::language_server

#endif
