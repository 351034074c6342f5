//===- lsp_command.cpp - cnnc lsp: the language server on stdin and stdout -----------------------------===//

#include "frontend.h"

#include "groups_to_llvm/tables.h"
#include "language_server/server.h"

#include "llvm/Support/raw_ostream.h"

namespace cnn::tools {

int lsp() {
  return language_server::serve(stdin, llvm::outs(), {libraryFolder(), cnncVersion});
}

} // namespace cnn::tools
