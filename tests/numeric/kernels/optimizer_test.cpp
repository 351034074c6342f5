//===- optimizer_test.cpp - optimizers against PyTorch's rules ------------------------------===//

#include "runner.h"

#include <cnn/recipe.h>

#include <catch2/catch.hpp>

#include <cmath>
#include <set>

using namespace cnn;
using namespace cnn::test;
using kernel::ScalarType;

namespace {

constexpr int64_t count = 112;

using Hyper = cnn_hyper;

/// These hyper-parameters, the others 0.
Hyper with(std::initializer_list<std::pair<double Hyper::*, double>> values) {
  Hyper hyper{};
  for (auto [field, value] : values) hyper.*field = value;
  return hyper;
}

/// As cnnc makes it for these hyper-parameters.
Kernel updateKernel(const OptimizerKind& kind, const Hyper& hyper) {
  Kernel k;
  k.target = currentTarget();
  k.inputs = k.outputs = {plain({16})};
  k.scalars = {{"count"}};
  for (const char* scalar : kind.scalars) k.scalars.push_back({scalar, ScalarType::f32});
  Op op{kind.name + std::string("_update"), {0}, {16}};
  for (const auto& argument : kind.arguments)
    if (argument.is.kind == NumberKind::flag) op.ints[argument.name] = {hyper.*argument.field != 0};
  for (const OptimizerState& state : kind.states)
    if (state.kept(hyper)) {
      op.ints[state.name] = {int64_t(k.outputs.size())};
      k.outputs.push_back(plain({16}));
    }
  k.ops = {op};
  k.results.assign(k.outputs.size(), 1);
  return k;
}

/// The state of one element and its reference in doubles.
struct Run {
  const OptimizerKind& kind;
  const Hyper hyper;
  Loaded loaded;
  std::vector<Buffer> states;
  std::vector<std::vector<double>> expected;

  Run(int32_t optimizer, const Hyper& hyper)
      : kind(optimizerKinds[optimizer]), hyper(hyper), loaded(updateKernel(kind, hyper)) {
    const Kernel k = updateKernel(kind, hyper);
    for (size_t s = 0; s < k.outputs.size(); ++s) {
      Array first = s == 0 ? randomArray({count}, 9) : Array({count});
      states.push_back(pack(plain({count}), first));
      expected.push_back(first.values);
    }
  }
  /// Step number t, from 1.
  void step(const Array& g, int t) {
    std::map<std::string, double> scalars{{"count", count}};
    std::vector<float> values(size_t(kind.scalars.count));
    kind.fill(hyper, t, values.data());
    for (int i = 0; i < kind.scalars.count; ++i) scalars[kind.scalars.items[i]] = values[size_t(i)];
    Buffer gradient = pack(plain({count}), g);
    std::vector<void*> outputs;
    for (Buffer& state : states) outputs.push_back(state.data());
    loaded.call({gradient.data()}, scalars, outputs);
    for (Buffer& state : states) REQUIRE(state.guardsIntact());
  }
  void check() {
    for (size_t s = 0; s < states.size(); ++s) {
      Array actual({count}), wanted({count});
      wanted.values = expected[s];
      for (int64_t i = 0; i < count; ++i) actual.values[i] = states[s].floats()[i];
      requireClose(actual, wanted, 2e-6);
    }
  }
};

} // namespace

TEST_CASE("SGD with momentum, dampening, weight decay and Nesterov") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (int variant = 0; variant < 3; ++variant) {
      bool momentum = variant > 0, nesterov = variant == 2;
      double m = momentum ? 0.9 : 0, dampening = variant == 1 ? 0.2 : 0;
      Run run(CNN_SGD, with({{&Hyper::lr, 0.1},
                             {&Hyper::momentum, m},
                             {&Hyper::dampening, dampening},
                             {&Hyper::weight_decay, 0.01},
                             {&Hyper::nesterov, nesterov}}));
      for (int t = 1; t <= 4; ++t) {
        Array g = randomArray({count}, unsigned(t));
        run.step(g, t);
        for (int64_t i = 0; i < count; ++i) {
          double& p = run.expected[0][i];
          double d = g.values[i] + 0.01 * p;
          if (momentum) {
            double& buffer = run.expected[1][i];
            buffer = t == 1 ? d : m * buffer + (1 - dampening) * d;
            d = nesterov ? d + m * buffer : buffer;
          }
          p -= 0.1 * d;
        }
        run.check();
      }
    }
  }
}

TEST_CASE("Adam and AdamW") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (bool decoupled : {false, true}) {
      double beta1 = 0.9, beta2 = 0.999, decay = 0.05, lr = 0.01, eps = 1e-8;
      Run run(decoupled ? CNN_ADAMW : CNN_ADAM, with({{&Hyper::lr, lr},
                                                      {&Hyper::beta1, beta1},
                                                      {&Hyper::beta2, beta2},
                                                      {&Hyper::eps, eps},
                                                      {&Hyper::weight_decay, decay}}));
      for (int t = 1; t <= 5; ++t) {
        Array g = randomArray({count}, unsigned(t));
        run.step(g, t);
        for (int64_t i = 0; i < count; ++i) {
          double& p = run.expected[0][i];
          double& mean = run.expected[1][i];
          double& square = run.expected[2][i];
          double d = g.values[i];
          if (decoupled)
            p *= 1 - lr * decay;
          else
            d += decay * p;
          mean = beta1 * mean + (1 - beta1) * d;
          square = beta2 * square + (1 - beta2) * d * d;
          p -= lr / (1 - std::pow(beta1, t)) * mean / (std::sqrt(square / (1 - std::pow(beta2, t))) + eps);
        }
        run.check();
      }
    }
  }
}

// What torch.optim of PyTorch 2.15 gives in f64 after five steps, from i / 8 - 1 with the gradients cos(i +
// t).
TEST_CASE("five steps of each optimizer are PyTorch's") {
  const struct {
    int32_t optimizer;
    std::initializer_list<std::pair<double Hyper::*, double>> given; // the others as by default
    double expected[4];
  } cases[] = {
      {CNN_SGD,
       {{&Hyper::lr, 0.1}, {&Hyper::momentum, 0.9}, {&Hyper::weight_decay, 0.01}, {&Hyper::nesterov, 1}},
       {-0.602545314, -0.298457604, -0.510956348, -0.931673038}},
      {CNN_ADAM,
       {{&Hyper::lr, 0.1}, {&Hyper::weight_decay, 0.01}},
       {-0.948231027, -0.508957008, -0.514511504, -0.625035474}},
      {CNN_ADAMW, {{&Hyper::lr, 0.1}}, {-0.948674345, -0.507240088, -0.513645522, -0.625333553}},
      {CNN_RMSPROP, {}, {-0.928682631, -0.713010538, -0.724653933, -0.68884593}},
      {CNN_RMSPROP,
       {{&Hyper::lr, 0.02}, {&Hyper::alpha, 0.9}, {&Hyper::momentum, 0.8}, {&Hyper::weight_decay, 0.01}},
       {-0.916633932, -0.473019224, -0.574672239, -0.672376665}},
      {CNN_RMSPROP,
       {{&Hyper::lr, 0.02},
        {&Hyper::alpha, 0.9},
        {&Hyper::momentum, 0.8},
        {&Hyper::centered, 1},
        {&Hyper::eps, 1e-3}},
       {-0.92418854, -0.43834957, -0.557034426, -0.670514685}},
      {CNN_RMSPROP,
       {{&Hyper::alpha, 0.9}, {&Hyper::centered, 1}, {&Hyper::eps, 1e-2}},
       {-0.97595778, -0.822087602, -0.742454057, -0.646754304}},
      {CNN_ADAGRAD, {}, {-0.992915939, -0.858757473, -0.747369674, -0.631320957}},
      {CNN_ADAGRAD,
       {{&Hyper::lr, 0.1},
        {&Hyper::lr_decay, 0.5},
        {&Hyper::weight_decay, 0.01},
        {&Hyper::initial_accumulator_value, 0.25},
        {&Hyper::eps, 1e-4}},
       {-0.988889001, -0.757092037, -0.674348539, -0.620072014}},
  };
  for (const std::string& target : testTargets()) {
    useTarget(target);
    std::set<int32_t> tested;
    for (const auto& each : cases) {
      tested.insert(each.optimizer);
      Hyper hyper = defaultsOf(optimizerKinds[each.optimizer]);
      for (auto [field, value] : each.given) hyper.*field = value;
      Run run(each.optimizer, hyper);
      for (int64_t i = 0; i < count; ++i) run.states[0].floats()[i] = float(i) / 8 - 1;
      for (int t = 1; t <= 5; ++t) {
        Array g({count});
        for (int64_t i = 0; i < count; ++i) g.values[i] = std::cos(double(i + t));
        run.step(g, t);
      }
      INFO(run.kind.name << " with " << run.states.size() - 1 << " states");
      for (int i = 0; i < 4; ++i)
        REQUIRE(run.states[0].floats()[i] == Approx(each.expected[i]).epsilon(3e-6));
    }
    REQUIRE(tested.size() == CNN_OPTIMIZER_COUNT);
  }
}

TEST_CASE("optimizers stay finite where gradients are zero, tiny, huge or always the same") {
  for (int32_t optimizer = 0; optimizer < CNN_OPTIMIZER_COUNT; ++optimizer) {
    const OptimizerKind& kind = optimizerKinds[optimizer];
    Hyper hyper = defaultsOf(kind);
    for (const auto& argument : kind.arguments) // all states
      if (argument.is.kind == NumberKind::flag || argument.field == &Hyper::momentum)
        hyper.*argument.field = argument.is.kind == NumberKind::flag ? 1 : 0.9;
    Run run(optimizer, hyper);
    REQUIRE(int(run.states.size()) == kind.states.count + 1);
    const double gradients[] = {0, 1e-30, 1e-12, 0.1, 3.3333333, 1e4, 1e15, -1e15};
    for (int t = 1; t <= 200; ++t) {
      Array g({count});
      for (int64_t i = 0; i < count; ++i) g.values[i] = gradients[i % 8];
      run.step(g, t);
    }
    for (Buffer& state : run.states)
      for (int64_t i = 0; i < count; ++i) {
        INFO(kind.name << ", gradient " << gradients[i % 8]);
        REQUIRE(std::isfinite(state.floats()[i]));
      }
  }
}
