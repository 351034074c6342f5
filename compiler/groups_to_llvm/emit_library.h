//===- emit_library.h - A plan and its kernels to the objects and headers of a library -----------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_EMIT_LIBRARY_H
#define CNN_COMPILER_GROUPS_TO_LLVM_EMIT_LIBRARY_H

#include "groups_to_llvm/library_plan.h"
#include "groups_to_llvm/module_to_object.h"

namespace mlir {
class MLIRContext;
}

namespace cnn {

/// One member of an archive.
struct ArchiveMember {
  std::string name;
  std::vector<char> bytes;
};

/// description.o, weights.o where weights are compiled in, inference.o and, where the network trains,
/// training.o: each links without the one after it.
/// They refer to the kernels by `facts`. In another form than `object` the members are text.
bool emitDrivers(mlir::MLIRContext& context, const LibraryPlan& plan, const std::vector<KernelFacts>& facts,
                 CodeForm form, std::vector<ArchiveMember>& members, std::string& error);

/// A static library with a symbol table; the same members give the same bytes.
bool writeArchive(const std::vector<ArchiveMember>& members, std::vector<char>& archive, std::string& error);

/// The C header, and the C++20 header on top of the runtime's classes, of the version whose symbols the
/// library has (own_symbols.h).
void emitHeaders(const LibraryPlan& plan, const std::string& version, std::string& c, std::string& cpp);

} // namespace cnn

#endif
