//===- function_planner.h - What planning inference and training share ---------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_GROUPS_FUNCTION_PLANNER_H
#define CNN_COMPILER_DIALECT_TO_GROUPS_FUNCTION_PLANNER_H

#include "dialect_to_groups/arena.h"
#include "dialect_to_groups/plan_function.h"

#include "llvm/ADT/DenseMap.h"

namespace cnn {

/// Where every value of a function lies. Groups are added in order with the phase in which they run; after
/// planMemory every value has its address.
class FunctionPlanner {
public:
  FunctionPlanner(FunctionOp function, NetworkPlan& network, FunctionPlan& plan, int64_t lanes);

  /// `inChain`: the group works block by block in its phase's one chain.
  void addGroup(GroupOp group, int64_t phase, bool inChain);
  void planMemory();

  Address addressOf(mlir::Value value) const;
  Address parameter(llvm::StringRef name) const;
  /// The number of an equal kernel, or of this one, now added.
  size_t kernelNumber(kernel::Kernel kernel);
  /// The call that clears the halo of a group's result, if it has one that its kernel does not write.
  std::optional<Call> haloCall(mlir::Value value);
  static std::string pathOf(mlir::Operation* op);

private:
  Address externalPlace(mlir::Value value, bool& external) const;

  FunctionOp function;
  NetworkPlan& network;
  FunctionPlan& plan;
  int64_t lanes;
  llvm::StringMap<int64_t> parameterOffsets;
  llvm::StringMap<size_t> kernelNumbers;
  std::vector<ArenaItem> items;
  std::vector<mlir::Operation*> makers; ///< of each item, the op whose result it is
  llvm::DenseMap<mlir::Value, size_t> itemOf;
  int64_t groupCount = 0;
};

/// Bytes of a value for one block of the batch.
int64_t bytesOf(mlir::Value value, int64_t lanes);

} // namespace cnn

#endif
