//===- tables.h - The constant tables of a generated library -------------------------------------------===//
//
// Fields in the order of the structures in runtime/abi/include/cnn/abi.h.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_TABLES_H
#define CNN_COMPILER_GROUPS_TO_LLVM_TABLES_H

#include "groups_to_llvm/library_plan.h"
#include "groups_to_llvm/object_module.h"

namespace cnn {

/// The version of the compiler that is written into every library.
inline constexpr const char* cnncVersion = "0.1.0";

void emitDescription(ObjectModule& object, const LibraryPlan& plan);

/// The weights that are compiled in, an object of their own. The inference table refers to them.
void emitWeights(ObjectModule& object, const LibraryPlan& plan);

/// `prepare` and `predict` are functions of the same object.
void emitInferenceTable(ObjectModule& object, const LibraryPlan& plan, uint64_t scratchBytes,
                        llvm::StringRef prepare, llvm::StringRef predict);

/// Names of one phase's functions, of the same object.
struct PhaseSymbols {
  std::string forwardBackward, update;
};

void emitTrainingTable(ObjectModule& object, const LibraryPlan& plan, uint64_t scratchBytes,
                       const std::vector<PhaseSymbols>& phases);

} // namespace cnn

#endif
