//===- print_plan.h - A plan as text -------------------------------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_PRINT_PLAN_H
#define CNN_COMPILER_TOOLS_PRINT_PLAN_H

#include "groups_to_llvm/library_plan.h"

namespace cnn::tools {

/// What `--emit=schedule` shows: memory, then each function's phases and calls, then each kernel.
std::string printPlan(const LibraryPlan& plan);

} // namespace cnn::tools

#endif
