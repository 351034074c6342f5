//===- passes.h - From semantic ops to groups in memory ------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_GROUPS_PASSES_H
#define CNN_COMPILER_DIALECT_TO_GROUPS_PASSES_H

#include "dialect/dialect.h"

#include "mlir/Pass/Pass.h"

namespace cnn {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "group_passes.h.inc"

/// A reshape whose result lies in memory exactly as its input: it costs nothing and is in no group.
bool isAlias(ReshapeOp op);
} // namespace cnn

#endif
