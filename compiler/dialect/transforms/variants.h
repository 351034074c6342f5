//===- variants.h - Which functions training needs -----------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TRANSFORMS_VARIANTS_H
#define CNN_COMPILER_DIALECT_TRANSFORMS_VARIANTS_H

#include "dialect/dialect.h"

#include "llvm/ADT/DenseSet.h"

namespace cnn {

/// The function of one or several phases of training, or of one step.
struct Variant {
  std::string name;
  mlir::ArrayAttr frozen; ///< names of the parameters that it leaves alone, in the network's order
  llvm::SmallVector<int64_t> results; ///< which of @loss's results it computes, its loss first; empty: all
  /// Batch norms of @loss whose value an earlier step of the iteration has computed, and no step has changed
  /// since: their running statistics have been moved already.
  llvm::DenseSet<mlir::Operation*> repeated;
};

/// One variant for each step; or one for each different list of frozen parameters, named by the first phase
/// that has it.
std::vector<Variant> variantsOf(NetworkOp network, FunctionOp loss);

} // namespace cnn

#endif
