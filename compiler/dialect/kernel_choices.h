//===- kernel_choices.h - What a kernels section may say about a convolution ---------------------===//
#ifndef CNN_DIALECT_KERNEL_CHOICES_H
#define CNN_DIALECT_KERNEL_CHOICES_H

#include "dialect/dialect.h"

namespace cnn {

/// On a convolution and on its gradient by the input: a ScheduleAttr, absent where the compiler chooses.
///   <"direct", {}>   <"direct", {tile = array<i64: vectors, columns, rows>}>   <"winograd", {outputs = m}>
inline constexpr llvm::StringLiteral scheduleAttribute = "cnn.schedule";

struct KernelChoice {
  bool direct = false;
  int64_t winogradOutputs = 0;        ///< more than 0: Winograd with tiles of so many outputs
  llvm::SmallVector<int64_t, 3> tile; ///< of the direct convolution; may be empty
};

ScheduleAttr scheduleOf(mlir::MLIRContext* context, const KernelChoice& choice);

/// The choice on an op; nothing is chosen where it has none.
KernelChoice choiceOf(mlir::Operation* op);

/// For which numbers of outputs a side of a tile Winograd's algorithm exists for the convolution, the best
/// first.
llvm::SmallVector<int64_t> winogradSizes(ConvOp conv);

/// What about the convolution rules Winograd out: "its stride is 2".
std::string whyNoWinograd(ConvOp conv);

/// An error at the op where its schedule is none that there is for it.
mlir::LogicalResult verifyChoice(ConvOp conv);

} // namespace cnn

#endif
