//===- vector_math_test.cpp - exp, tanh, erf, log and what is made of them, wherever it is fused -----===//
//
// A run without arguments tries the neighbourhoods of all points where e^x rounds its exponent, and a sample
// of all floats; [every] tries all of them, which takes minutes a function.
//
//===---------------------------------------------------------------------------------------------------===//

#include "double_functions.h"
#include "fused_function.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

using namespace cnn;
using namespace cnn::test;

namespace {

struct Function {
  const char* name;
  DoubleFunction expected;
  bool gradient = false; ///< a backward op: dy and x
  Append append = {};    ///< empty: softmax, log softmax over two channels
  double range = 3e38;   ///< up to which |x| it is tried
  double least = -3e38;  ///< from which x on
};

/// One op of the value, or of a gradient of ones and the value.
Append op(const char* name, bool gradient = false, std::map<std::string, std::vector<int64_t>> ints = {}) {
  return [=](Kernel& kernel, int value, int ones) {
    Op added{name, gradient ? std::vector<int>{ones, value} : std::vector<int>{value}, {}};
    added.ints = ints;
    return appendOp(kernel, added);
  };
}

Append power(double exponent) {
  return [=](Kernel& kernel, int value, int) {
    return appendOp(kernel, {"pow", {value}, {}, {}, {{"exponent", exponent}}});
  };
}

// In the slope of gelu by tanh 0 meets x^3.
const Function functions[] = {
    {"sigmoid", sigmoidOf, false, op("sigmoid")},
    {"tanh", tanhOf, false, op("tanh")},
    {"silu", siluOf, false, op("silu")},
    {"gelu", geluOf, false, op("gelu")},
    {"gelu_by_tanh", geluByTanhOf, false, op("gelu", false, {{"tanh", {1}}})},
    {"silu_backward", siluGradientOf, true, op("silu_backward", true)},
    {"gelu_backward", geluGradientOf, true, op("gelu_backward", true)},
    {"gelu_by_tanh_backward", geluByTanhGradientOf, true, op("gelu_backward", true, {{"tanh", {1}}}), 1e12},
    {"exp", expOf, false, op("exp"), 87},
    {"expm1", expm1Of, false, op("expm1"), 88},
    {"log", logOf, false, op("log"), 3e38, 1.2e-38},
    {"log1p", log1pOf, false, op("log1p"), 3e38, -0.9999999},
    {"pow", powOf, false, power(2.5), 1e15, 1e-15},
    {"softmax", sigmoidOf},
    {"log_softmax", logSigmoidOf},
};

/// Softmax of x and 0 is the sigmoid of x.
class PairFunction {
public:
  PairFunction(const char* name, bool batch, bool exact) : batch(batch) {
    Kernel k;
    k.target = currentTarget();
    k.exact = exact;
    lanes = kernel::vectorLanes(k.target);
    Tensor form = batch ? batchLanes(2, pixels / lanes / 4, 4) : channelLanes(2, pixels / 64, 64);
    k.inputs = {form}, k.outputs = {form};
    k.ops = {{name, {0}, form.shape}};
    k.results = {1};
    k.schedule = chooseSchedule(k);
    loaded = std::make_unique<Loaded>(k);
    input = Buffer(blockElements(form) * 4), output = Buffer(blockElements(form) * 4);
    std::fill_n(input.floats(), blockElements(form), 0.0f);
  }
  static constexpr int64_t pixels = 1 << 14;
  void operator()(const float* x, float* y) {
    int64_t step = batch ? 1 : lanes;
    for (int64_t i = 0; i < pixels; ++i) input.floats()[i * step] = x[i];
    loaded->call({input.data()}, {}, {output.data()});
    for (int64_t i = 0; i < pixels; ++i) y[i] = output.floats()[i * step];
  }

private:
  bool batch;
  int64_t lanes;
  std::unique_ptr<Loaded> loaded;
  Buffer input, output;
};

/// A function in one place, on one machine.
struct Compiled {
  std::string name;
  int64_t size;
  std::function<void(const float*, float*)> compute;
  std::function<void(const float*, float*)> argument = {}; ///< where it is not x
};

/// `few`: a third of the places, others for each function, and those of the function alone.
std::vector<Compiled> compileEverywhere(const Function& f, bool few) {
  std::vector<Compiled> all;
  auto rank = &f - functions;
  for (const std::string& target : testTargets()) {
    useTarget(target);
    std::string machine = std::to_string(kernel::vectorLanes(target)) + " lanes, ";
    if (!f.append) {
      for (bool batch : {false, true}) {
        for (bool exact : {false, true}) {
          auto pair = std::make_shared<PairFunction>(f.name, batch, exact);
          all.push_back({machine + (batch ? "batch" : "image") + (exact ? ", exact" : ""),
                         PairFunction::pixels, [=](const float* x, float* y) { (*pair)(x, y); }});
        }
      }
      continue;
    }
    for (const Fusion& fusion : fusions()) {
      if (f.gradient && !isTraining(fusion.place)) continue;
      bool alone = fusion.place == Place::image || fusion.place == Place::batch;
      if (few && !f.gradient && !alone && rank++ % 3 != 0) continue;
      auto fused = std::make_shared<FusedFunction>(fusion, f.append);
      Compiled compiled{machine + nameOf(fusion), fused->size(),
                        [=](const float* x, float* y) { (*fused)(x, y); }};
      if (fused->changesArgument())
        compiled.argument = [=](const float* x, float* z) { fused->argument(x, z); };
      all.push_back(compiled);
    }
  }
  return all;
}

/// Rounding errors of the functions, relative to the sizes in double_functions.h, and what is too small for
/// them.
constexpr double bound = 6e-7, tiny = 4e-37;
/// Where the argument is computed, in a kernel of its own it may differ by this much of itself. Tiles of
/// Winograd's convolution have numbers that differ by a factor of 16.
constexpr double argumentError = 4e-6;

class Comparison {
public:
  Comparison(const Function& f, bool few) : f(f), compiled(compileEverywhere(f, few)) {
    for (const Compiled& c : compiled) largest = std::max(largest, c.size);
    y.resize(largest), z.resize(largest), value.resize(largest), size.resize(largest);
    for (auto* other : {&low, &high, &unused}) other->resize(largest);
  }

  /// `count` values; a multiple of what each place computes at once is taken, the last value repeated.
  void check(std::vector<float> x) {
    x.resize((x.size() + largest - 1) / largest * largest, x.back());
    for (size_t start = 0; start < x.size(); start += largest) checkPart(&x[start]);
  }

  void checkPart(const float* x) {
    f.expected(x, value.data(), size.data(), int(largest));
    for (const Compiled& c : compiled) {
      for (int64_t at = 0; at < largest; at += c.size) {
        c.compute(x + at, y.data());
        if (c.argument)
          compareAround(c, x + at);
        else
          compare(c, x + at, &value[at], nullptr, &size[at]);
      }
    }
  }

  void finish() const {
    INFO(f.name << ": " << report);
    CHECK(failures == 0);
  }

private:
  void compare(const Compiled& c, const float* x, const double* expected, const double* spread,
               const double* scale) {
    int64_t wrong = 0;
    for (int64_t i = 0; i < c.size; ++i) {
      double most = bound * scale[i] + tiny + (spread ? spread[i] : 0);
      wrong += !(std::abs(y[i] - expected[i]) <= most);
    }
    if (wrong == 0) return;
    failures += wrong;
    if (!report.empty()) return;
    for (int64_t i = 0; i < c.size && report.empty(); ++i) {
      double most = bound * scale[i] + tiny + (spread ? spread[i] : 0);
      if (std::abs(y[i] - expected[i]) <= most) continue;
      char text[200];
      std::snprintf(text, sizeof text, "%s: of %.9g expected %.9g, found %.9g", c.name.c_str(), x[i],
                    expected[i], y[i]);
      report = text;
    }
  }

  /// The argument is not exactly known: the function's value may be any near it.
  void compareAround(const Compiled& c, const float* x) {
    c.argument(x, z.data());
    std::vector<float> below(z.begin(), z.begin() + c.size), above = below;
    for (float& number : below) number = float(number * (1 - argumentError));
    for (float& number : above) number = float(number * (1 + argumentError));
    f.expected(below.data(), low.data(), unused.data(), int(c.size));
    f.expected(above.data(), high.data(), unused.data(), int(c.size));
    for (int64_t i = 0; i < c.size; ++i) high[i] = std::abs(high[i] - low[i]);
    // The largest numbers overflow in Winograd's transforms.
    for (int64_t i = 0; i < c.size; ++i)
      if (!std::isfinite(z[i])) z[i] = y[i] = 0, high[i] = 1;
    f.expected(z.data(), low.data(), unused.data(), int(c.size));
    compare(c, z.data(), low.data(), high.data(), unused.data());
  }

  const Function& f;
  std::vector<Compiled> compiled;
  int64_t largest = 0, failures = 0;
  std::string report;
  std::vector<float> y, z;
  std::vector<double> value, size, low, high, unused;
};

/// The x at which an increasing function reaches `goal`.
template <typename Increasing> double solve(Increasing of, double goal) {
  double low = 0, high = 200;
  for (int i = 0; i < 80; ++i) {
    double middle = (low + high) / 2;
    (of(middle) < goal ? low : high) = middle;
  }
  return low;
}

/// All x whose e^x, in one of the functions, has an argument next to (k + 1/2) ln 2.
std::vector<float> roundingPoints() {
  std::vector<float> points;
  auto around = [&](double x) {
    auto bits = std::bit_cast<uint32_t>(float(x));
    for (int ulp = -12; ulp <= 12; ++ulp) {
      auto near = std::bit_cast<float>(bits + uint32_t(ulp));
      points.push_back(near), points.push_back(-near);
    }
  };
  for (int k = 0; k <= 128; ++k) {
    double goal = (k + 0.5) * M_LN2;
    around(goal);                // sigmoid, softmax
    around(goal / 2);            // tanh
    around(std::sqrt(2 * goal)); // the density in gelu's slope
    around(solve([](double x) { return 2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x); }, goal));
    if (goal < 700)
      around(solve([](double x) { return -std::log(std::erfc(std::min(x * M_SQRT1_2, 26.0))); }, goal));
  }
  std::ranges::sort(points);
  return points;
}

bool isTried(const Function& f, float x) {
  return std::abs(x) <= f.range && x >= f.least; // false of NaN
}

std::vector<float> tried(const Function& f, std::vector<float> values) {
  std::erase_if(values, [&](float x) { return !isTried(f, x); });
  return values;
}

void checkEvery(const std::string& name) {
  const Function& f = *std::ranges::find(functions, name, &Function::name);
  Comparison comparison(f, false);
  constexpr uint64_t part = 1 << 20;
  for (uint64_t start = 0; start < uint64_t(1) << 32; start += part) {
    std::vector<float> x(part);
    for (uint64_t i = 0; i < part; ++i) x[i] = std::bit_cast<float>(uint32_t(start + i));
    x = tried(f, std::move(x));
    if (!x.empty()) comparison.check(std::move(x));
  }
  comparison.finish();
}

} // namespace

TEST_CASE("The vector functions hold next to every rounding of an exponent, wherever they are fused") {
  std::vector<float> points = roundingPoints(), sample;
  for (uint64_t bits = 77; bits < uint64_t(1) << 32; bits += 32749)
    sample.push_back(std::bit_cast<float>(uint32_t(bits)));
  for (const Function& f : functions) {
    Comparison comparison(f, true);
    comparison.check(tried(f, points));
    comparison.check(tried(f, sample));
    comparison.finish();
  }
}

#define EVERY(name)                                                                                          \
  TEST_CASE(name " of every finite float", "[.every]") {                                                     \
    checkEvery(name);                                                                                        \
  }
EVERY("sigmoid")
EVERY("tanh")
EVERY("silu")
EVERY("gelu")
EVERY("gelu_by_tanh")
EVERY("silu_backward")
EVERY("gelu_backward")
EVERY("gelu_by_tanh_backward")
EVERY("exp")
EVERY("expm1")
EVERY("log")
EVERY("log1p")
EVERY("pow")
EVERY("softmax")
EVERY("log_softmax")
