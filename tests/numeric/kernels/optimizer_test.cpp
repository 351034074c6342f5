//===- optimizer_test.cpp - SGD, Adam and AdamW against PyTorch's rules ------------------------------===//

#include "runner.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn;
using namespace cnn::test;
using kernel::ScalarType;

namespace {

constexpr int64_t count = 112;

Kernel updateKernel(const std::string& name, const std::vector<std::string>& scalars, size_t outputs,
                    bool nesterov = false) {
  Kernel k;
  k.target = currentTarget();
  k.inputs = {plain({16})};
  k.scalars = {{"count"}};
  for (const std::string& scalar : scalars) k.scalars.push_back({scalar, ScalarType::f32});
  Op op{name, {0}, {16}};
  op.ints["nesterov"] = {nesterov};
  k.ops = {op};
  k.results.assign(outputs, 1);
  k.outputs.assign(outputs, plain({16}));
  return k;
}

/// The state of one element and its reference in doubles.
struct Run {
  Loaded loaded;
  std::vector<Buffer> states;
  std::vector<std::vector<double>> expected;

  Run(const Kernel& k) : loaded(k) {
    for (size_t s = 0; s < k.outputs.size(); ++s) {
      Array first = s == 0 ? randomArray({count}, 9) : Array({count});
      states.push_back(pack(plain({count}), first));
      expected.push_back(first.values);
    }
  }
  void step(const Array& g, std::map<std::string, double> scalars) {
    scalars["count"] = count;
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
    std::vector<std::string> names = {"lr", "momentum", "dampening", "weight_decay", "first_step"};
    for (int variant = 0; variant < 3; ++variant) {
      bool momentum = variant > 0, nesterov = variant == 2;
      double m = momentum ? 0.9 : 0, dampening = variant == 1 ? 0.2 : 0;
      Run run(updateKernel("sgd_update", names, momentum ? 2 : 1, nesterov));
      for (int t = 1; t <= 4; ++t) {
        Array g = randomArray({count}, unsigned(t));
        run.step(g, {{"lr", 0.1},
                     {"momentum", m},
                     {"dampening", dampening},
                     {"weight_decay", 0.01},
                     {"first_step", t == 1}});
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
    std::vector<std::string> names = {"lr",           "rate1",       "rate2",      "eps",
                                      "weight_decay", "correction1", "correction2"};
    for (bool decoupled : {false, true}) {
      Run run(updateKernel(decoupled ? "adamw_update" : "adam_update", names, 3));
      double rate1 = float(0.1), rate2 = float(0.001), beta1 = 1 - rate1, beta2 = 1 - rate2, decay = 0.05,
             lr = 0.01, eps = 1e-8;
      for (int t = 1; t <= 5; ++t) {
        Array g = randomArray({count}, unsigned(t));
        run.step(g, {{"lr", lr},
                     {"rate1", rate1},
                     {"rate2", rate2},
                     {"eps", eps},
                     {"weight_decay", decay},
                     {"correction1", 1 - std::pow(beta1, t)},
                     {"correction2", std::sqrt(1 - std::pow(beta2, t))}});
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
