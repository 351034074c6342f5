//===- plan.h - Which kernel runs when, on which memory ------------------------------------------------===//
//
// The result of grouping as plain data (no MLIR, no Halide): what the driver's code is emitted from, and what
// `summary` and `--emit=schedule` print. A function runs its phases one after the other; a phase's chunks are
// independent of each other and may run on any thread; a chunk runs its calls in order.
//
// A batch is cut into blocks of `lanes` images (training) or one image (inference).
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_GROUPS_PLAN_H
#define CNN_COMPILER_DIALECT_TO_GROUPS_PLAN_H

#include "groups_to_halide/kernel.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cnn {

/// The memory that an address counts from: fields of cnn_run (runtime/abi/include/cnn/abi.h).
enum class Base { arena, parameters, gradients, prepared, results, input, output };

/// base + constant + perBlocks * (number of blocks) + perBlock * (this block), all in bytes.
struct Address {
  Base base = Base::arena;
  int index = 0; ///< which input or output
  int64_t constant = 0;
  int64_t perBlocks = 0;
  int64_t perBlock = 0;
};

/// What a kernel's scalar argument is, computed by the driver.
/// images: valid images in this block. inverseCount: 1 / (batch * pixels). firstImage: block * lanes.
enum class ScalarSource {
  images,
  blocks,
  batch,
  inverseBatch,
  inverseCount,
  seedLow,
  seedHigh,
  step,
  firstImage
};

struct ScalarArgument {
  ScalarSource source;
  int64_t pixels = 1; ///< for inverseCount
};

/// What a call on a part of its range reads of one input: `planes` runs of whole rows, `planeBytes` apart.
/// For rows [min, min + extent) of the range these are rows [min * perRow - before, (min + extent - 1) *
/// perRow - before + window), as far as they lie in [firstRow, firstRow + rows).
struct InputPart {
  int64_t planes = 1, planeBytes = 0, rowBytes = 0;
  int64_t firstRow = 0, rows = 0;
  int64_t perRow = 0, before = 0, window = 0;
};

struct Call {
  size_t kernel = 0; ///< index into NetworkPlan::kernels
  std::vector<Address> inputs;
  /// Empty, or one for each input: what to fetch at once before the call, because another core may have
  /// written it.
  std::vector<std::optional<InputPart>> parts;
  std::vector<ScalarArgument> scalars; ///< in the kernel's order; without the range's two
  std::vector<Address> outputs;
  std::string source; ///< path of the layer, for profile: conv1
};

/// Chunks of one kind. perBlock: one chunk for each block of the batch; the calls run for that block, on
/// their whole range. Otherwise: chunks of `rangeChunk` over [0, rangeExtent) of the one call's range, all
/// blocks at once (rangeExtent 0: a single chunk without range). With both perBlock and rangeExtent, each
/// block's calls are cut into ranges too.
struct ChunkFamily {
  bool perBlock = true;
  int64_t rangeExtent = 0, rangeChunk = 0;
  std::vector<Call> calls;
};

struct Phase {
  std::vector<ChunkFamily> families;
};

/// An intermediate tensor in the arena.
struct LiveTensor {
  std::string source;    ///< path of the layer that makes it: conv1
  std::string operation; ///< relu, conv_backward_input
  int64_t bytes = 0;     ///< of one block
  bool perBlock = true;  ///< one for each block of the batch; else one in all
};

struct FunctionPlan {
  std::string name;                ///< predict, train, train.tail
  std::vector<std::string> frozen; ///< parameters that this variant of training leaves alone
  std::vector<int64_t>
      results;       ///< which of the network's results it gives: the loss or losses, then the metrics
  int64_t lanes = 1; ///< images a block
  int64_t arenaConstantBytes = 0; ///< the arena: constant bytes first, then perBlock bytes for each block
  int64_t arenaBlockBytes = 0;
  int64_t largestLiveBytes = 0;         ///< for one block: the lower bound of arenaBlockBytes
  std::vector<LiveTensor> fullestPhase; ///< what lies in the arena when most is in use, one for each place
  std::vector<Phase> phases;
  /// Parts of the gradients that no kernel writes, in floats: set to zero first.
  struct Span {
    int64_t begin, count;
  };
  std::vector<Span> zeroGradients;
};

struct TensorInfo {
  std::string name;
  kernel::Element element = kernel::Element::f32;
  std::vector<int64_t> shape; ///< -1: the batch
};

struct ParameterInfo {
  std::string name;
  std::vector<int64_t> shape;
  int64_t offset = 0; ///< in floats; each at a multiple of 16, trainable ones first
  bool trainable = true, statistic = false;
  bool trainingOnly = false; ///< predict does not read it
  int initialiser = 0;       ///< enum cnn_initialiser
  double a = 0, b = 0;
};

struct NetworkPlan {
  std::string name;   ///< LeNet
  std::string target; ///< Halide target string
  std::vector<TensorInfo> inputs, outputs, targets;
  std::vector<ParameterInfo> parameters;
  int64_t parameterFloats = 0, trainableFloats = 0, preparedBytes = 0;
  std::vector<kernel::Kernel> kernels; ///< each different kernel once
  FunctionPlan prepare, predict;
  std::vector<FunctionPlan> train; ///< @train and its variants; empty where the network does not train
  FunctionPlan evaluate;           ///< where the network trains: losses and metrics of each sample
  int64_t evaluationOutputs = 0;   ///< of evaluate: the network's outputs, then one value per sample each
  /// What a loss or metric is the sum of: two of evaluate's outputs, as in cnn_term.
  struct Term {
    int64_t measure, value, share;
    bool trainingOnly;
  };
  std::vector<Term> terms;

  bool trains() const { return !train.empty(); }
};

} // namespace cnn

#endif
