//===- conditions.h - Conditions on free dimensions ---------------------------------------------------===//
//
// What an assert demands of sizes that are known when the network runs. A condition is an attribute: an
// affine_set of one constraint (expression >= 0 or == 0), or an array ["all" | "any", condition, ...].
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_CONDITIONS_H
#define CNN_COMPILER_DIALECT_CONDITIONS_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Attributes.h"

namespace cnn::condition {

mlir::Attribute equal(mlir::AffineExpr a, mlir::AffineExpr b);
mlir::Attribute atLeast(mlir::AffineExpr a, mlir::AffineExpr b);
mlir::Attribute all(mlir::Attribute a, mlir::Attribute b);
mlir::Attribute any(mlir::Attribute a, mlir::Attribute b);
/// The condition that holds where the other does not.
mlir::Attribute negated(mlir::Attribute condition);

/// Whether a condition is about this free dimension alone.
bool isAbout(mlir::Attribute condition, mlir::AffineExpr dimension);
/// Whether it holds where every free dimension has this size.
bool holds(mlir::Attribute condition, int64_t size);

} // namespace cnn::condition

#endif
