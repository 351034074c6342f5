//===- plan_function.h - The phases, calls and memory of one function ----------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_GROUPS_PLAN_FUNCTION_H
#define CNN_COMPILER_DIALECT_TO_GROUPS_PLAN_FUNCTION_H

#include "dialect_to_groups/plan_network.h"

namespace cnn {

/// Fills plan.predict, plan.prepare and plan.preparedBytes.
mlir::LogicalResult planInference(FunctionOp predict, const NetworkPlanOptions& options, NetworkPlan& plan);

/// Fills `function`, one of plan.train or plan.evaluate.
mlir::LogicalResult planTraining(FunctionOp train, const NetworkPlanOptions& options, NetworkPlan& plan,
                                 FunctionPlan& function);

} // namespace cnn

#endif
