//===- assertions.h - Code that checks what a network asserts of its batch ----------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_ASSERTIONS_H
#define CNN_COMPILER_GROUPS_TO_LLVM_ASSERTIONS_H

#include "groups_to_llvm/library_plan.h"
#include "groups_to_llvm/object_module.h"

namespace cnn {

/// int32_t symbol(int64_t batch, int32_t training): see cnn_description.failed_assertion.
void emitAssertions(ObjectModule& object, llvm::StringRef symbol,
                    const std::vector<LibraryPlan::Assertion>& assertions);

} // namespace cnn

#endif
