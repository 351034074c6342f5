//===- registry.h - Operations and templates by name -------------------------------------------------===//
//
// Adding an operation: a function in its family's file in algorithms/, and an entry in that family's list.
// Adding a template: a function in schedules/, and an entry in templates() in registry.cpp.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_REGISTRY_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_REGISTRY_H

#include "builder.h"

#include <span>
#include <string_view>

namespace cnn::kernel {

struct Operation {
  std::string_view name;
  /// The result's value; Funcs that the template must schedule go to Builder::funcs and ::domains.
  Value (*build)(Builder& builder, const Op& op);
  /// For anchors: the template and tiles. Null: the op is computed where its result is used.
  Schedule (*choose)(const Kernel& kernel, const Op& op) = nullptr;
  /// Bit i: a plain operand i holds one part for each image, or for each block in kernels with a scalar
  /// `blocks`.
  unsigned partedOperands = 0;
};

/// Arranges the loops of builder.outputs and builder.funcs.
struct Template {
  std::string_view name;
  void (*apply)(Builder& builder);
};

const Operation* findOperation(std::string_view name);
/// Kernels of inference, without a batch, prefer an operation's form image_X to X.
const Operation* findOperation(const Kernel& kernel, const Op& op);
bool isSingleImage(const Kernel& kernel);
/// Exact kernels of training take their sums in f64, and round them once. They cannot have strict_float as
/// those of inference: with it, Halide 21 updates the elements of a tuple one after the other, and later ones
/// read the new values of earlier ones.
bool hasWideSums(const Kernel& kernel);
const Template* findTemplate(std::string_view name);

/// The op whose loops the kernel's template arranges, or null.
const Op* findAnchor(const Kernel& kernel);

// The families, one a file in algorithms/.
std::span<const Operation> convolutionOperations();
std::span<const Operation> convolutionBackwardOperations();
std::span<const Operation> elementwiseOperations();
std::span<const Operation> dataMovementOperations();
std::span<const Operation> poolingOperations();
std::span<const Operation> reductionOperations();
std::span<const Operation> batchNormOperations();
std::span<const Operation> layerNormOperations();
std::span<const Operation> lossOperations();
std::span<const Operation> dropoutOperations();
std::span<const Operation> optimizerOperations();
std::span<const Operation> packOperations();
std::span<const Operation> batchWinogradOperations();
std::span<const Operation> channelConvolutionOperations();
std::span<const Operation> channelWinogradOperations();
std::span<const Operation> channelLayoutOperations();

} // namespace cnn::kernel

#endif
