//===- inference_group.h - A group of @predict: packed weights and the kernel that reads them ----------===//
#ifndef CNN_COMPILER_DIALECT_TO_GROUPS_INFERENCE_GROUP_H
#define CNN_COMPILER_DIALECT_TO_GROUPS_INFERENCE_GROUP_H

#include "dialect/dialect.h"
#include "groups_to_halide/kernel.h"
#include "groups_to_halide/schedules/inference_plan.h"

namespace cnn {

/// Transposed or not.
bool isConvolution(mlir::Operation* op);

/// The template for a convolution of @predict, with the pooling that can run in its store.
kernel::InferencePlan planOf(mlir::Operation* convolution, const kernel::PlanOptions& options);

/// The pooling behind a convolution that its kernel can do: without padding or overlap, and reached through
/// ops that nothing else reads. Null where there is none.
mlir::Operation* fusablePool(mlir::Operation* convolution);

/// Whether the op may run in the store of a convolution's or linear layer's kernel although it is not
/// pointwise: batch norm (folded into the weights) and poolings.
bool isAbsorbed(mlir::Operation* op, mlir::Operation* anchor);

/// The tensor behind reshapes that move nothing.
mlir::Value aliasRoot(mlir::Value value);

struct InferenceGroup {
  kernel::Kernel compute;
  /// For each input of `compute` the group's operand; -1: the packed weights, -2: the packed bias.
  llvm::SmallVector<int> computeInputs;
  bool packs = false;
  kernel::Kernel pack;
  llvm::SmallVector<int> packInputs; ///< operands of the group
  double flops = 0;                  ///< multiplications and additions of the anchor
};

InferenceGroup inferenceGroup(GroupOp group, const kernel::PlanOptions& options);

} // namespace cnn

#endif
