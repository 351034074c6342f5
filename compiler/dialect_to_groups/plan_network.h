//===- plan_network.h - From a network in the dialect to a plan ----------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_GROUPS_PLAN_NETWORK_H
#define CNN_COMPILER_DIALECT_TO_GROUPS_PLAN_NETWORK_H

#include "dialect/dialect.h"
#include "dialect_to_groups/plan.h"

#include "mlir/Pass/PassManager.h"

namespace cnn {

struct NetworkPlanOptions {
  std::string target; ///< a Halide target string
  bool exact = false; ///< inference: FMA in the written order, no Winograd; training: sums in f64
};

/// Adds the passes that a network goes through from the front end's form to groups.
void addGroupPasses(mlir::OpPassManager& passes, const NetworkPlanOptions& options);

/// The plan of a network that has gone through addGroupPasses. Errors are reported at their op.
mlir::LogicalResult planNetwork(NetworkOp network, const NetworkPlanOptions& options, NetworkPlan& plan);

} // namespace cnn

#endif
