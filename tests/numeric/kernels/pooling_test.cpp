//===- pooling_test.cpp ------------------------------------------------------------------------------===//

#include "runner.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn;
using namespace cnn::test;

namespace {

struct Pool {
  int64_t channels, height, width, kernelY, kernelX, stride, padding = 0, dilation = 1;
  bool ceil = false, countPads = true;

  int64_t out(int64_t extent, int64_t kernel) const {
    int64_t span = extent + 2 * padding - dilation * (kernel - 1) - 1;
    int64_t n = (span + (ceil ? stride - 1 : 0)) / stride + 1;
    return ceil && (n - 1) * stride >= extent + padding ? n - 1 : n;
  }
  int64_t outHeight() const { return out(height, kernelY); }
  int64_t outWidth() const { return out(width, kernelX); }
  Op op(const char* name, std::vector<int> operands, std::vector<int64_t> shape) const {
    Op result{name, std::move(operands), std::move(shape)};
    result.ints = {{"kernel", {kernelY, kernelX}},
                   {"stride", {stride, stride}},
                   {"padding", {padding, padding, padding, padding}},
                   {"dilation", {dilation, dilation}},
                   {"count_include_pad", {countPads}}};
    return result;
  }
  /// visit(tap, y, x) for the taps of output (oy, ox) that lie in the picture.
  template <typename Visit> void forEachTap(int64_t oy, int64_t ox, Visit visit) const {
    for (int64_t ky = 0; ky < kernelY; ++ky) {
      for (int64_t kx = 0; kx < kernelX; ++kx) {
        int64_t y = oy * stride + ky * dilation - padding, x = ox * stride + kx * dilation - padding;
        if (y >= 0 && y < height && x >= 0 && x < width) visit(ky * kernelX + kx, y, x);
      }
    }
  }
  double divisor(int64_t oy, int64_t ox) const {
    int64_t taps = 0;
    for (int64_t ky = 0; ky < kernelY; ++ky) {
      for (int64_t kx = 0; kx < kernelX; ++kx) {
        int64_t y = oy * stride + ky - padding, x = ox * stride + kx - padding,
                border = countPads ? padding : 0;
        taps += y >= -border && y < height + border && x >= -border && x < width + border;
      }
    }
    return double(std::max<int64_t>(taps, 1));
  }
};

const Pool pools[] = {
    {6, 28, 28, 2, 2, 2}, {3, 7, 9, 3, 3, 2, 1},          {2, 8, 8, 3, 3, 1, 1},
    {4, 5, 5, 2, 2, 2},   {2, 9, 7, 2, 2, 2, 0, 1, true}, {3, 6, 6, 7, 7, 1, 3},
    {2, 5, 5, 1, 1, 3},   {2, 10, 10, 3, 3, 2, 1, 2},     {2, 6, 7, 3, 2, 2, 1, 1, true, false},
    {3, 1, 1, 1, 1, 1},   {2, 7, 7, 3, 3, 2, 1, 1, true},
};

template <typename Visit> void forEachOutput(const Pool& p, int64_t images, Visit visit) {
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t c = 0; c < p.channels; ++c) {
      for (int64_t y = 0; y < p.outHeight(); ++y) {
        for (int64_t x = 0; x < p.outWidth(); ++x) visit(n, c, y, x);
      }
    }
  }
}

Kernel kernelOf(std::vector<Tensor> inputs, Op op, Tensor output) {
  Kernel k;
  k.target = currentTarget();
  k.inputs = std::move(inputs);
  k.ops = {std::move(op)};
  k.results = {static_cast<int>(k.inputs.size())};
  k.outputs = {std::move(output)};
  return k;
}

} // namespace

TEST_CASE("Max pooling finds the first maximum and sends the gradient back to it") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Pool& p : pools) {
      int64_t images = 18;
      std::vector<int64_t> in{p.channels, p.height, p.width}, out{p.channels, p.outHeight(), p.outWidth()};
      Array x = randomArray({images, p.channels, p.height, p.width}, 1);
      for (double& value : x.values) value = std::round(value * 3); // ties
      Array y({images, out[0], out[1], out[2]}), index = y, dy = randomArray(y.shape, 2), dx(x.shape);
      forEachOutput(p, images, [&](int64_t n, int64_t c, int64_t oy, int64_t ox) {
        double best = -1e30;
        int64_t tap = 0, by = 0, bx = 0;
        p.forEachTap(oy, ox, [&](int64_t t, int64_t iy, int64_t ix) {
          if (x(n, c, iy, ix) > best) best = x(n, c, iy, ix), tap = t, by = iy, bx = ix;
        });
        y(n, c, oy, ox) = best, index(n, c, oy, ox) = double(tap);
        dx(n, c, by, bx) += dy(n, c, oy, ox);
      });
      Tensor input = batchLanes(in[0], in[1], in[2], 1), output = batchLanes(out[0], out[1], out[2], 1);
      Tensor indices = batchLanes(out[0], out[1], out[2], 0, kernel::Element::u8);
      requireClose(run(kernelOf({input}, p.op("max_pool", {0}, out), output), {x}, images)[0], y);
      Op indexOp = p.op("max_pool_index", {0}, out);
      indexOp.element = kernel::Element::u8;
      requireClose(run(kernelOf({input}, indexOp, indices), {x}, images)[0], index);
      for (int halo : {0, 1}) {
        Tensor gradient = batchLanes(out[0], out[1], out[2], halo);
        Kernel back = kernelOf({gradient, indices}, p.op("max_pool_backward", {0, 1}, in), input);
        requireClose(run(back, {dy, index}, images)[0], dx);
      }
    }
  }
}

TEST_CASE("Average pooling divides by what counts, forward and backward") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Pool& p : pools) {
      if (p.dilation != 1) continue;
      int64_t images = 18;
      std::vector<int64_t> in{p.channels, p.height, p.width}, out{p.channels, p.outHeight(), p.outWidth()};
      Array x = randomArray({images, p.channels, p.height, p.width}, 1);
      Array y({images, out[0], out[1], out[2]}), dy = randomArray(y.shape, 2), dx(x.shape);
      forEachOutput(p, images, [&](int64_t n, int64_t c, int64_t oy, int64_t ox) {
        p.forEachTap(oy, ox, [&](int64_t, int64_t iy, int64_t ix) {
          y(n, c, oy, ox) += x(n, c, iy, ix) / p.divisor(oy, ox);
          dx(n, c, iy, ix) += dy(n, c, oy, ox) / p.divisor(oy, ox);
        });
      });
      Tensor input = batchLanes(in[0], in[1], in[2], 1), output = batchLanes(out[0], out[1], out[2]);
      requireClose(run(kernelOf({input}, p.op("avg_pool", {0}, out), output), {x}, images)[0], y);
      requireClose(run(kernelOf({output}, p.op("avg_pool_backward", {0}, in), input), {dy}, images)[0], dx);
    }
  }
}

TEST_CASE("Global average pooling, its gradient and the sum over a picture") {
  for (auto [channels, height, width] : {std::array<int64_t, 3>{5, 7, 7}, {3, 8, 8}, {2, 1, 1}, {4, 11, 5}}) {
    int64_t images = 20;
    Array x = randomArray({images, channels, height, width}, 1), mean({images, channels, 1, 1}), sum = mean;
    Array dy = randomArray(mean.shape, 2), dx(x.shape);
    for (int64_t i = 0; i < x.size(); ++i) {
      sum.values[i / (height * width)] += x.values[i];
      mean.values[i / (height * width)] += x.values[i] / double(height * width);
      dx.values[i] = dy.values[i / (height * width)] / double(height * width);
    }
    Tensor input = batchLanes(channels, height, width, 1), output = batchLanes(channels, 1, 1);
    requireClose(run(kernelOf({input}, {"global_avg_pool", {0}, {channels, 1, 1}}, output), {x}, images)[0],
                 mean);
    requireClose(run(kernelOf({input}, {"spatial_sum", {0}, {channels, 1, 1}}, output), {x}, images)[0], sum);
    Op back{"global_avg_pool_backward", {0}, {channels, height, width}};
    requireClose(run(kernelOf({output}, back, input), {dy}, images)[0], dx);
  }
}
