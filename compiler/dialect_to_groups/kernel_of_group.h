//===- kernel_of_group.h - A group as plain data for the kernel compiler -------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_GROUPS_KERNEL_OF_GROUP_H
#define CNN_COMPILER_DIALECT_TO_GROUPS_KERNEL_OF_GROUP_H

#include "dialect/dialect.h"
#include "groups_to_halide/kernel.h"

namespace cnn {

/// The tensor as a kernel sees it: one image or block, [C, H, W] for activations, 1-D data with height 1.
kernel::Tensor kernelTensor(mlir::Value value);

/// stride, padding, … as a kernel has them: two-dimensional.
std::vector<int64_t> windowAttribute(llvm::StringRef name, mlir::DenseI64ArrayAttr values);

/// The op with its attributes; `number` gives an operand's value number.
kernel::Op kernelOp(mlir::Operation* op, llvm::function_ref<int(mlir::Value)> number);

/// The kernel that computes a group of batch_lanes tensors. Inputs are the group's operands in order, outputs
/// its results in order; batch_norm_combine's running statistics follow as further outputs.
kernel::Kernel kernelOf(GroupOp group, llvm::StringRef target, bool exact);

/// The parameters that the group changes in place, in the order of its kernel's last outputs.
llvm::SmallVector<llvm::StringRef> changedInPlace(GroupOp group);

/// H W of the first operand, by which batch_norm's inverse_count is scaled.
int64_t pixelsOf(GroupOp group);

} // namespace cnn

#endif
