//===- own_symbols.h - Symbols that no other library has ----------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_OWN_SYMBOLS_H
#define CNN_COMPILER_GROUPS_TO_LLVM_OWN_SYMBOLS_H

#include "groups_to_llvm/emit_library.h"

namespace cnn {

/// `symbol` of the version.
std::string versioned(const std::string& symbol, const std::string& version);

/// Gives the tables and kernels of a library, which have the same names in each version of the network, and
/// the kernels in each network that needs them, names of this version alone: a program links several versions
/// and several networks, and takes none's code for another's. The version is a hash of all members, 16
/// digits.
bool makeSymbolsOwn(const LibraryPlan& plan, const std::vector<KernelFacts>& facts,
                    std::vector<ArchiveMember>& members, std::string& version, std::string& error);

} // namespace cnn

#endif
