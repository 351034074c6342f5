//===- builder.h - A kernel's values as Halide expressions -------------------------------------------===//
//
// The builder binds a kernel's inputs, scalars and outputs to Halide parameters and keeps a table of values.
// An algorithm (algorithms/) turns one op's operands into its result; a template (schedules/) then arranges
// the loops around the kernel's outputs.
//
// A value is a function from physical coordinates, innermost first, to an expression:
//   batch_lanes    {lane, x, y, channel}, and {…, block} in kernels that reduce over blocks; lane = image
//   channel_lanes  {lane, x, y, channel block}
//   plain          its own dimensions, the last first; {…, image} where it holds one image a lane, {…, block}
//                  where it holds one part a block
// x and y count from 0 inside the picture; the halo is at negative coordinates and at width and above.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_BUILDER_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_BUILDER_H

#include "kernel.h"

#include <Halide.h>

#include <functional>
#include <optional>

namespace cnn::kernel {

using Coordinates = std::vector<Halide::Expr>;

struct Value {
  std::function<Halide::Expr(const Coordinates&)> at;
  Layout layout = Layout::plain;
  std::vector<int64_t> shape; ///< logical: [C, H, W], or a parameter's own
  Element element = Element::f32;
  int lanes = 1;
  int haloY = 0, haloX = 0; ///< how far outside the picture `at` may be called; zeros there

  int64_t channels() const { return shape[0]; }
  int64_t height() const { return shape[1]; }
  int64_t width() const { return shape[2]; }
};

class Builder {
public:
  /// Binds the inputs and scalars. Throws Halide::CompileError where the kernel is not well formed, as do all
  /// members and algorithms.
  Builder(const Kernel& kernel, const std::string& symbol);

  const Kernel& kernel;
  const std::string symbol;
  int lanes; ///< of the kernel's lane layouts; the target's vector width where it has none

  /// The dimensions of lane layouts.
  Halide::Var lane{"lane"}, x{"x"}, y{"y"}, c{"c"}, block{"block"};

  /// Names are prefixed with the symbol, so that no two kernels share one.
  Halide::Func func(const std::string& role) const { return Halide::Func(symbol + "_" + role); }
  /// From 0 to each extent.
  Halide::RDom rdom(const std::vector<Halide::Expr>& extents, const std::string& role) const;

  /// What sums are taken in: f64 where the kernel has wide sums, else f32.
  Halide::Type sumType() const;
  Halide::Expr widened(const Halide::Expr& term) const { return Halide::cast(sumType(), term); }
  Halide::Expr zeroSum() const { return Halide::Internal::make_zero(sumType()); }

  /// A scalar argument by name.
  Halide::Expr scalar(const std::string& name) const;
  bool hasScalar(const std::string& name) const { return scalars.count(name) != 0; }

  const Value& operand(const Op& op, size_t index) const;
  bool hasOperand(const Op& op, size_t index) const { return index < op.operands.size(); }

  /// `value` for reading up to so many pixels outside the picture, where it gives `outside`. Reads the halo
  /// in memory where it reaches and `outside` is zero; otherwise, and where `select` asks for it, clamps and
  /// selects.
  Value padded(const Value& value, int64_t top, int64_t left, int64_t bottom, int64_t right,
               const Halide::Expr& outside, bool select = false) const;

  /// A value in the form of `like`, with op's shape and element, that calls `at`.
  Value result(const Op& op, const Value& like, std::function<Halide::Expr(const Coordinates&)> at) const;

  /// The variables and the memory of one output: what a Func for it is defined over and bound to.
  std::vector<Halide::Var> outputVariables(size_t index) const;
  /// Fixes bounds, strides and alignment of output `index`, which is element `part` of the tuple `f`.
  void bindOutput(Halide::Func& f, size_t index, size_t part = 0) const;
  /// Loops of `f`, defined over outputVariables(index), run over the picture without its halo, and over the
  /// range.
  void boundLoops(Halide::Func& f, size_t index) const;

  /// The Funcs of the outputs in order; a tuple makes several of them. An algorithm that updates memory in
  /// place or has several results adds its own; otherwise build() makes one for each result.
  std::vector<Halide::Func> outputs;

  /// What a template needs from the anchor's algorithm, by role.
  std::map<std::string, Halide::Func> funcs;
  std::map<std::string, Halide::RDom> domains;

  /// A part of the output whose elements share a case of the anchor's algorithm: in the picture, every
  /// strideY-th row from y and every strideX-th column from x; of the channels, those from firstChannel on.
  struct Region {
    int64_t strideY = 1, strideX = 1, y = 0, x = 0;
    int64_t firstChannel = 0, channels = 0; ///< 0: all, or those of the range
  };
  /// Where the anchor sets regions, the (one) output is undefined at first and updated once for each region,
  /// over domains "region0", … {x in tile, channel in tile, x tile, channel tile, y} with the schedule's
  /// tiles x and channels (where order is 1, channel tile, then x tile). `at` of the anchor is called with
  /// `region` set, and with the coordinates within the region.
  std::vector<Region> regions;
  struct InRegion {
    size_t index;
    Halide::Expr x, y;
  };
  std::optional<InRegion> region;

  /// The output is written with its halo, whose values the anchor gives.
  bool writesHalo = false;

  /// Evaluates all ops and makes the outputs.
  void build();

  /// In calling order.
  std::vector<Halide::Argument> arguments() const;

  Halide::Expr rangeMin() const { return rangeMinParam; }
  Halide::Expr rangeExtent() const { return rangeExtentParam; }

private:
  void buildRegions();
  struct Dimension {
    int64_t min;
    Halide::Expr extent, stride;
  };
  /// Innermost first. perImage, perBlock: the tensor has one part an image or a block, as the last dimension.
  std::vector<Dimension> dimensions(const Tensor& tensor, bool perImage, bool perBlock) const;
  void bindInput(size_t index);

  std::vector<Value> values;
  std::vector<Halide::ImageParam> inputs;
  std::map<std::string, Halide::Param<void>> scalars;
  Halide::Param<int32_t> rangeMinParam, rangeExtentParam;
};

Halide::Type halideType(Element element);

/// Throws Halide::CompileError.
[[noreturn]] void fail(const std::string& message);

/// op.ints[name][index], or `otherwise` where the op does not say.
int64_t intOf(const Op& op, const std::string& name, size_t index, int64_t otherwise);
double floatOf(const Op& op, const std::string& name, double otherwise);

} // namespace cnn::kernel

#endif
