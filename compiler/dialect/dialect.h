//===- dialect.h - The cnn dialect ---------------------------------------------------------------------===//
//
// Types, attributes, interfaces and ops; see cnn_ops.td for what each op means.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_DIALECT_H
#define CNN_COMPILER_DIALECT_DIALECT_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace cnn::reference {
class Frame;
}

#include "cnn_dialect.h.inc"
#include "cnn_enums.h.inc"
#include "cnn_interfaces.h.inc"
#define GET_ATTRDEF_CLASSES
#include "cnn_attributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "cnn_types.h.inc"
#define GET_OP_CLASSES
#include "cnn_ops.h.inc"

namespace cnn {

/// The free dimension of this name, the same expression wherever it is asked for.
mlir::AffineExpr freeDimension(mlir::MLIRContext* context, llvm::StringRef name);

/// `N`, `H floordiv 2`, `28`.
std::string dimensionText(mlir::MLIRContext* context, mlir::AffineExpr dimension);

/// Result extent of a window that slides over n elements: floor((n + before + after - dilation (kernel - 1) -
/// 1) / stride) + 1. With ceilMode the last window may hang over the end as long as it starts inside the
/// picture or its left pad (PyTorch's rule; fixed n only). Null where no window fits.
mlir::AffineExpr windowExtent(mlir::AffineExpr n, int64_t kernel, int64_t stride, int64_t before,
                              int64_t after, int64_t dilation, bool ceilMode = false);

/// The shape to which both broadcast by NumPy's rules, or failure.
mlir::FailureOr<llvm::SmallVector<mlir::AffineExpr>> broadcastShapes(llvm::ArrayRef<mlir::AffineExpr> a,
                                                                     llvm::ArrayRef<mlir::AffineExpr> b);

/// PyTorch's padding order of a window op: `padding` is [lows..., highs...] over the spatial dimensions.
inline int64_t paddingLow(llvm::ArrayRef<int64_t> padding, unsigned i) {
  return padding[i];
}
inline int64_t paddingHigh(llvm::ArrayRef<int64_t> padding, unsigned i) {
  return padding[padding.size() / 2 + i];
}

/// The op's name without the dialect: conv, relu_backward.
llvm::StringRef mnemonic(mlir::Operation* op);

} // namespace cnn

#endif
