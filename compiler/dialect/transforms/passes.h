//===- passes.h - Passes over the dialect --------------------------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TRANSFORMS_PASSES_H
#define CNN_COMPILER_DIALECT_TRANSFORMS_PASSES_H

#include "dialect/dialect.h"

#include "mlir/Pass/Pass.h"

namespace cnn {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes.h.inc"
} // namespace cnn

#endif
