//===- shapes.h - Result types that many ops share -----------------------------------------------------===//
//
// What the definitions in cnn_ops.td call.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_SHAPES_H
#define CNN_COMPILER_DIALECT_SHAPES_H

#include "mlir/IR/TypeRange.h"
#include "mlir/IR/ValueRange.h"

#include <optional>

namespace cnn {

/// The first operand's type.
llvm::LogicalResult inferSame(std::optional<mlir::Location> where, mlir::ValueRange operands,
                              llvm::SmallVectorImpl<mlir::Type>& types);
/// The shape to which all operands broadcast; an error where there is none, or the elements differ.
llvm::LogicalResult inferBroadcast(std::optional<mlir::Location> where, mlir::ValueRange operands,
                                   llvm::SmallVectorImpl<mlir::Type>& types);

/// Whether types are the inferred ones but for the layout that a pass gave them.
bool sameButLayout(mlir::TypeRange inferred, mlir::TypeRange actual);

} // namespace cnn

#endif
