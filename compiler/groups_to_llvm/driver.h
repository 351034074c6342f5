//===- driver.h - The code that calls a network's kernels in order -------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_DRIVER_H
#define CNN_COMPILER_GROUPS_TO_LLVM_DRIVER_H

#include "groups_to_llvm/library_plan.h"
#include "groups_to_llvm/object_module.h"

namespace cnn {

/// For `profile`: each call adds the processor's ticks that it took to cnn_profile_ticks[number], an array
/// outside of the library, numbered in the plan's order. Right on one thread only.
inline constexpr const char* profileTicks = "cnn_profile_ticks";

/// int32_t name(const cnn_run*): runs the plan's phases one after the other through run->parallel_for. `name`
/// is internal; its phases are `name`.0, `name`.1, … With `timed` the calls are measured.
void emitFunction(ObjectModule& object, llvm::StringRef name, const FunctionPlan& function,
                  const NetworkPlan& network, const std::vector<KernelFacts>& facts, bool timed = false);

/// cnn_phase.update: calls the optimizer's kernel.
void emitUpdate(ObjectModule& object, llvm::StringRef name, const kernel::Kernel& kernel,
                const KernelFacts& facts);

/// The most scratch that one call in the function takes.
uint64_t scratchBytesOf(const FunctionPlan& function, const std::vector<KernelFacts>& facts);

} // namespace cnn

#endif
