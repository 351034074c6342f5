//===- elementwise_test.cpp - Activations, arithmetic and dropout ------------------------------------===//

#include "runner.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

using namespace cnn;
using namespace cnn::test;

namespace {

/// One op on tensors [5, 3, 7] of batch lanes.
Array apply(const Op& op, const std::vector<Array>& inputs, int64_t images,
            std::vector<kernel::Scalar> scalars = {}, std::map<std::string, double> values = {}) {
  Kernel k;
  k.target = currentTarget();
  for (const Array& input : inputs) {
    bool lanes = input.shape.size() == 4;
    k.inputs.push_back(lanes ? batchLanes(input.shape[1], input.shape[2], input.shape[3])
                             : plain(input.shape));
  }
  k.scalars = std::move(scalars);
  k.ops = {op};
  k.results = {static_cast<int>(inputs.size())};
  k.outputs = {batchLanes(op.shape[0], op.shape[1], op.shape[2], 1)};
  return run(k, inputs, images, values)[0];
}

struct Unary {
  const char* name;
  std::function<double(double)> value;
  Op extra = {};
};

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
double phi(double x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * M_PI);
}
double cumulative(double x) {
  return 0.5 * std::erfc(-x / std::sqrt(2.0));
}
double tanhInner(double x) {
  return std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
}

Op withFloat(const char* name, double value) {
  Op op;
  op.floats[name] = value;
  return op;
}
Op withInt(const char* name, int64_t value) {
  Op op;
  op.ints[name] = {value};
  return op;
}

const Unary unary[] = {
    {"relu", [](double x) { return std::max(x, 0.0); }},
    {"relu6", [](double x) { return std::clamp(x, 0.0, 6.0); }},
    {"leaky_relu", [](double x) { return x > 0 ? x : 0.2 * x; }, withFloat("negative_slope", 0.2)},
    {"sigmoid", sigmoid},
    {"tanh", [](double x) { return std::tanh(x); }},
    {"silu", [](double x) { return x * sigmoid(x); }},
    {"gelu", [](double x) { return x * cumulative(x); }},
    {"gelu", [](double x) { return 0.5 * x * (1 + std::tanh(tanhInner(x))); }, withInt("tanh", 1)},
    {"scale", [](double x) { return 3 * x - 0.5; },
     [] {
       Op op = withFloat("factor", 3);
       op.floats["offset"] = -0.5;
       return op;
     }()},
};

struct Backward {
  const char* name;
  std::function<double(double, double)> value;
  Op extra = {};
};

const Backward backward[] = {
    {"relu_backward", [](double dy, double y) { return y > 0 ? dy : 0; }},
    {"relu6_backward", [](double dy, double y) { return y > 0 && y < 6 ? dy : 0; }},
    {"leaky_relu_backward", [](double dy, double x) { return x > 0 ? dy : 0.2 * dy; },
     withFloat("negative_slope", 0.2)},
    {"sigmoid_backward", [](double dy, double y) { return dy * y * (1 - y); }},
    {"tanh_backward", [](double dy, double y) { return dy * (1 - y * y); }},
    {"silu_backward", [](double dy, double x) { return dy * sigmoid(x) * (1 + x * (1 - sigmoid(x))); }},
    {"gelu_backward", [](double dy, double x) { return dy * (cumulative(x) + x * phi(x)); }},
    {"gelu_backward",
     [](double dy, double x) {
       double t = std::tanh(tanhInner(x)), slope = std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
       return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * slope);
     },
     withInt("tanh", 1)},
    {"add", [](double a, double b) { return a + b; }},
    {"sub", [](double a, double b) { return a - b; }},
    {"mul", [](double a, double b) { return a * b; }},
    {"div", [](double a, double b) { return a / b; }},
    {"max", [](double a, double b) { return std::max(a, b); }},
    {"min", [](double a, double b) { return std::min(a, b); }},
    {"less", [](double a, double b) { return a < b ? 1 : 0; }},
    {"equal", [](double a, double b) { return a == b ? 1 : 0; }},
};

} // namespace

TEST_CASE("Activations are the functions of their names, small and large") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Unary& f : unary) {
      INFO(f.name);
      Array x = randomArray({19, 5, 3, 7}, 1), expected = x;
      for (int64_t i = 0; i < x.size(); ++i) {
        x.values[i] = static_cast<float>(x.values[i] * std::pow(10.0, double(i % 6) - 3));
        expected.values[i] = f.value(x.values[i]);
      }
      Op op = f.extra;
      op.name = f.name, op.operands = {0}, op.shape = {5, 3, 7};
      Array actual = apply(op, {x}, 19);
      requireClose(actual, expected);
      // Each value by itself, too: few units in the last place, or of 1 where terms cancel.
      for (int64_t i = 0; i < x.size(); ++i) {
        CAPTURE(x.values[i]);
        std::string name = f.name;
        bool cancels = name == "gelu" || name == "silu" || name == "scale";
        double scale = std::abs(expected.values[i]) + (cancels ? std::min(1.0, std::abs(x.values[i])) : 0);
        REQUIRE(std::abs(actual.values[i] - expected.values[i]) <= 6e-7 * scale + 1e-37);
      }
    }
  }
}

TEST_CASE("Backward activations and arithmetic") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Backward& f : backward) {
      INFO(f.name);
      Array a = randomArray({19, 5, 3, 7}, 1), b = randomArray({19, 5, 3, 7}, 2), expected = a;
      for (int64_t i = 0; i < a.size(); ++i) {
        b.values[i] = static_cast<float>(b.values[i] * 4);
        expected.values[i] = f.value(a.values[i], b.values[i]);
      }
      Op op = f.extra;
      op.name = f.name, op.operands = {0, 1}, op.shape = {5, 3, 7};
      requireClose(apply(op, {a, b}, 19), expected);
    }
  }
}

TEST_CASE("Comparisons and choices of NaN, infinities, zeros and equal numbers") {
  constexpr float infinity = std::numeric_limits<float>::infinity(),
                  nan = std::numeric_limits<float>::quiet_NaN();
  const float specials[] = {nan, infinity, -infinity, 0.0f, -0.0f, 1.0f, -1.0f, 3e38f};
  auto largest = [](double a, double b) { return std::isnan(a) || a > b ? a : b; };
  auto smallest = [](double a, double b) { return std::isnan(a) || a < b ? a : b; };
  const std::pair<const char*, std::function<double(double, double)>> functions[] = {
      {"max", largest},
      {"min", smallest},
      {"div", [](double a, double b) { return a / b; }},
      {"less", [](double a, double b) { return a < b ? 1 : 0; }},
      {"equal", [](double a, double b) { return a == b ? 1 : 0; }},
      {"select", [](double a, double b) { return a != 0 ? a : b; }}};
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto& [name, function] : functions) {
      Array a = randomArray({19, 5, 3, 7}, 1), b = a;
      for (int64_t i = 0; i < a.size(); ++i) a.values[i] = specials[i % 8], b.values[i] = specials[i / 8 % 8];
      bool selects = name == std::string("select");
      // NaN marks what was not written: a number stands in for it in the result.
      constexpr float forNaN = 12345;
      Array marker = a;
      std::ranges::fill(marker.values, forNaN);
      const std::vector<int64_t> shape = {5, 3, 7};
      Kernel k;
      k.target = currentTarget();
      k.inputs = {batchLanes(5, 3, 7), batchLanes(5, 3, 7), batchLanes(5, 3, 7)};
      k.ops = {{name, selects ? std::vector<int>{0, 0, 1} : std::vector<int>{0, 1}, shape},
               {"equal", {3, 3}, shape},
               {"select", {4, 3, 2}, shape}};
      k.results = {5};
      k.outputs = {batchLanes(5, 3, 7)};
      Array actual = run(k, {a, b, marker}, 19)[0];
      for (int64_t i = 0; i < a.size(); ++i) {
        auto expected = static_cast<float>(function(a.values[i], b.values[i]));
        INFO(name << " of " << a.values[i] << " and " << b.values[i] << " gives " << actual.values[i]);
        REQUIRE(actual.values[i] == (std::isnan(expected) ? forNaN : expected));
      }
    }
  }
}

TEST_CASE("Arithmetic repeats extents of 1, and aligns operands without a batch at the last dimension") {
  Array x = randomArray({5, 6, 4, 3}, 1), gate = randomArray({5, 6, 1, 1}, 2),
        mask = randomArray({5, 1, 4, 3}, 3);
  Array bias = randomArray({6, 1, 1}, 4), row = randomArray({3}, 5), rows = randomArray({1, 4, 1}, 6);
  Array gated = x, biased = x, outer = x, columns = x, lines = x;
  for (int64_t n = 0; n < 5; ++n) {
    for (int64_t c = 0; c < 6; ++c) {
      for (int64_t y = 0; y < 4; ++y) {
        for (int64_t i = 0; i < 3; ++i) {
          gated(n, c, y, i) = x(n, c, y, i) * gate(n, c, 0, 0);
          biased(n, c, y, i) = bias.values[c] - x(n, c, y, i);
          outer(n, c, y, i) = gate(n, c, 0, 0) + mask(n, 0, y, i);
          columns(n, c, y, i) = x(n, c, y, i) * row.values[i];
          lines(n, c, y, i) = x(n, c, y, i) * rows.values[y];
        }
      }
    }
  }
  requireClose(apply({"mul", {0, 1}, {6, 4, 3}}, {x, gate}, 5), gated);
  requireClose(apply({"sub", {0, 1}, {6, 4, 3}}, {bias, x}, 5), biased);
  requireClose(apply({"add", {0, 1}, {6, 4, 3}}, {gate, mask}, 5), outer);
  requireClose(apply({"mul", {0, 1}, {6, 4, 3}}, {x, row}, 5), columns);
  requireClose(apply({"mul", {0, 1}, {6, 4, 3}}, {x, rows}, 5), lines);
}

TEST_CASE("Dropout drops what Philox says, forward and backward alike") {
  // Philox4x32-10's known answer for counter 0 and key 0 (Random123): the first four elements of image 0.
  const double words[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  std::vector<kernel::Scalar> scalars = {{"seed_low", kernel::ScalarType::u32},
                                         {"seed_high", kernel::ScalarType::u32},
                                         {"step", kernel::ScalarType::u32},
                                         {"first_image"}};
  std::map<std::string, double> values = {{"seed_low", 0}, {"seed_high", 0}, {"step", 0}};
  Array x({40, 3, 5, 4}, 1);
  for (double p : {0.3, 0.5, 0.7, 0.9, 0.0}) {
    Op op{"dropout", {0}, {3, 5, 4}};
    op.floats["p"] = p;
    op.ints["stream"] = {0};
    Array y = apply(op, {x}, 40, scalars, values);
    int64_t kept = 0;
    for (double value : y.values) {
      REQUIRE((value == 0 || std::abs(value - 1 / (1 - p)) < 1e-5));
      kept += value != 0;
    }
    for (int i = 0; i < 4; ++i) REQUIRE((y.values[i] != 0) == (words[i] >= std::floor(p * 4294967296.0)));
    REQUIRE(std::abs(double(kept) / double(y.size()) - (1 - p)) < 0.04);
    op.name = "dropout_backward";
    requireClose(apply(op, {x}, 40, scalars, values), y);
    op.ints["stream"] = {1};
    if (p > 0) REQUIRE(apply(op, {x}, 40, scalars, values).values != y.values);
  }
}

TEST_CASE("Stochastic depth drops the images that Philox says, forward and backward alike") {
  const double words[] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}; // as above: of images 0 to 3
  std::vector<kernel::Scalar> scalars = {{"seed_low", kernel::ScalarType::u32},
                                         {"seed_high", kernel::ScalarType::u32},
                                         {"step", kernel::ScalarType::u32},
                                         {"first_image"}};
  std::map<std::string, double> values = {{"seed_low", 0}, {"seed_high", 0}, {"step", 0}};
  Array x = randomArray({400, 3, 5, 4}, 1);
  for (double p : {0.3, 0.65, 0.9}) {
    Op op{"stochastic_depth", {0}, {3, 5, 4}};
    op.floats["p"] = p;
    op.ints["stream"] = {0};
    Array y = apply(op, {x}, 400, scalars, values);
    int64_t kept = 0;
    for (int64_t n = 0; n < 400; ++n) {
      bool keeps = y.values[n * 60] != 0;
      if (n < 4) REQUIRE(keeps == (words[n] >= std::floor(p * 4294967296.0)));
      for (int64_t i = n * 60; i < (n + 1) * 60; ++i)
        REQUIRE(std::abs(y.values[i] - (keeps ? x.values[i] / (1 - p) : 0)) < 1e-4);
      kept += keeps;
    }
    REQUIRE(std::abs(double(kept) / 400 - (1 - p)) < 0.08);
    op.name = "stochastic_depth_backward";
    requireClose(apply(op, {x}, 400, scalars, values), y);
  }
}
