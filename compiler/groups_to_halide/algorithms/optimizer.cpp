//===- optimizer.cpp - One step of each optimizer, by PyTorch's rules ---------------------------------===//
//
// Which optimizers there are, with their states and scalars, says cnn/optimizers.def; here is a rule for
// each. The gradient is the input; parameters and states are outputs, updated in place in one pass.
//
//===---------------------------------------------------------------------------------------------------===//

#include "registry.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// One step on one parameter: a rule changes `parameter` and the states.
struct Update {
  Builder& b;
  const Op& op;
  std::vector<Expr>& values; ///< of the outputs
  const Expr gradient;
  Expr& parameter = values[0];

  Expr operator[](const char* scalar) const { return b.scalar(scalar); }
  bool flag(const char* name) const { return op.ints.at(name).at(0) != 0; }
  bool keeps(const char* state) const { return op.ints.count(state) > 0; }
  Expr& state(const char* name) const { return values.at(size_t(op.ints.at(name).at(0))); }
};

/// One Func for all outputs.
template <void (*rule)(Update)> Value update(Builder& b, const Op& op) {
  const Value& g = b.operand(op, 0);
  size_t count = b.kernel.outputs.size();
  Func state = b.func("state");
  Var i = b.outputVariables(0)[0];
  std::vector<Expr> nothing(count, undef<float>()), values;
  state(i) = Tuple(nothing);
  for (size_t k = 0; k < count; ++k) values.push_back(count == 1 ? Expr(state(i)) : Expr(state(i)[int(k)]));
  rule({b, op, values, g.at({i})});
  state(i) = Tuple(values);
  for (size_t k = 0; k < count; ++k) b.bindOutput(state, k, k);
  b.boundLoops(state, 0);
  b.outputs.push_back(state);
  return b.result(op, g, nullptr);
}

void sgd(Update u) {
  Expr g = u.gradient + u["weight_decay"] * u.parameter;
  if (u.keeps("velocity")) {
    Expr& velocity = u.state("velocity");
    Expr next = u["momentum"] * velocity + (1.0f - u["dampening"]) * g;
    velocity = select(u["first_step"] != 0.0f, g, next);
    g = u.flag("nesterov") ? g + u["momentum"] * velocity : velocity;
  }
  u.parameter = u.parameter - u["lr"] * g;
}

void adamStep(Update u, const Expr& from, const Expr& g) {
  Expr &mean = u.state("mean"), &square = u.state("square");
  mean = mean + (g - mean) * u["rate1"];
  square = square * (1.0f - u["rate2"]) + g * g * u["rate2"];
  Expr step = mean / (sqrt(square) / u["correction2"] + u["eps"]);
  u.parameter = from - u["lr"] / u["correction1"] * step;
}

void adam(Update u) {
  adamStep(u, u.parameter, u.gradient + u["weight_decay"] * u.parameter);
}

void adamw(Update u) {
  adamStep(u, u.parameter * (1.0f - u["lr"] * u["weight_decay"]), u.gradient);
}

void rmsprop(Update u) {
  Expr g = u.gradient + u["weight_decay"] * u.parameter, rate = u["rate"];
  Expr& square = u.state("square");
  square = square * (1.0f - rate) + g * g * rate;
  Expr variance = square;
  if (u.flag("centered")) {
    Expr& mean = u.state("mean");
    mean = mean + (g - mean) * rate;
    variance = max(square - mean * mean, 0.0f); // below 0 by rounding where gradients stay the same
  }
  Expr step = g / (sqrt(variance) + u["eps"]);
  if (u.keeps("velocity")) step = u.state("velocity") = u["momentum"] * u.state("velocity") + step;
  u.parameter = u.parameter - u["lr"] * step;
}

void adagrad(Update u) {
  Expr g = u.gradient + u["weight_decay"] * u.parameter;
  Expr& sum = u.state("sum");
  sum = sum + u["initial"] + g * g;
  u.parameter = u.parameter - u["lr"] * (g / (sqrt(sum) + u["eps"]));
}

Schedule chooseFlat(const Kernel&, const Op&) {
  return {"flat_update", {}};
}

constexpr Operation operations[] = {
#define CNN_OPTIMIZER(NAME, name, documentation, source) {#name "_update", update<name>, chooseFlat},
#include <cnn/optimizers.def>
};

} // namespace

std::span<const Operation> optimizerOperations() {
  return operations;
}

} // namespace cnn::kernel
