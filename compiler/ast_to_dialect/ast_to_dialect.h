/// Syntax tree to the cnn dialect.
#pragma once

#include "ast_to_dialect/program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cnn {

class Observations;

struct ElaborationOptions {
  /// `--set name=value`, the value in the language: parameters of the networks that have one of this name, or
  /// free dimensions of their inputs.
  std::vector<std::pair<std::string, std::string>> settings;
  /// Build this network only; all whose parameters have values when empty.
  std::string network;
  /// Free dimensions but the batch are errors: the networks are to be compiled.
  bool fixedSizes = false;
  /// Whether the networks may be trained: otherwise what augment makes of pictures need not fit the inputs.
  bool trains = true;
  /// Paths or patterns of the probes that become outputs of @predict.
  std::vector<std::string> probes = {};
  /// Filled with what each name refers to and what each expression was found to be. May be null.
  NameIndex* names = nullptr;
  Observations* observations = nullptr;
  /// The machine (names.h) that is compiled for: its kernels sections are obeyed. Empty: only those for all
  /// machines.
  std::string machine = {};
  /// Of evaluation, at most: a value computed, an element of a list made. A second or two.
  uint64_t maxSteps = 4'000'000;
};

/// A limit of memory, which takes the whole compiler's plan to check.
struct MemoryBudget {
  std::string network, setting; ///< inference_memory or training_memory
  int64_t bytes = 0;
  std::string machine; ///< empty: all
  Span span;           ///< of the limit
};

struct Elaboration {
  /// One cnn.network for each network that was built; null after an error.
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Networks left out because a parameter has no value: "ResNet: unit, depths".
  std::vector<std::string> skipped;
  std::vector<MemoryBudget> budgets;
  /// By network and path of each part: where it is applied.
  std::map<std::pair<std::string, std::string>, Span> places;
};

/// Builds the networks of the program's main file. All errors are reported; after one there is no module.
Elaboration elaborate(const Program& program, mlir::MLIRContext& context, const ElaborationOptions& options,
                      DiagnosticEngine& diagnostics);

} // namespace cnn
