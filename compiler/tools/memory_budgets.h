//===- memory_budgets.h - Whether networks keep their budgets of memory --------------------------===//
#ifndef CNN_COMPILER_TOOLS_MEMORY_BUDGETS_H
#define CNN_COMPILER_TOOLS_MEMORY_BUDGETS_H

#include "frontend.h"

namespace cnn::tools {

/// Plans the networks that have budgets of memory, and reports those that need more. A budget for another
/// machine than the target's is left out, or with options.everyMachine checked for that machine. False where
/// a network cannot be planned, which has been printed.
bool checkMemoryBudgets(Frontend& frontend, const CompileOptions& options,
                        const ElaborationOptions& elaboration, const Elaboration& elaborated);

} // namespace cnn::tools

#endif
