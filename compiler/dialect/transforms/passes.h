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
/// These, and @evaluate: what works on many images side by side.
llvm::SmallVector<FunctionOp> batchFunctions(NetworkOp network);

/// The attribute of such a function that names those parameters, apart from the network's own frozen ones.
inline constexpr const char* frozenAttribute = "cnn.frozen";
/// Which of @loss's results a step's function of training gives.
inline constexpr const char* resultsAttribute = "cnn.results";

/// The function in which evaluation measures: see cnn-evaluation.
inline constexpr const char* evaluationName = "evaluate";
/// Its attribute with four numbers for each term: the loss's or metric's number among @loss's results, which
/// results of the function are the term's values and shares (-1: each sample counts as one), and 1 where the
/// measure depends on a parameter that @predict does not read.
inline constexpr const char* termsAttribute = "cnn.terms";

/// Takes dropout and stochastic depth out of a function, as in inference.
void dropNothing(FunctionOp function);

} // namespace cnn

#endif
