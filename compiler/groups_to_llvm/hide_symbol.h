//===- hide_symbol.h - Keeps a kernel's symbol out of shared libraries' exports ------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_HIDE_SYMBOL_H
#define CNN_COMPILER_GROUPS_TO_LLVM_HIDE_SYMBOL_H

#include <string>
#include <vector>

namespace cnn {

/// Gives `symbol` hidden visibility in an ELF object: other objects of the same program or shared library see
/// it, programs that load the library do not. Objects of other formats stay as they are.
bool hideSymbol(std::vector<char>& object, const std::string& symbol, std::string& error);

} // namespace cnn

#endif
