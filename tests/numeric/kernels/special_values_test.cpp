//===- special_values_test.cpp - NaN, infinities, zeros and limits, as PyTorch has them ----------===//

#include "fused_function.h"

#include "schedules/inference_plan.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace cnn;
using namespace cnn::test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(),
                largest = std::numeric_limits<float>::max(), nan = std::numeric_limits<float>::quiet_NaN();

const float specials[] = {
    nan,         -nan,  infinity,   -infinity,   0.0f,       -0.0f,       3.0f,       -3.0f,
    6.0f,        -6.0f, 3.0000002f, -3.0000002f, 2.9999998f, -2.9999998f, 6.0000005f, 5.9999995f,
    -6.0000005f, 1e30f, -1e30f,     largest,     -largest,   1.5e-38f,    -1.5e-38f,  100.0f,
    -100.0f,     88.8f, -88.8f,     1.0f,        -1.0f,      20.0f,       -20.0f,     -1000.0f};
constexpr int64_t count = std::size(specials);

struct Function {
  const char* name;
  double (*expected)(double x);
  Append append;
};

Append op(const char* name, std::map<std::string, double> floats = {}, bool gradient = false) {
  return [=](Kernel& kernel, int value, int ones) {
    Op added{name, gradient ? std::vector<int>{ones, value} : std::vector<int>{value}, {}};
    added.floats = floats;
    return appendOp(kernel, added);
  };
}

int appendHardsigmoid(Kernel& kernel, int value) {
  int shifted = appendOp(kernel, {"scale", {value}, {}, {}, {{"factor", 1}, {"offset", 3}}});
  int clamped = appendOp(kernel, {"relu6", {shifted}, {}});
  return appendOp(kernel, {"scale", {clamped}, {}, {}, {{"factor", 1.0 / 6}, {"offset", 0}}});
}

double relu6(double x) {
  return x < 0 ? 0 : x > 6 ? 6 : x;
}
double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
/// What f32 makes of x + 3 and x - 3, -x and so on.
float single(double x) {
  return static_cast<float>(x);
}

const Function functions[] = {
    {"relu", [](double x) { return x < 0 ? 0 : x; }, op("relu")},
    {"relu6", relu6, op("relu6")},
    {"leaky_relu", [](double x) { return x > 0 ? x : 0.25 * x; },
     op("leaky_relu", {{"negative_slope", 0.25}})},
    {"sigmoid", sigmoid, op("sigmoid")},
    {"tanh", [](double x) { return std::tanh(x); }, op("tanh")},
    {"silu", [](double x) { return x * sigmoid(x); }, op("silu")},
    {"gelu", [](double x) { return x * 0.5 * (1 + std::erf(x * M_SQRT1_2)); }, op("gelu")},
    {"hardsigmoid", [](double x) { return relu6(single(x + 3)) / 6; },
     [](Kernel& kernel, int value, int) { return appendHardsigmoid(kernel, value); }},
    {"hardswish", [](double x) { return x * (relu6(single(x + 3)) / 6); },
     [](Kernel& kernel, int value, int) {
       return appendOp(kernel, {"mul", {value, appendHardsigmoid(kernel, value)}, {}});
     }},
    {"0 x", [](double x) { return 0 * x; }, op("scale", {{"factor", 0}, {"offset", 0}})},
    {"x - x", [](double x) { return x - x; },
     [](Kernel& kernel, int value, int) { return appendOp(kernel, {"sub", {value, value}, {}}); }},
    {"(x + 3) - 3", [](double x) { return double(single(double(single(x + 3)) - 3)); },
     [](Kernel& kernel, int value, int) {
       int shifted = appendOp(kernel, {"scale", {value}, {}, {}, {{"factor", 1}, {"offset", 3}}});
       return appendOp(kernel, {"scale", {shifted}, {}, {}, {{"factor", 1}, {"offset", -3}}});
     }},
    {"exp", [](double x) { return std::exp(x); }, op("exp")},
    {"expm1", [](double x) { return std::expm1(x); }, op("expm1")},
    {"log", [](double x) { return std::log(x); }, op("log")},
    {"log1p", [](double x) { return std::log1p(x); }, op("log1p")},
    {"sqrt", [](double x) { return std::sqrt(x); }, op("sqrt")},
    {"abs", [](double x) { return std::abs(x); }, op("abs")},
    {"pow 0", [](double) { return 1.0; }, op("pow", {{"exponent", 0}})},
    {"pow 2", [](double x) { return x * x; }, op("pow", {{"exponent", 2}})},
    {"pow 3", [](double x) { return x * x * x; }, op("pow", {{"exponent", 3}})},
    {"pow 17", [](double x) { return std::pow(x, 17); }, op("pow", {{"exponent", 17}})},
    {"pow 20", [](double x) { return std::pow(x, 20); }, op("pow", {{"exponent", 20}})},
    {"pow -1", [](double x) { return 1 / x; }, op("pow", {{"exponent", -1}})},
    {"pow -5", [](double x) { return std::pow(x, -5); }, op("pow", {{"exponent", -5}})},
    {"pow 0.5", [](double x) { return std::sqrt(x); }, op("pow", {{"exponent", 0.5}})},
    {"pow 1.7", [](double x) { return std::pow(x, 1.7); }, op("pow", {{"exponent", 1.7}})},
    {"pow -0.3", [](double x) { return std::pow(x, -0.3); }, op("pow", {{"exponent", -0.3}})},
    {"pow 1e9", [](double x) { return std::pow(x, 1e9); }, op("pow", {{"exponent", 1e9}})},
};

// PyTorch's threshold_backward passes dy where its comparison is false, hardtanh_backward where it is true.
const Function gradients[] = {
    {"relu_backward", [](double y) { return y <= 0 ? 0.0 : 1.0; }, op("relu_backward", {}, true)},
    {"relu6_backward", [](double y) { return y > 0 && y < 6 ? 1.0 : 0.0; }, op("relu6_backward", {}, true)},
    {"leaky_relu_backward", [](double x) { return x > 0 ? 1 : 0.25; },
     op("leaky_relu_backward", {{"negative_slope", 0.25}}, true)},
    {"tanh_backward", [](double y) { return 1 - y * y; }, op("tanh_backward", {}, true)},
    {"sigmoid_backward", [](double y) { return y * (1 - y); }, op("sigmoid_backward", {}, true)},
    {"silu_backward",
     [](double x) {
       double s = sigmoid(x);
       return s + x * s * (1 - s);
     },
     op("silu_backward", {}, true)},
    {"gelu_backward",
     [](double x) {
       return 0.5 * (1 + std::erf(x * M_SQRT1_2)) + x * std::exp(-0.5 * x * x) / std::sqrt(2 * M_PI);
     },
     op("gelu_backward", {}, true)},
};

void checkSpecials(const Function& f, const Fusion& fusion) {
  FusedFunction fused(fusion, f.append);
  std::vector<float> x(fused.size()), y(fused.size());
  INFO(f.name << ", " << nameOf(fusion) << ", " << currentTarget());
  if (fused.mixes()) { // a NaN spreads in the sums in front of the function, but it stays one
    std::fill(x.begin(), x.end(), nan);
    fused(x.data(), y.data());
    REQUIRE(std::ranges::all_of(y, [](float value) { return std::isnan(value); }));
    return;
  }
  for (size_t i = 0; i < x.size(); ++i) x[i] = specials[i % count];
  fused(x.data(), y.data());
  for (size_t i = 0; i < 512; ++i) {
    // Of f32's own overflow, and of results below its normal numbers, which may be zero.
    double expected = f.expected(x[i]);
    if (f.expected(2) < 0 && std::abs(x[i]) > 1) continue; // the backward op of a function up to 1
    CAPTURE(x[i], y[i], expected);
    if (std::isnan(expected)) {
      REQUIRE(std::isnan(y[i]));
    } else if (std::abs(expected) > largest) {
      REQUIRE(y[i] == single(expected));
    } else {
      double bound =
          1e-6 * std::max(std::abs(expected), std::min(1.0, std::abs(expected) + std::abs(double(x[i]))));
      REQUIRE(std::abs(y[i] - expected) <= std::max(bound, x[i] <= -6 ? 1e-5 : 0) + 3e-38);
    }
  }
}

} // namespace

TEST_CASE("NaN, infinities and limits give what they give in PyTorch, wherever a function is fused") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Function& f : functions) checkSpecials(f, {Place::image});
    for (int i : {0, 1, 8, 9, 10}) checkSpecials(functions[i], {Place::direct});
    for (int i : {0, 5, 8}) checkSpecials(functions[i], {Place::image, true});
    for (int i : {1, 4}) checkSpecials(functions[i], {Place::batch});
    for (const Function& f : gradients) checkSpecials(f, {Place::batch});
    checkSpecials(gradients[0], {Place::batch, true});
    for (Place place : {Place::winograd, Place::depthwise, Place::linear, Place::batchConv})
      checkSpecials(functions[0], {place});
    checkSpecials(functions[5], {Place::winograd});
  }
}

namespace {

struct Pooled {
  double value, index;
};

/// PyTorch's max_pool2d of one window: the first of equal maxima, the last NaN; -infinity of nothing but
/// pads.
Pooled poolOf(const Array& x, int64_t y0, int64_t x0, int64_t size) {
  Pooled best{-infinity, 0};
  bool empty = true;
  for (int64_t ky = 0; ky < size; ++ky) {
    for (int64_t kx = 0; kx < size; ++kx) {
      if (y0 + ky < 0 || y0 + ky >= x.shape[2] || x0 + kx < 0 || x0 + kx >= x.shape[3]) continue;
      double value = x(0, 0, y0 + ky, x0 + kx);
      if (empty || value > best.value || std::isnan(value)) best = {value, double(ky * size + kx)};
      empty = false;
    }
  }
  return best;
}

/// A picture of one channel with a special value at every few places.
Array spoiled(int64_t height, int64_t width, int every) {
  Array x = randomArray({1, 1, height, width}, 5);
  const double values[] = {nan, infinity, -infinity, -nan, -0.0};
  for (int64_t i = every / 2; i < x.size(); i += every) x.values[i] = values[(i / every) % 5];
  return x;
}

bool same(double a, double b) {
  return a == b || (std::isnan(a) && std::isnan(b));
}

/// A call on one image in a layout that `inputs` and the output have.
Array callOnce(const Kernel& k, const std::vector<Array>& inputs) {
  Loaded loaded(k);
  std::vector<Buffer> buffers;
  std::vector<const void*> pointers;
  for (size_t i = 0; i < inputs.size(); ++i) buffers.push_back(pack(k.inputs[i], inputs[i]));
  for (const Buffer& buffer : buffers) pointers.push_back(buffer.data());
  Buffer output(blockElements(k.outputs[0]) * bytesOf(k.outputs[0].element));
  loaded.call(pointers, {}, {output.data()});
  return unpack(k.outputs[0], output, 1);
}

} // namespace

TEST_CASE("Max pooling keeps NaN and infinities, alone and with its indices") {
  struct Case {
    int64_t size, stride, padding, height, width;
  };
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Case& c : {Case{2, 2, 0, 8, 12}, Case{3, 2, 1, 9, 11}, Case{1, 1, 0, 4, 4},
                          Case{6, 3, 0, 12, 15}, Case{8, 8, 0, 16, 24}, Case{2, 2, 2, 4, 4}}) {
      Array x = spoiled(c.height, c.width, 4);
      int64_t high = (c.height + 2 * c.padding - c.size) / c.stride + 1;
      int64_t wide = (c.width + 2 * c.padding - c.size) / c.stride + 1;
      for (const char* name : {"max_pool", "max_pool_index"}) {
        for (bool batch : {false, true}) {
          if (!batch && std::string(name) == "max_pool_index") continue;
          Kernel k;
          k.target = currentTarget();
          Op pool{name, {0}, {1, high, wide}};
          int64_t p = c.padding;
          pool.ints = {
              {"kernel", {c.size, c.size}}, {"stride", {c.stride, c.stride}}, {"padding", {p, p, p, p}}};
          k.inputs = {batch ? batchLanes(1, c.height, c.width) : channelLanes(1, c.height, c.width)};
          k.outputs = {batch ? batchLanes(1, high, wide) : channelLanes(1, high, wide)};
          k.ops = {pool}, k.results = {1};
          Array y = callOnce(k, {x});
          for (int64_t i = 0; i < high; ++i) {
            for (int64_t j = 0; j < wide; ++j) {
              Pooled expected = poolOf(x, i * c.stride - p, j * c.stride - p, c.size);
              CAPTURE(name, batch, target, c.size, i, j, expected.value, y(0, 0, i, j));
              REQUIRE(same(y(0, 0, i, j), std::string(name) == "max_pool" ? expected.value : expected.index));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("Max pooling in a convolution's store keeps NaN and infinities") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (int64_t size : {2, 3}) {
      for (bool exact : {false, true}) {
        if (exact && size > 2) continue;
        for (const char* activation : {"", "relu", "gelu"}) {
          // One input channel: each output is that number times one.
          kernel::PlanOptions options{target, exact, {size, size}};
          options.choice.direct = true;
          kernel::ConvShape shape{1, 6 * size, 8 * size, 16, 1, 1};
          kernel::InferencePlan plan = planConv(shape, options);
          Array weights({16, 1, 1, 1}, 1);
          std::vector<Array> packed =
              run(packKernel(plan, {weights.shape, true}, target), {weights, Array({16})}, 1);
          Kernel k;
          k.target = target, k.exact = exact;
          k.inputs = {plain({1, 6 * size, 8 * size}), plain(plan.packedWeights), plain(plan.packedBias)};
          std::vector<int64_t> convolved{16, 6 * size, 8 * size};
          int value = appendCompute(k, plan, 0, 1, 2, convolved);
          if (*activation) k.ops.push_back({activation, {value}, convolved}), ++value;
          Op pool{"max_pool", {value}, {16, 6, 8}};
          pool.ints = {{"kernel", {size, size}}, {"stride", {size, size}}, {"padding", {0, 0, 0, 0}}};
          k.ops.push_back(pool);
          k.results = {value + 1};
          k.outputs = {channelLanes(16, 6, 8)};
          k.schedule = chooseSchedule(k);
          Array x = spoiled(6 * size, 8 * size, 7), before = x;
          for (double& number : before.values) {
            if (std::string(activation) == "relu") number = number < 0 ? 0 : number;
            if (std::string(activation) == "gelu") number = number * 0.5 * (1 + std::erf(number * M_SQRT1_2));
          }
          Array y = callOnce(k, {x, packed[0], packed[1]});
          for (int64_t i = 0; i < 6; ++i) {
            for (int64_t j = 0; j < 8; ++j) {
              double expected = poolOf(before, i * size, j * size, size).value;
              for (int64_t channel : {0, 15}) {
                double actual = y(0, channel, i, j);
                CAPTURE(target, size, exact, activation, i, j, expected, actual);
                REQUIRE((same(actual, expected) ||
                         std::abs(actual - expected) <= 1e-6 * (1 + std::abs(expected))));
              }
            }
          }
        }
      }
    }
  }
}
