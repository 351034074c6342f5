//===- summary.h - What a network consists of, in numbers ---------------------------------------------===//
//
// Plain data (no MLIR): what `cnnc summary` prints and `cnnc draw` draws. All numbers are for one sample.
//
//===--------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_SUMMARY_SUMMARY_H
#define CNN_COMPILER_DIALECT_TO_SUMMARY_SUMMARY_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cnn {

struct ShapeDimension {
  std::string text;    ///< N, 64, H floordiv 2
  int64_t extent = -1; ///< -1: free
  bool operator==(const ShapeDimension&) const = default;
};
using Shape = std::vector<ShapeDimension>;

/// [N, 64, 56, 56]
std::string shapeText(const Shape& shape);

/// What is added up over a block or a network.
struct LayerCost {
  int64_t parameters = 0; ///< those of shared layers count where they are first read
  int64_t macs = 0;       ///< multiplications of weights: convolutions and linear layers
  int64_t parameterBytes = 0;
  int64_t resultBytes = 0; ///< of all results
  LayerCost& operator+=(const LayerCost& other);
};

/// An op of @predict. Values are numbered: the network's inputs first, then each layer's result.
struct Layer {
  std::string path, operation;
  std::vector<std::pair<std::string, std::string>>
      settings;               ///< kernel 3x3, stride 2, …; defaults are left out
  std::vector<size_t> inputs; ///< values, without parameters
  Shape shape;                ///< of the result
  LayerCost cost;
  std::string weightsOf; ///< the path of the earlier layer whose parameters it reads; empty for its own
};

struct NamedValue {
  std::string name;
  size_t value = 0;
  Shape shape;
};

/// Of the compiled code, in bytes. A batch is cut into blocks of `samples`.
struct ArenaSummary {
  int64_t samples = 1, blockBytes = 0, largestLiveBytes = 0, constantBytes = 0;
};

struct NetworkSummary {
  std::string name;
  std::vector<NamedValue> inputs, outputs;
  std::vector<Layer> layers; ///< in the order of the program
  LayerCost total;           ///< also of parameters that only training reads
  /// Names of free dimensions but the batch. They count as 1 in all numbers, and what only a plan knows is
  /// missing: preparedBytes, inference, training.
  std::vector<std::string> freeSizes;
  int64_t trainedParameters = 0;
  int64_t preparedBytes = 0; ///< parameters as inference's kernels read them
  ArenaSummary inference;
  /// By the functions of training, the first phase's first; empty where the file does not train the network.
  std::vector<std::pair<std::string, ArenaSummary>> training;
  /// What budgets of memory count: all but the parameters themselves, for one sample and for a batch of
  /// training.
  int64_t inferenceBytes = 0, trainingBytes = 0, trainingBatch = 0;
};

/// A layer, or a block of parts whose paths have a common beginning. It covers the layers [begin, end).
struct NetworkPart {
  std::string path;
  std::string label; ///< the path below its parent's
  size_t begin = 0, end = 0;
  std::vector<NetworkPart> parts; ///< empty for a layer
  bool isBlock() const { return !parts.empty(); }
};

/// The network as a tree by paths. A block is a run of consecutive layers, so that it can be drawn as one
/// node of an acyclic graph; a further application of a shared block is a block of its own.
NetworkPart partsOf(const NetworkSummary& network);

LayerCost costOf(const NetworkSummary& network, const NetworkPart& part);

/// {"version": 1, "networks": […]}; described in this folder's README.md.
std::string toJson(const std::vector<NetworkSummary>& networks);

/// 11,689,512
std::string grouped(int64_t number);

} // namespace cnn

#endif
