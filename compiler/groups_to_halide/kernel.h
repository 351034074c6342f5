//===- kernel.h - One fused group as plain data ------------------------------------------------------===//
//
// The border between MLIR and Halide: a `Kernel` says what one fused group computes, on which buffers, with
// which schedule. No MLIR and no Halide header is needed to read or build one. Equal kernels have equal
// hashes, share one object and one entry in the cache.
//
// Every kernel is serial code for one block of the batch (or for all blocks where it reduces over them); the
// driver decides which chunks run where.
//
// How a tensor lies in memory (`Layout`):
//   plain          dense row-major over `shape`: parameters, and the caller's inputs and outputs (one image,
//   or,
//                  beside a batch_lanes tensor, `lanes` consecutive images).
//   batch_lanes    [C][H + 2 haloY][W + 2 haloX][lanes]: `lanes` images side by side in a vector, for
//   training.
//                  No channel is ever padded. Lanes past the last image hold finite values; in gradients,
//                  zeros.
//   channel_lanes  [ceil(C / lanes)][H + 2 haloY][W + 2 haloX][lanes]: one image, `lanes` channels side by
//   side,
//                  for inference. Pad channels hold finite values; packed weights are zero there.
// A block of an activation takes blockElements() elements; blocks follow each other without a gap.
// The halo holds zeros when a consumer reads it; the producer's kernel does not write it, `fill_halo` does
// (`load` writes its own).
//
// Calling convention: int32_t symbol(cnn_worker*, halide_buffer_t* inputs..., scalars..., [int32 rangeMin,
// int32 rangeExtent,] halide_buffer_t* outputs...). Of a buffer only `host` is read: it points to the first
// element of the block in memory (halo included). Everything else is a constant or a scalar argument.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_KERNEL_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_KERNEL_H

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cnn::kernel {

enum class Element : uint8_t { f32, i32, u8, i64 };

enum class Layout : uint8_t { plain, batchLanes, channelLanes };

struct Tensor {
  Element element = Element::f32;
  Layout layout = Layout::plain;
  /// Activations: [C, H, W] of one image (1-D data has H = 1; features have H = W = 1). Parameters: their
  /// own.
  std::vector<int64_t> shape;
  int lanes = 1;
  int haloY = 0, haloX = 0;

  bool operator==(const Tensor&) const = default;
};

/// Elements from one block to the next, pads and halo included.
int64_t blockElements(const Tensor& tensor);

enum class ScalarType : uint8_t { i32, u32, f32 };

struct Scalar {
  std::string name; ///< images, blocks, inverse_batch, seed_low, seed_high, step, first_image, lr, …
  ScalarType type = ScalarType::i32;

  bool operator==(const Scalar&) const = default;
};

/// One operation. Values are numbered: the kernel's inputs first, then each op's result in order.
struct Op {
  std::string name;           ///< conv, relu, conv_backward_weight, …
  std::vector<int> operands;  ///< value numbers
  std::vector<int64_t> shape; ///< of the result: [C, H, W], or a parameter's own
  /// stride, padding [top, left, bottom, right], groups, …
  std::map<std::string, std::vector<int64_t>> ints = {};
  std::map<std::string, double> floats = {}; ///< negative_slope, eps, p, …
  Element element = Element::f32;

  bool operator==(const Op&) const = default;
};

/// Which template and which tiles: chosen by chooseSchedule, or by a person.
struct Schedule {
  std::string algorithm; ///< direct, winograd, depthwise, pointwise, rows, generic, …
  std::map<std::string, int64_t> tiles;

  bool operator==(const Schedule&) const = default;
};

/// The one dimension of the (first) output over which a call may do a part: [rangeMin, rangeMin +
/// rangeExtent). channel counts channels (batch_lanes, plain: dimension 0) or channel blocks (channel_lanes);
/// row counts y.
enum class Range : uint8_t { none, channel, row };

struct Kernel {
  std::string target; ///< a Halide target string: x86-64-linux-avx512_skylake…
  std::vector<Tensor> inputs;
  std::vector<Scalar> scalars; ///< in calling order; ops find theirs by name
  std::vector<Op> ops;
  std::vector<int> results;    ///< value numbers that are stored
  std::vector<Tensor> outputs; ///< their form in memory, in the same order
  Range range = Range::none;
  int64_t rangeGranule = 1; ///< rangeMin and every rangeExtent but the last are multiples of it
  Schedule schedule;
  bool exact = false; ///< inference: in the written order (strict_float), no Winograd; training: sums in f64
  bool checked = false; ///< build with Halide's assertions, for tests

  bool operator==(const Kernel&) const = default;
};

/// A stable text of everything in the kernel: the cache's key, the hash's input, and what --emit=schedule
/// shows.
std::string print(const Kernel& kernel);

/// k_ and 16 hex digits of a 64-bit hash (xxHash64) of print(kernel): the symbol of its code.
std::string symbolOf(const Kernel& kernel);

} // namespace cnn::kernel

#endif
