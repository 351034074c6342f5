//===- library_plan.h - All that a generated library is emitted from -----------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_LIBRARY_PLAN_H
#define CNN_COMPILER_GROUPS_TO_LLVM_LIBRARY_PLAN_H

#include "dialect_to_groups/plan.h"
#include "groups_to_halide/compile.h"
#include "groups_to_llvm/training_settings.h"

#include "mlir/IR/Attributes.h"

namespace cnn {

struct LibraryPlan {
  std::string name;          ///< of the library: lenet
  NetworkPlan network;       ///< its kernels include the optimizers', see addPhases
  TrainingSettings training; ///< where the network trains
  /// For each phase of training: its function in network.train, its optimizer's kernel in network.kernels.
  struct PhaseCode {
    size_t function = 0, updateKernel = 0;
  };
  std::vector<PhaseCode> phases;
  std::vector<std::string> labels; ///< class names, or none
  size_t probes = 0;               ///< so many of the last outputs are probes
  /// What the network asserts of its batch: an attribute of dialect/conditions.h about one free dimension.
  struct Assertion {
    std::string text;
    mlir::Attribute test;
    bool training = false; ///< in training only
  };
  std::vector<Assertion> assertions;
  std::vector<TrainingSettings::Augment> preprocess; ///< of the network's inputs
  std::string precision = "f32";
  uint64_t sourceHash = 0;
  std::string meaning, trainingMeaning; ///< see cnn_description and cnn_training
  std::vector<float> weights;           ///< compiled in: the masters, see ParameterInfo::offset; or none
  bool timed = false;                   ///< the calls of predict and train count their time, see profileTicks
};

/// Symbol and scratch of each kernel of the network, in the plan's order.
struct KernelFacts {
  std::string symbol;
  uint64_t scratchBytes = 0;
};

/// Finds each phase's function, and appends to the plan's kernels those that make one optimizer step on
/// consecutive floats, each different one once.
void addPhases(LibraryPlan& plan);

/// The whole extent of the dimension over which a kernel with a range may do a part.
int64_t wholeRange(const kernel::Kernel& kernel);

/// The largest batch for which no offset leaves 31 bits within a kernel, or 63 bits in an arena.
int64_t largestBatch(const NetworkPlan& plan);

} // namespace cnn

#endif
