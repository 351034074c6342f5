//===- inference_plan.cpp - Which algorithm, which tiles ---------------------------------------------===//

#include "inference_plan.h"

#include "channel_tiles.h"
#include "compile.h"

#include <algorithm>
#include <numeric>

namespace cnn::kernel {

namespace {

int64_t ceilDivide(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

int64_t outExtent(int64_t in, int64_t before, int64_t after, int64_t kernel, int64_t stride,
                  int64_t dilation) {
  return (in + before + after - (kernel - 1) * dilation - 1) / stride + 1;
}

/// What a core does in a second, for weighing algorithms against each other: FMAs on vectors, and bytes of
/// weights, which no cache keeps from one image to the next unless they are small. Measured on Zen 4; only
/// ratios matter.
constexpr double vectorFmas = 3.6e9;

double weightSeconds(double weights) {
  double bytes = weights * 4;
  return bytes / (bytes < 1.5e6 ? 60e9 : 25e9);
}

double directSeconds(const ConvShape& s, int lanes) {
  double outs = double(s.outHeight() * s.outWidth()) * double(ceilDivide(s.outChannels, lanes));
  double weights = double(s.channels / s.groups) * double(s.outChannels * s.kernelY * s.kernelX);
  return outs * double(s.channels / s.groups * s.kernelY * s.kernelX) / vectorFmas + weightSeconds(weights);
}

/// Products, transforms (operations counted in the transforms of channel_winograd.cpp) and weights.
double winogradSeconds(const ConvShape& s, int lanes, int64_t m) {
  double n = double(m + 2);
  double tiles = double(ceilDivide(s.outHeight(), m) * ceilDivide(s.outWidth(), m));
  double inBlocks = double(ceilDivide(s.channels, lanes)),
         outBlocks = double(ceilDivide(s.outChannels, lanes));
  double products = n * n * double(s.channels) * outBlocks;
  double transforms =
      inBlocks * n * (n + double(m)) * (n - 1) + outBlocks * double(m) * (n + double(m)) * (n - 1);
  return tiles * (products + 1.5 * transforms) / vectorFmas +
         weightSeconds(n * n * double(s.channels * s.outChannels));
}

/// 4 or 2 where F(4x4, 3x3) or F(2x2, 3x3) wins or is chosen, otherwise 0.
int64_t winogradOutputs(const ConvShape& s, const PlanOptions& options, int lanes) {
  if (options.choice.direct || options.exact) return 0;
  if (options.choice.winograd) return s.kernelY == 3 ? options.choice.winograd : 0;
  bool possible = s.kernelY == 3 && s.kernelX == 3 && s.groups == 1 &&
                  s.stride == std::array<int64_t, 2>{1, 1} && s.dilation == std::array<int64_t, 2>{1, 1} &&
                  options.pool[0] == 1 && s.channels >= lanes / 2;
  if (!possible) return 0;
  double best = directSeconds(s, lanes);
  int64_t chosen = 0;
  for (int64_t m : {4, 2}) {
    if (m % options.pool[0] != 0) continue; // pooled windows lie within one tile
    double seconds = winogradSeconds(s, lanes, m);
    if (seconds < best) best = seconds, chosen = m;
  }
  return chosen;
}

/// The largest divisor of `number` that is at most `most`.
int64_t largestDivisor(int64_t number, int64_t most) {
  while (number % most != 0) --most;
  return most;
}

/// Input channels in the innermost loop: all lanes of a block, or a part of them where the last block would
/// be mostly pads (24 channels are three times 8).
int64_t inputLanes(int64_t channels, int64_t lanes) {
  if (channels <= lanes) return channels;
  int64_t part = lanes;
  while (part > 4 && ceilDivide(channels, part / 2) * part / 2 < ceilDivide(channels, part) * part) part /= 2;
  return part;
}

/// Rows of tiles that one block of a Winograd convolution transforms together.
int64_t winogradBlockRows(int64_t channels, int64_t outChannels, int64_t outHeight, int64_t outWidth,
                          int64_t m, int64_t n) {
  int64_t rows = ceilDivide(outHeight, m), columns = ceilDivide(outWidth, m);
  // Transformed weights that stay in L2 may be read again for every row of tiles; others stream once for as
  // many rows as keep the transformed picture in L2.
  constexpr int64_t l2 = 1024 * 1024;
  int64_t weightBytes = channels * outChannels * n * n * 4, rowBytes = channels * n * n * columns * 4;
  if (weightBytes <= l2 * 5 / 8 && columns >= 8) return 1;
  int64_t fit = std::clamp<int64_t>(l2 / rowBytes, 1, rows);
  return ceilDivide(rows, ceilDivide(rows, fit));
}

void addGeometry(InferencePlan& plan, const ConvShape& s) {
  plan.ints["stride"] = {s.stride[0], s.stride[1]};
  plan.ints["padding"] = {s.padding.begin(), s.padding.end()};
  plan.ints["dilation"] = {s.dilation[0], s.dilation[1]};
  plan.ints["groups"] = {s.groups};
  plan.ints["kernel"] = {s.kernelY, s.kernelX};
}

InferencePlan planRows(const ConvShape& s, int lanes) {
  InferencePlan plan;
  plan.pack = "pack_rows", plan.compute = "conv_rows";
  plan.packedWeights = {s.outChannels, s.channels / s.groups, s.kernelY, s.kernelX};
  plan.packedBias = {s.outChannels};
  plan.outputLayout = Layout::plain;
  plan.ints["lanes"] = {lanes};
  addGeometry(plan, s);
  return plan;
}

/// The chosen columns and rows of registers, in pixels of the kernel's result.
void addTile(InferencePlan& plan, const PlanOptions& options) {
  auto [vectors, columns, rows] = options.choice.tile;
  if (columns) plan.tiles["x"] = std::max<int64_t>(1, columns / options.pool[1]);
  if (rows) plan.tiles["y"] = std::max<int64_t>(1, rows / options.pool[1]);
}

InferencePlan planDepthwise(const ConvShape& s, const PlanOptions& options, int lanes) {
  InferencePlan plan;
  int64_t blocks = ceilDivide(s.channels, lanes);
  plan.pack = "pack_depthwise", plan.compute = "conv_depthwise";
  plan.packedWeights = {blocks, s.kernelY, s.kernelX, lanes};
  plan.packedBias = {blocks * lanes};
  plan.lanes = lanes;
  plan.ints["lanes"] = {lanes};
  addGeometry(plan, s);
  plan.range = blocks >= 4 ? Range::channel : Range::row;
  addTile(plan, options);
  return plan;
}

} // namespace

int64_t ConvShape::outHeight() const {
  return outExtent(height, padding[0], padding[2], kernelY, stride[0], dilation[0]);
}

int64_t ConvShape::outWidth() const {
  return outExtent(width, padding[1], padding[3], kernelX, stride[1], dilation[1]);
}

int channelAccumulators(const std::string& target) {
  // 32 registers with AVX-512 and arm-64, 16 otherwise. The operands take one register a vector of weights
  // and one for a pixel; more accumulators than these spill (2 vectors x 16 pixels did).
  bool many = vectorLanes(target) == 16 || target.starts_with("arm-64");
  return many ? 24 : 12;
}

ChannelTile chooseChannelTile(const TileProblem& p) {
  int lanes = vectorLanes(p.target), accumulators = channelAccumulators(p.target);
  ChannelTile best;
  double bestScore = -1;
  auto pixels = [&](int64_t n) { return (n - 1) * p.pool[1] + p.pool[0]; };
  for (int64_t v = 1; v <= std::min<int64_t>(p.blocks, 8); ++v) {
    if (p.blocks % v != 0 || (p.vectors && v != p.vectors)) continue;
    for (int64_t y = 1; y <= std::min<int64_t>(p.height, 4); ++y) {
      for (int64_t x = 1; x <= std::min<int64_t>(p.width, 24); ++x) {
        int64_t count = pixels(x) * pixels(y);
        if (v * count > accumulators && (v > 1 || x > 1 || y > 1) && !(p.vectors && x == 1 && y == 1))
          continue;
        double useful =
            double(p.width * p.height) / double(ceilDivide(p.width, x) * x * ceilDivide(p.height, y) * y);
        useful *= double(x * y * p.pool[1] * p.pool[1]) / double(count);
        // Two FMAs a cycle with a latency of 4 need 8 accumulators; 10 leave room for the loads between them.
        double latency = std::min(1.0, double(v * count) / 10);
        // Weights and broadcast pixels against FMAs: two loads a cycle beside two FMAs.
        double loads = std::max(1.0, double(v + count) / double(v * count));
        // Weights are read once for all pixels of the tile: those that do not fit in L1 from L2, at 16 bytes
        // a cycle beside the FMAs, and those that do not fit in L2 at 8. 8 vectors x 3 pixels lost a quarter
        // to that.
        double panel = double(p.taps * v * lanes * 4),
               bytes = double(lanes * 4) / double(count) * (lanes >= 16 ? 1 : 2);
        double streaming = panel <= 24e3 ? 1.0 : std::max(1.0, bytes / (panel <= 600e3 ? 16 : 8));
        // Larger tiles read weights and pixels from the caches less often; tall ones leave the row.
        double reuse =
            1 + 0.004 * double(v * count) - 0.002 * double(y) - (count < 6 ? 0.01 * double(6 - count) : 0);
        double score = useful * latency / loads / streaming * reuse;
        if (score > bestScore) bestScore = score, best = {v, x, y};
      }
    }
  }
  return best;
}

InferencePlan planConv(const ConvShape& s, const PlanOptions& options) {
  int lanes = vectorLanes(options.target);
  // Fewer channels than lanes leave some idle; along the row hardly any are.
  double rowUse = double(s.outWidth()) / double(ceilDivide(s.outWidth(), lanes) * lanes);
  double channelUse = double(s.outChannels) / double(lanes);
  bool free = !options.choice.tile[0] && !options.choice.winograd;
  if (free && channelUse < 1 && rowUse > 1.15 * channelUse && s.stride[1] == 1 &&
      ceilDivide(s.outWidth(), lanes) * options.pool[0] <= channelAccumulators(options.target))
    return planRows(s, lanes);
  if (s.groups > 1 && s.groups == s.channels && s.outChannels == s.channels)
    return planDepthwise(s, options, lanes);

  int64_t blocks = ceilDivide(s.outChannels, lanes);
  int64_t outHeight = s.outHeight(), outWidth = s.outWidth();
  InferencePlan plan;
  plan.lanes = lanes;
  plan.ints["lanes"] = {lanes};
  plan.packedBias = {blocks * lanes};
  addGeometry(plan, s);

  if (int64_t m = winogradOutputs(s, options, lanes)) {
    int64_t n = m + 2, tileRows = ceilDivide(outHeight, m);
    int64_t blockRows = winogradBlockRows(s.channels, s.outChannels, outHeight, outWidth, m, n);
    auto tileOf = [&](int64_t vectors) { // 0: as many as are fastest
      return chooseChannelTile(
          {blocks, ceilDivide(outWidth, m), blockRows, s.channels, options.target, {1, 1}, vectors});
    };
    ChannelTile tile = tileOf(0);
    // A chunk of rows is whole tiles.
    bool byRow = tileRows >= 4 * blockRows && outHeight % m == 0;
    if (!byRow && blocks < 2 * tile.vectors) { // there should be parts for two threads at least
      int64_t weightBytes = n * n * s.channels * s.outChannels * 4;
      // Two equal parts of whole blocks of rows, whose transforms are done once, where both caches hold the
      // weights; else channels.
      if (tileRows % 2 == 0 && outHeight % m == 0 && weightBytes <= 256 * 1024)
        blockRows = tileRows / 2, byRow = true, tile = tileOf(0);
      else if (blocks >= 2)
        tile = tileOf(largestDivisor(blocks, blocks / 2));
    }
    plan.pack = "pack_winograd", plan.compute = "conv_winograd";
    plan.ints["outputs"] = {m};
    plan.ints["vectors"] = {tile.vectors};
    plan.ints["block_rows"] = {blockRows};
    plan.packedWeights = {
        blocks / tile.vectors, n * n, ceilDivide(s.channels, lanes), std::min<int64_t>(s.channels, lanes),
        tile.vectors,          lanes};
    plan.range = byRow ? Range::row : Range::channel;
    plan.rangeGranule = byRow ? m * blockRows / options.pool[0] : tile.vectors;
    return plan;
  }

  bool rowsOnly = !options.choice.direct && s.kernelY == 5 && s.kernelX <= 7 && s.groups == 1 &&
                  !options.exact && s.channels > 1 && s.stride == std::array<int64_t, 2>{1, 1} &&
                  s.dilation == std::array<int64_t, 2>{1, 1} && options.pool[0] == options.pool[1] &&
                  options.pool[0] <= 2 && outHeight >= 2;
  if (rowsOnly) {
    int64_t inLanes = std::min<int64_t>(s.channels, lanes);
    ChannelTile tile = chooseChannelTile({blocks, outWidth, 1, s.channels * s.kernelX, options.target});
    plan.pack = "pack_winograd_rows", plan.compute = "conv_winograd_rows";
    plan.ints["outputs"] = {2};
    plan.packedWeights = {blocks / tile.vectors, 6,    s.kernelX, ceilDivide(s.channels, inLanes), inLanes,
                          tile.vectors,          lanes};
    // A chunk of rows is whole tiles, which a pooling of 2 makes single rows.
    bool wholeTiles = options.pool[0] == 2 || outHeight % 2 == 0;
    bool byChannel = blocks / tile.vectors >= (wholeTiles ? 4 : 2);
    plan.range = byChannel ? Range::channel : wholeTiles ? Range::row : Range::none;
    plan.rangeGranule = byChannel ? tile.vectors : 2 / options.pool[0];
    return plan;
  }

  auto [groupBlocks, inPacked] = packedGroups(s, lanes);
  TileProblem problem{groupBlocks,
                      outWidth / options.pool[1],
                      outHeight / options.pool[1],
                      inPacked * s.kernelY * s.kernelX,
                      options.target,
                      options.pool};
  if (int64_t chosen = options.choice.tile[0])
    problem.vectors = largestDivisor(groupBlocks, std::min(chosen, groupBlocks));
  ChannelTile tile = chooseChannelTile(problem);
  int64_t weightBytes = inPacked * s.outChannels * s.kernelY * s.kernelX * 4;
  // Threads share the rows of large pictures, whose weights are small, and the channels of small ones.
  bool byChannel = blocks / tile.vectors >= 2 && (weightBytes > 256 * 1024 || outHeight < 8);
  if (!byChannel) problem.height = 1, tile = chooseChannelTile(problem); // chunks may have any number of rows
  plan.pack = "pack_direct", plan.compute = "conv_direct";
  plan.ints["vectors"] = {tile.vectors};
  plan.packedWeights = packedDirectWeights(s, inputLanes(inPacked, lanes), tile.vectors, lanes);
  addTile(plan, options);
  plan.range = byChannel ? Range::channel : Range::row;
  plan.rangeGranule = byChannel ? tile.vectors : plan.tiles.count("y") ? plan.tiles["y"] : 1;
  return plan;
}

PackedGroups packedGroups(const ConvShape& s, int64_t lanes) {
  int64_t in = s.channels / s.groups, out = s.outChannels / s.groups;
  bool whole = s.groups == 1 || (in % lanes == 0 && out % lanes == 0);
  return {ceilDivide(whole ? out : s.outChannels, lanes), whole ? in : s.channels};
}

std::vector<int64_t> packedDirectWeights(const ConvShape& s, int64_t inLanes, int64_t vectors,
                                         int64_t lanes) {
  int64_t inBlocks = ceilDivide(packedGroups(s, lanes).channels, inLanes);
  return {
      ceilDivide(s.outChannels, lanes) / vectors, inBlocks, s.kernelY, s.kernelX, inLanes, vectors, lanes};
}

InferencePlan planLinear(const Tensor& input, int64_t outFeatures, const PlanOptions& options) {
  int lanes = vectorLanes(options.target);
  int64_t blocks = ceilDivide(outFeatures, lanes), vectors = 1;
  for (int64_t v : {2, 3}) {
    if (blocks % v == 0) vectors = v;
  }
  int64_t physical = input.shape[0];
  if (input.layout == Layout::channelLanes) physical = ceilDivide(physical, input.lanes) * input.lanes;
  InferencePlan plan;
  plan.pack = "pack_linear", plan.compute = "linear_packed";
  plan.lanes = lanes;
  plan.ints["lanes"] = {lanes};
  plan.ints["vectors"] = {vectors};
  plan.ints["input"] = {input.shape[0], input.shape[1], input.shape[2]};
  plan.ints["input_lanes"] = {input.layout == Layout::channelLanes ? input.lanes : 1};
  plan.packedWeights = {blocks / vectors, physical * input.shape[1] * input.shape[2], vectors, lanes};
  plan.packedBias = {blocks * lanes};
  plan.range = Range::channel;
  plan.rangeGranule = vectors;
  return plan;
}

Kernel packKernel(const InferencePlan& plan, const RawParameters& raw, const std::string& target) {
  Kernel kernel;
  kernel.target = target;
  int64_t outs = raw.transposed ? raw.weights.at(1) * plan.ints.at("groups")[0] : raw.weights.at(0);
  auto input = [&](std::vector<int64_t> shape) {
    kernel.inputs.push_back({Element::f32, Layout::plain, std::move(shape)});
    return static_cast<int>(kernel.inputs.size()) - 1;
  };
  Op pack{plan.pack, {input(raw.weights)}, plan.packedWeights, plan.ints, {}};
  Op bias{"pack_bias", {}, plan.packedBias, plan.ints, {}};
  if (raw.bias) bias.operands.push_back(input({outs}));
  if (raw.batchNorm) {
    int gamma = input({outs}), beta = input({outs}), mean = input({outs}), variance = input({outs});
    pack.operands.insert(pack.operands.end(), {gamma, variance});
    bias.operands.insert(bias.operands.end(), {gamma, beta, mean, variance});
    pack.floats["eps"] = bias.floats["eps"] = raw.eps;
  }
  kernel.ops = {pack, bias};
  int first = static_cast<int>(kernel.inputs.size());
  kernel.results = {first, first + 1};
  kernel.outputs = {{Element::f32, Layout::plain, plan.packedWeights},
                    {Element::f32, Layout::plain, plan.packedBias}};
  return kernel;
}

int appendCompute(Kernel& kernel, const InferencePlan& plan, int x, int weights, int bias,
                  const std::vector<int64_t>& shape) {
  kernel.ops.push_back({plan.compute, {x, weights, bias}, shape, plan.ints, {}});
  return static_cast<int>(kernel.inputs.size() + kernel.ops.size()) - 1;
}

} // namespace cnn::kernel
