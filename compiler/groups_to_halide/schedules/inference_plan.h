//===- inference_plan.h - How one image passes through a layer with weights --------------------------===//
//
// Inference computes with packed weights: a `prepare` kernel folds batch norm into the weights and lays them
// out in the order in which the compute kernel reads them. A plan names both operations and the shapes
// between them, so that the compiler's middle can give the packed parameters a place. No Halide header is
// needed here.
//
// The operations of a plan:
//   pack          w[, gamma, variance] -> packed weights
//   pack_bias     [b][, gamma, beta, mean, variance] -> packed bias, [blocks * lanes], zeros in the pads
//   compute       x, packed weights, packed bias -> y
// All three carry the plan's `ints`, and `eps` where batch norm is folded.
//
// y is in channel_lanes, except that rows_conv gives a plain tensor. x may be plain or channel_lanes, with
// any halo: where the halo is smaller than the padding, the kernel pads a copy of the rows that it needs.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_INFERENCE_PLAN_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_INFERENCE_PLAN_H

#include "kernel.h"

namespace cnn::kernel {

/// A convolution of [channels, height, width]; padding is [top, left, bottom, right].
struct ConvShape {
  int64_t channels = 1, height = 1, width = 1;
  int64_t outChannels = 1, kernelY = 1, kernelX = 1;
  std::array<int64_t, 2> stride{1, 1};
  std::array<int64_t, 4> padding{0, 0, 0, 0};
  std::array<int64_t, 2> dilation{1, 1};
  int64_t groups = 1;

  int64_t outHeight() const;
  int64_t outWidth() const;
};

/// What a person has chosen for a convolution.
struct ConvChoice {
  bool direct = false;  ///< no Winograd
  int64_t winograd = 0; ///< outputs a side of its tiles, which must be possible; 0: not chosen
  /// Of the direct convolution: vectors of output channels, columns and rows of the result (before a pooling)
  /// whose sums are in registers at once; 0: not chosen.
  std::array<int64_t, 3> tile{0, 0, 0};
};

/// The side of the largest pooling window that a convolution's store takes: the taps of larger ones are no
/// registers but a loop, over what lies in memory.
constexpr int64_t largestFusedWindow = 5;

struct PlanOptions {
  std::string target;
  bool exact = false; ///< no Winograd
  /// A pooling that runs in the same kernel, over the convolution's result: {size, stride}; {1, 1} for none.
  /// Only poolings without padding whose windows do not overlap are worth it, up to largestFusedWindow.
  std::array<int64_t, 2> pool{1, 1};
  ConvChoice choice = {};
};

struct InferencePlan {
  std::string pack;    ///< pack_direct, pack_winograd, pack_depthwise, pack_rows, pack_linear
  std::string compute; ///< conv_direct, conv_winograd, conv_depthwise, conv_rows, conv_transpose_phases,
                       ///< linear_packed
  std::vector<int64_t> packedWeights, packedBias; ///< shapes of plain f32 tensors
  std::map<std::string, std::vector<int64_t>> ints;
  std::map<std::string, int64_t>
      tiles; ///< chosen by a person: in place of those of the compute op's schedule
  Layout outputLayout = Layout::channelLanes;
  int lanes = 1; ///< of the output
  /// What a kernel with this op as its anchor may be split over, and by how much at least.
  Range range = Range::none;
  int64_t rangeGranule = 1;
};

/// The template for a convolution: see the cost model in inference_plan.cpp.
InferencePlan planConv(const ConvShape& shape, const PlanOptions& options);

/// The template for a transposed convolution of `shape`'s input, whose result has this height and width.
/// `shape` is that of the layer: its stride and padding are those of the convolution that is turned around.
InferencePlan planConvTranspose(const ConvShape& shape, int64_t outHeight, int64_t outWidth,
                                const PlanOptions& options);

/// What weights that are packed block by block, as pack_direct does, hold of a layer's groups: groups of
/// whole blocks are computed apart; others become one convolution with zeros between the groups.
struct PackedGroups {
  int64_t blocks;   ///< output blocks of what is computed apart
  int64_t channels; ///< input channels that meet an output
};
PackedGroups packedGroups(const ConvShape& shape, int64_t lanes);

/// The shape of pack_direct's weights: [block / vectors][input block][ky][kx][input lane][vector][lane].
std::vector<int64_t> packedDirectWeights(const ConvShape& shape, int64_t inLanes, int64_t vectors,
                                         int64_t lanes);

/// A linear layer on all elements of `input`, whose logical order is C, H, W whatever its layout.
InferencePlan planLinear(const Tensor& input, int64_t outFeatures, const PlanOptions& options);

/// What a layer's raw parameters are: present or not.
struct RawParameters {
  std::vector<int64_t> weights; ///< [O, I/groups, kh, kw] or [O, F]; transposed [I, O/groups, kh, kw]
  bool bias = false;
  bool batchNorm = false; ///< gamma, beta, running mean, running variance, each [O]
  double eps = 1e-5;
  bool transposed = false;
};

/// The kernel that makes the packed weights and the packed bias (its outputs 0 and 1). Inputs in order: w,
/// then b where there is one, then gamma, beta, mean, variance where there are.
Kernel packKernel(const InferencePlan& plan, const RawParameters& raw, const std::string& target);

/// Appends the plan's compute op to `kernel` and returns its value number. x, weights and bias are value
/// numbers; `shape` is the result's [C, H, W].
int appendCompute(Kernel& kernel, const InferencePlan& plan, int x, int weights, int bias,
                  const std::vector<int64_t>& shape);

} // namespace cnn::kernel

#endif
