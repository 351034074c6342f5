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
/// digits. Members plain_*.o, which the headers never ask for, are the same tables under their plain names
/// (lenet_inference): for dlsym and for other languages, which know no header. Two versions whose plain names
/// end up in one object are an error of the linker.
bool makeSymbolsOwn(const LibraryPlan& plan, const std::vector<KernelFacts>& facts,
                    std::vector<ArchiveMember>& members, std::string& version, std::string& error);

} // namespace cnn

#endif
