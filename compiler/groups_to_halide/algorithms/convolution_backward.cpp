//===- convolution_backward.cpp - Gradients of convolution and linear layers -------------------------===//

#include "convolution.h"

#include "schedules/schedules.h"

#include <algorithm>

using namespace Halide;

namespace cnn::kernel {

namespace {

/// Also conv_transpose, whose input is dy and which may have a bias. dx(c) = sum over the group's output
/// channels and the taps of dy * w. With a stride, each of the stride^2 phases of the picture meets its own
/// taps and is a convolution by itself.
Value convBackwardInput(Builder& b, const Op& op) {
  const Value& w = b.operand(op, 1);
  Geometry g = geometryOf(op, w.shape);
  const Value& dyInMemory = b.operand(op, 0);
  int outPerGroup = static_cast<int>(w.shape[0] / g.groups), inPerGroup = static_cast<int>(w.shape[1]);
  bool strided = g.strideY > 1 || g.strideX > 1;
  auto start = [&b, &op](const Expr& channel) {
    return b.hasOperand(op, 2) ? b.widened(b.operand(op, 2).at({channel})) : b.zeroSum();
  };

  struct Phase {
    Func sum;
    bool reached;
  };
  auto phases = std::make_shared<std::vector<Phase>>();
  for (int64_t py = 0; py < std::min(g.strideY, op.shape[1]); ++py) {
    for (int64_t px = 0; px < std::min(g.strideX, op.shape[2]); ++px) {
      std::string role = std::to_string(phases->size());
      // Every phase below the picture's extent has elements, so phase i is update i of the output.
      b.regions.push_back({g.strideY, g.strideX, py, px});
      PhaseTaps row = tapsOfPhase(py, g.strideY, g.top, g.kernelY, g.dilationY);
      PhaseTaps column = tapsOfPhase(px, g.strideX, g.left, g.kernelX, g.dilationX);
      if (row.count == 0 || column.count == 0) {
        phases->push_back({Func(), false});
        continue;
      }
      int64_t lastY = (op.shape[1] - 1 - py) / g.strideY, lastX = (op.shape[2] - 1 - px) / g.strideX;
      int64_t left = (column.count - 1) * column.back - column.offset;
      int64_t right = lastX + column.offset - (dyInMemory.width() - 1);
      bool select = (left > 0 || right > 0) && tilesAreRows(b.kernel, lastX + 1);
      Value dy = b.padded(dyInMemory, (row.count - 1) * row.back - row.offset, 0,
                          lastY + row.offset - (dyInMemory.height() - 1), 0, 0.0f);
      dy = b.padded(dy, 0, left, 0, right, 0.0f, select);
      RDom taps = b.rdom({int(column.count), int(row.count), outPerGroup}, "taps" + role);
      // Rows of taps that fall outside dy add nothing: with a large kernel at the border, half of the
      // products.
      Expr dyRow = b.y + int(row.offset) - taps[1] * int(row.back);
      if (dy.height() > 1) taps.where(dyRow >= 0 && dyRow < int(dy.height()));
      Func sum = b.func("accumulator" + role);
      sum(b.lane, b.x, b.y, b.c) = start(b.c);
      Expr group = g.groups > 1 ? b.c / inPerGroup : Expr(0);
      Expr out = taps[2] + group * outPerGroup;
      Expr ky = taps[1] * int(row.step) + int(row.first), kx = taps[0] * int(column.step) + int(column.first);
      Expr dyAt = dy.at({b.lane, b.x + int(column.offset) - taps[0] * int(column.back), dyRow, out});
      sum(b.lane, b.x, b.y, b.c) +=
          b.widened(dyAt) * b.widened(w.at({kx, ky, b.c - group * inPerGroup, out}));
      phases->push_back({sum, true});
      b.funcs["regionAccumulator" + role] = sum;
      b.domains["regionTaps" + role] = taps;
    }
  }
  if (!strided) {
    b.regions.clear();
    Func sum = phases->front().sum;
    b.funcs["accumulator"] = sum;
    b.domains["taps"] = b.domains["regionTaps0"];
    return b.result(op, dyInMemory, [sum](const Coordinates& at) { return cast<float>(sum(at)); });
  }
  Builder* builder = &b;
  return b.result(op, dyInMemory, [=](const Coordinates& at) {
    const Phase& phase = (*phases)[builder->region->index];
    return phase.reached ? cast<float>(phase.sum(at[0], builder->region->x, builder->region->y, at[3]))
                         : cast<float>(start(at[3]));
  });
}

/// The largest divisor of `extent` that is at most `most`.
int64_t divisorBelow(int64_t extent, int64_t most) {
  for (int64_t candidate = std::min(extent, most); candidate > 1; --candidate) {
    if (extent % candidate == 0) return candidate;
  }
  return 1;
}

/// dw(kx, ky, i, o) = sum over blocks, lanes and the picture of x * dy: `part` sums a band of rows of one
/// block, `accumulator` the bands, each lane by itself; the lanes are summed at the end.
Value convBackwardWeight(Builder& b, const Op& op) {
  Geometry g = geometryOf(op, op.shape);
  Value x = b.padded(b.operand(op, 0), g.top, g.left, g.bottom, g.right, 0.0f);
  const Value& dy = b.operand(op, 1);
  int outPerGroup = static_cast<int>(op.shape[0] / g.groups), inPerGroup = static_cast<int>(op.shape[1]);
  auto found = b.kernel.schedule.tiles.find("rows");
  int rows =
      static_cast<int>(divisorBelow(dy.height(), found == b.kernel.schedule.tiles.end() ? 1 : found->second));
  Var kx("kx"), ky("ky"), in("in"), out("out"), band("band");
  RDom pixels = b.rdom({int(dy.width()), rows}, "pixels");
  RDom bands = b.rdom({int(dy.height()) / rows, b.scalar("blocks")}, "bands");
  Func part = b.func("part"), accumulator = b.func("accumulator"), total = b.func("total");
  Expr channel = in;
  if (g.groups > 1) channel += out / outPerGroup * inPerGroup;
  Expr row = band * rows + pixels[1];
  part(b.lane, kx, ky, in, out, band, b.block) = b.zeroSum();
  part(b.lane, kx, ky, in, out, band, b.block) +=
      b.widened(x.at({b.lane, pixels[0] * int(g.strideX) + kx * int(g.dilationX) - int(g.left),
                      row * int(g.strideY) + ky * int(g.dilationY) - int(g.top), channel, b.block})) *
      b.widened(dy.at({b.lane, pixels[0], row, out, b.block}));
  accumulator(b.lane, kx, ky, in, out) = b.zeroSum();
  accumulator(b.lane, kx, ky, in, out) += part(b.lane, kx, ky, in, out, bands[0], bands[1]);
  RDom allLanes = b.rdom({b.lanes}, "lanes");
  total(kx, ky, in, out) = b.zeroSum();
  total(kx, ky, in, out) += accumulator(allLanes, kx, ky, in, out);
  b.funcs = {{"part", part}, {"accumulator", accumulator}, {"total", total}};
  b.domains["pixels"] = pixels;
  b.domains["bands"] = bands;
  b.domains["lanes"] = allLanes;
  Value value = b.result(op, x, [total](const Coordinates& at) { return cast<float>(total(at)); });
  value.layout = Layout::plain;
  return value;
}

/// dx(feature) = sum over outputs of dy * w.
Value linearBackwardInput(Builder& b, const Op& op) {
  const Value& dy = b.operand(op, 0);
  const Value& w = b.operand(op, 1);
  int width = static_cast<int>(op.shape[2]), height = static_cast<int>(op.shape[1]);
  RDom taps = b.rdom({1, 1, int(dy.channels())}, "taps");
  Func sum = b.func("accumulator");
  sum(b.lane, b.x, b.y, b.c) = b.zeroSum();
  sum(b.lane, b.x, b.y, b.c) += b.widened(dy.at({b.lane, taps[0], taps[1], taps[2]})) *
                                b.widened(w.at({(b.c * height + b.y) * width + b.x, taps[2]}));
  b.funcs["accumulator"] = sum;
  b.domains["taps"] = taps;
  return b.result(op, dy, [sum](const Coordinates& at) { return cast<float>(sum(at)); });
}

/// dw(feature, out) = sum over images of x * dy, as a product of matrices with vectors over features: summing
/// lanes for each of the many weights would cost more than the products. x is transposed, a block of 16
/// images at a time.
Value linearBackwardWeight(Builder& b, const Op& op) {
  const Value& x = b.operand(op, 0);
  const Value& dy = b.operand(op, 1);
  int width = static_cast<int>(x.width()), height = static_cast<int>(x.height());
  int features = static_cast<int>(op.shape[1]), outs = static_cast<int>(op.shape[0]);
  auto variables = b.outputVariables(0);
  Var feature = variables[0], out = variables[1];
  RDom imagesOf = b.rdom({b.lanes}, "images"), blocks = b.rdom({b.scalar("blocks")}, "blocks");
  Func transposed = b.func("transposed"), product = b.func("product"), gradient = b.func("output0");
  // Tiles reach past the last feature and output; what they compute there is never stored.
  Expr f = min(feature, features - 1);
  transposed(feature, b.lane, b.block) =
      x.at({b.lane, f % width, f / width % height, f / (width * height), b.block});
  product(feature, out, b.block) = b.zeroSum();
  product(feature, out, b.block) += b.widened(transposed(feature, imagesOf, b.block)) *
                                    b.widened(dy.at({imagesOf, 0, 0, min(out, outs - 1), b.block}));
  gradient(feature, out) = 0.0f;
  gradient(feature, out) += cast<float>(product(feature, out, blocks));
  b.funcs["transposed"] = transposed;
  b.funcs["product"] = product;
  b.domains["images"] = imagesOf;
  b.domains["blocks"] = blocks;
  b.bindOutput(gradient, 0);
  b.boundLoops(gradient, 0);
  b.outputs.push_back(gradient);
  return b.result(op, b.operand(op, 0), nullptr);
}

Schedule chooseBackwardInput(const Kernel& kernel, const Op& op) {
  const Tensor& out = kernel.outputs.at(0);
  const std::vector<int64_t>& weights = kernel.inputs.at(op.operands.at(1)).shape;
  Geometry g = geometryOf(op, weights);
  int64_t width = (out.shape[2] + g.strideX - 1) / g.strideX;
  // Phase 0 stands for all.
  PhaseTaps taps = tapsOfPhase(0, g.strideX, g.left, g.kernelX, g.dilationX);
  Tile tile =
      chooseRowTile(width, out.shape[0], accumulatorRegisters(kernel), g.groups > 1 ? 1 : 16,
                    kernel.inputs.at(op.operands.at(0)).shape[2], taps.offset, taps.count, -taps.back);
  int64_t rowBytes =
      ((g.kernelY - 1) * g.dilationY + 1) * weights[0] / g.groups * (width + g.kernelX) * out.lanes * 4;
  constexpr int64_t halfL2 = 512 * 1024;
  return {"batch_conv", {{"channels", tile.channels}, {"x", tile.x}, {"order", rowBytes > halfL2 ? 1 : 0}}};
}

Schedule chooseLinearBackwardInput(const Kernel& kernel, const Op& op) {
  Tile tile = chooseTile(op.shape[2], op.shape[0], accumulatorRegisters(kernel));
  return {"batch_conv", {{"channels", tile.channels}, {"x", tile.x}, {"order", 0}}};
}

Schedule chooseBackwardWeight(const Kernel& kernel, const Op& op) {
  int64_t kernelX = op.shape[3], kernelY = op.shape[2], in = op.shape[1], out = op.shape[0];
  const Tensor& x = kernel.inputs.at(op.operands.at(0));
  const Tensor& dy = kernel.inputs.at(op.operands.at(1));
  bool shared = intOf(op, "groups", 0, 1) == 1; // an input channel meets several output channels
  int registers = accumulatorRegisters(kernel);
  int64_t width = dy.shape[2], unroll = divisorBelow(width, 2);
  int64_t tileX = 1, tileY = 1, tileIn = 1, tileOut = 1;
  double best = 0;
  for (int64_t kx : {kernelX, int64_t(1)}) {
    for (int64_t ky : {kernelY, int64_t(1)}) {
      for (int64_t i = 1; i <= std::min<int64_t>(in, 6); ++i) {
        for (int64_t o = 1; o <= (shared ? std::min<int64_t>(out, 6) : 1); ++o) {
          if (in % i || kx * ky * i * o > registers) continue;
          // Chunks are whole tiles, and should divide the channels.
          double useful = double(out) / double((out + o - 1) / o * o) * (out % o == 0 ? 1 : 0.9);
          double products = double(kx * ky * i * o), latency = std::min(1.0, products / 8);
          // Neighbouring pixels of the unrolled loop share their columns of x.
          double loads = double(ky * i) * (1 + double(kx - 1) / double(unroll)) + double(o);
          // Lines from L2: a plane of x for each input channel and one of dy for each output channel.
          double lines = double(i + o);
          double score = useful * latency * (1 - 0.2 * loads / products - 0.3 * lines / products);
          if (score > best) best = score, tileX = kx, tileY = ky, tileIn = i, tileOut = o;
        }
      }
    }
  }
  // A chunk of output channels keeps its sums, one vector a weight, in L2. Four chunks keep two threads busy,
  // but all of x streams once for each: a vector of it should meet 16 products or more, or memory is the
  // limit.
  constexpr int64_t sumBytes = 512 * 1024;
  int64_t weightBytes = in * kernelX * kernelY * dy.lanes * 4;
  int64_t most = std::max({out / 4, 16 / (kernelX * kernelY), int64_t(1)});
  most = std::max(tileOut, std::min(sumBytes / weightBytes, most));
  int64_t channels = tileOut;
  for (int64_t c = tileOut; c <= most; c += tileOut) {
    if (out % c == 0) channels = c;
  }
  // A band of all of x stays in L2 for all of the chunk's tiles.
  int64_t strideY = intOf(op, "stride", 0, 1);
  int64_t rowBytes = (shared ? in : channels) * strideY * (x.shape[2] + 2 * x.haloX) * dy.lanes * 4;
  constexpr int64_t bandBytes = 384 * 1024;
  int64_t rows = std::max<int64_t>(1, bandBytes / rowBytes);
  return {"batch_conv_weight",
          {{"kx", tileX},
           {"ky", tileY},
           {"in", tileIn},
           {"out", tileOut},
           {"channels", channels},
           {"rows", divisorBelow(dy.shape[1], rows)},
           {"unroll", unroll}}};
}

Schedule chooseLinearBackwardWeight(const Kernel& kernel, const Op& op) {
  int64_t lanes = kernel.inputs.at(0).lanes, features = op.shape[1], outs = op.shape[0];
  int64_t vectors = std::min<int64_t>(lanes == 16 ? 3 : 2, (features + lanes - 1) / lanes);
  int64_t width = vectors * lanes;
  // The part of dw that all blocks pass over stays in L2, the transposed images in L1.
  int64_t chunk = std::clamp<int64_t>(96 * 1024 / outs, width, 240) / width * width;
  int64_t rows = accumulatorRegisters(kernel) / vectors;
  return {"batch_linear_weight",
          {{"channels", std::min(rows, outs)}, {"vectors", vectors}, {"features", chunk}}};
}

constexpr Operation operations[] = {
    {"conv_backward_input", convBackwardInput, chooseBackwardInput},
    {"conv_transpose", convBackwardInput, chooseBackwardInput},
    {"conv_backward_weight", convBackwardWeight, chooseBackwardWeight},
    {"linear_backward_input", linearBackwardInput, chooseLinearBackwardInput},
    {"linear_backward_weight", linearBackwardWeight, chooseLinearBackwardWeight},
};

} // namespace

std::span<const Operation> convolutionBackwardOperations() {
  return operations;
}

} // namespace cnn::kernel
