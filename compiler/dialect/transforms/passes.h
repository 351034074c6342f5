//===- passes.h - Passes over the dialect --------------------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TRANSFORMS_PASSES_H
#define CNN_COMPILER_DIALECT_TRANSFORMS_PASSES_H

#include "dialect/dialect.h"

#include "mlir/Pass/Pass.h"

namespace cnn {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes.h.inc"

/// @train and its variants @train.NAME, in order: one for each set of parameters that a phase of training
/// leaves alone.
llvm::SmallVector<FunctionOp> trainingFunctions(NetworkOp network);

/// The attribute of such a function that names those parameters, apart from the network's own frozen ones.
inline constexpr const char* frozenAttribute = "cnn.frozen";
/// Which of @loss's results a step's function of training gives.
inline constexpr const char* resultsAttribute = "cnn.results";

} // namespace cnn

#endif
