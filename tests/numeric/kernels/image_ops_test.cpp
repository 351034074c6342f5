//===- image_ops_test.cpp - Operations without weights on one image ----------------------------------===//

#include "runner.h"

#include "schedules/inference_plan.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

using namespace cnn;
using namespace cnn::test;

namespace {

/// A kernel of one op (or a chain of them, each reading the one before).
Kernel chain(std::vector<Tensor> inputs, std::vector<Op> ops, Tensor output) {
  Kernel k;
  k.target = currentTarget();
  k.inputs = std::move(inputs);
  k.ops = std::move(ops);
  k.results = {static_cast<int>(k.inputs.size() + k.ops.size()) - 1};
  k.outputs = {std::move(output)};
  return k;
}

Array channelsOf(const Array& x, int64_t begin, int64_t end) {
  Array y({1, end - begin, x.shape[2], x.shape[3]});
  std::copy_n(x.values.begin() + begin * x.shape[2] * x.shape[3], y.size(), y.values.begin());
  return y;
}

Array pooled(const Array& x, int64_t size, int64_t stride, int64_t padding, bool maximum, int64_t out) {
  Array y({1, x.shape[1], out, out});
  for (int64_t c = 0; c < x.shape[1]; ++c) {
    for (int64_t oy = 0; oy < out; ++oy) {
      for (int64_t ox = 0; ox < out; ++ox) {
        double best = -1e30, sum = 0;
        for (int64_t ky = 0; ky < size; ++ky) {
          for (int64_t kx = 0; kx < size; ++kx) {
            int64_t iy = oy * stride + ky - padding, ix = ox * stride + kx - padding;
            if (iy < 0 || iy >= x.shape[2] || ix < 0 || ix >= x.shape[3]) continue;
            best = std::max(best, x(0, c, iy, ix)), sum += x(0, c, iy, ix);
          }
        }
        y(0, c, oy, ox) = maximum ? best : sum / double(size * size);
      }
    }
  }
  return y;
}

std::map<std::string, std::vector<int64_t>> window(int64_t size, int64_t stride, int64_t padding = 0) {
  return {{"kernel", {size, size}},
          {"stride", {stride, stride}},
          {"padding", {padding, padding, padding, padding}}};
}

} // namespace

TEST_CASE("Poolings of one image") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    Array x = randomArray({1, 20, 13, 13}, 1);
    for (bool maximum : {true, false}) {
      std::string name = maximum ? "max_pool" : "avg_pool";
      Kernel k = chain({channelLanes(20, 13, 13, 1)}, {{name, {0}, {20, 7, 7}, window(3, 2, 1)}},
                       channelLanes(20, 7, 7, 2));
      requireClose(run(k, {x}, 1)[0], pooled(x, 3, 2, 1, maximum, 7));
      k = chain({plain({20, 13, 13})}, {{name, {0}, {20, 6, 6}, window(2, 2)}}, plain({20, 6, 6}));
      requireClose(run(k, {x}, 1)[0], pooled(x, 2, 2, 0, maximum, 6));
    }
    Kernel k =
        chain({channelLanes(20, 13, 13)}, {{"global_avg_pool", {0}, {20, 1, 1}}}, channelLanes(20, 1, 1));
    requireClose(run(k, {x}, 1)[0], pooled(x, 13, 13, 0, false, 1));
    k = chain({channelLanes(20, 13, 13)}, {{"global_avg_pool", {0}, {20, 1, 1}}, {"store", {1}, {20, 1, 1}}},
              plain({20, 1, 1}));
    requireClose(run(k, {x}, 1)[0], pooled(x, 13, 13, 0, false, 1));
  }
}

TEST_CASE("A convolution and the pooling behind it are one kernel") {
  struct Case {
    int64_t channels, size, out, kernel, padding, pool;
    bool plainInput;
  };
  const Case cases[] = {{1, 28, 6, 5, 2, 2, true},    {6, 14, 16, 5, 0, 2, true},
                        {3, 12, 20, 3, 1, 3, true},   {32, 14, 48, 3, 1, 2, false},
                        {16, 15, 16, 3, 1, 2, false}, {17, 20, 3, 3, 1, 4, false}};
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Case& c : cases) {
      kernel::ConvShape shape{c.channels, c.size,   c.size, c.out,
                              c.kernel,   c.kernel, {1, 1}, {c.padding, c.padding, c.padding, c.padding},
                              {1, 1},     1};
      int64_t convSize = shape.outWidth(), out = convSize / c.pool;
      kernel::InferencePlan plan = planConv(shape, {target, false, {c.pool, c.pool}});
      std::vector<Array> raw{randomArray({c.out, c.channels, c.kernel, c.kernel}, 1),
                             randomArray({c.out}, 2)};
      std::vector<Array> parameters = run(packKernel(plan, {raw[0].shape, true}, target), raw, 1);
      Array x = randomArray({1, c.channels, c.size, c.size}, 3), y({1, c.out, convSize, convSize});
      for (int64_t o = 0; o < c.out; ++o) {
        for (int64_t oy = 0; oy < convSize; ++oy) {
          for (int64_t ox = 0; ox < convSize; ++ox) {
            double sum = raw[1].values[o];
            for (int64_t i = 0; i < c.channels; ++i) {
              for (int64_t ky = 0; ky < c.kernel; ++ky) {
                for (int64_t kx = 0; kx < c.kernel; ++kx) {
                  int64_t iy = oy + ky - c.padding, ix = ox + kx - c.padding;
                  if (iy < 0 || iy >= c.size || ix < 0 || ix >= c.size) continue;
                  sum += x(0, i, iy, ix) * raw[0](o, i, ky, kx);
                }
              }
            }
            y(0, o, oy, ox) = std::max(sum, 0.0);
          }
        }
      }
      Kernel k = chain(
          {c.plainInput ? plain({c.channels, c.size, c.size}) : channelLanes(c.channels, c.size, c.size, 1),
           plain(plan.packedWeights), plain(plan.packedBias)},
          {},
          plan.outputLayout == Layout::plain ? plain({c.out, out, out}) : channelLanes(c.out, out, out, 1));
      int value = appendCompute(k, plan, 0, 1, 2, {c.out, convSize, convSize});
      k.ops.push_back({"relu", {value}, {c.out, convSize, convSize}});
      k.ops.push_back({"max_pool", {value + 1}, {c.out, out, out}, window(c.pool, c.pool)});
      k.results = {value + 2};
      k.range = plan.range, k.rangeGranule = plan.rangeGranule;
      INFO(print(k));
      requireClose(run(k, {x, parameters[0], parameters[1]}, 1)[0], pooled(y, c.pool, c.pool, 0, true, out),
                   1e-5);
      k.checked = true;
      k.range = kernel::Range::none;
      requireClose(run(k, {x, parameters[0], parameters[1]}, 1)[0], pooled(y, c.pool, c.pool, 0, true, out),
                   1e-5);
    }
  }
}

TEST_CASE("Channels of one image are joined and cut") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [first, second, third] : {std::array<int64_t, 3>{16, 32, 16}, {5, 30, 1}, {16, 3, 20}}) {
      Array x = randomArray({1, first + second + third, 5, 6}, 1);
      std::vector<Array> parts{channelsOf(x, 0, first), channelsOf(x, first, first + second),
                               channelsOf(x, first + second, first + second + third)};
      int64_t all = x.shape[1];
      Kernel k =
          chain({channelLanes(first, 5, 6, 1), channelLanes(second, 5, 6), channelLanes(third, 5, 6, 2)},
                {{"concat", {0, 1, 2}, {all, 5, 6}}}, channelLanes(all, 5, 6, 1));
      requireClose(run(k, parts, 1)[0], x, 0);
      k = chain({channelLanes(all, 5, 6, 1)},
                {{"slice", {0}, {second, 5, 6}, {{"begin", {first}}, {"end", {first + second}}}}},
                channelLanes(second, 5, 6));
      requireClose(run(k, {x}, 1)[0], parts[1], 0);
      k = chain({channelLanes(all, 5, 6, 1)}, {{"reshape", {0}, {all * 5, 3, 2}}},
                channelLanes(all * 5, 3, 2, 1));
      Array reshaped = x;
      reshaped.shape = {1, all * 5, 3, 2};
      requireClose(run(k, {x}, 1)[0], reshaped, 0);
    }
  }
}

TEST_CASE("Softmax over the channels of one image leaves the pads out") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [channels, size] : {std::pair<int64_t, int64_t>{10, 1}, {32, 1}, {21, 4}}) {
      Array x = randomArray({1, channels, size, size}, 1), y = x, logs = x;
      for (int64_t pixel = 0; pixel < size * size; ++pixel) {
        double sum = 0;
        for (int64_t c = 0; c < channels; ++c) sum += std::exp(x.values[c * size * size + pixel]);
        for (int64_t c = 0; c < channels; ++c) {
          double& value = y.values[c * size * size + pixel];
          logs.values[c * size * size + pixel] = value - std::log(sum);
          value = std::exp(value) / sum;
        }
      }
      std::vector<int64_t> shape{channels, size, size};
      for (auto& [name, expected] : {std::pair<std::string, Array>{"softmax", y}, {"log_softmax", logs}}) {
        requireClose(run(chain({channelLanes(channels, size, size)}, {{name, {0}, shape}},
                               channelLanes(channels, size, size)),
                         {x}, 1)[0],
                     expected);
        requireClose(run(chain({channelLanes(channels, size, size)},
                               {{name, {0}, shape}, {"store", {1}, shape}}, plain(shape)),
                         {x}, 1)[0],
                     expected);
        requireClose(run(chain({plain(shape)}, {{name, {0}, shape}}, plain(shape)), {x}, 1)[0], expected);
      }
    }
  }
}

TEST_CASE("Elementwise operations work on one image in any layout") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    std::vector<int64_t> shape{21, 6, 7};
    Array x = randomArray({1, 21, 6, 7}, 1), other = randomArray({1, 21, 6, 7}, 2), y = x, scaled = x;
    Array scale = randomArray({1, 21, 1, 1}, 3);
    for (int64_t i = 0; i < x.size(); ++i) {
      y.values[i] = std::max(x.values[i] + other.values[i], 0.0);
      scaled.values[i] = x.values[i] * scale.values[i / 42];
    }
    for (const Tensor& form : {channelLanes(21, 6, 7, 1), plain(shape)}) {
      requireClose(
          run(chain({form, form}, {{"add", {0, 1}, shape}, {"relu", {2}, shape}}, form), {x, other}, 1)[0],
          y);
    }
    requireClose(run(chain({channelLanes(21, 6, 7, 1), channelLanes(21, 1, 1)}, {{"mul", {0, 1}, shape}},
                           channelLanes(21, 6, 7)),
                     {x, scale}, 1)[0],
                 scaled);
    requireClose(run(chain({channelLanes(21, 6, 7, 1), plain({21, 1, 1})}, {{"mul", {0, 1}, shape}},
                           channelLanes(21, 6, 7)),
                     {x, scale}, 1)[0],
                 scaled);
  }
}
