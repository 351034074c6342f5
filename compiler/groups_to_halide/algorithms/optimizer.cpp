//===- optimizer.cpp - One step of SGD, Adam and AdamW, by PyTorch's rules ---------------------------===//
//
// The gradient is the input; parameters and states are outputs, updated in place in one pass.
//
//===---------------------------------------------------------------------------------------------------===//

#include "registry.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// One Func for all outputs: step(g, old values) gives the new ones.
Value updateInPlace(Builder& b, const Op& op,
                    const std::function<std::vector<Expr>(const Expr&, const std::vector<Expr>&)>& step) {
  const Value& g = b.operand(op, 0);
  size_t count = b.kernel.outputs.size();
  Func state = b.func("state");
  Var i = b.outputVariables(0)[0];
  std::vector<Expr> nothing(count, undef<float>()), old;
  state(i) = Tuple(nothing);
  for (size_t k = 0; k < count; ++k) old.push_back(count == 1 ? Expr(state(i)) : Expr(state(i)[int(k)]));
  state(i) = Tuple(step(g.at({i}), old));
  for (size_t k = 0; k < count; ++k) b.bindOutput(state, k, k);
  b.boundLoops(state, 0);
  b.outputs.push_back(state);
  return b.result(op, g, nullptr);
}

Value sgd(Builder& b, const Op& op) {
  Expr lr = b.scalar("lr"), momentum = b.scalar("momentum"), dampening = b.scalar("dampening");
  Expr decay = b.scalar("weight_decay"), first = b.scalar("first_step");
  bool nesterov = intOf(op, "nesterov", 0, 0) != 0;
  return updateInPlace(b, op, [&](const Expr& gradient, const std::vector<Expr>& old) {
    Expr g = gradient + decay * old[0];
    if (old.size() == 1) return std::vector<Expr>{old[0] - lr * g};
    Expr velocity = select(first != 0.0f, g, momentum * old[1] + (1.0f - dampening) * g);
    Expr direction = nesterov ? g + momentum * velocity : velocity;
    return std::vector<Expr>{old[0] - lr * direction, velocity};
  });
}

Value adam(Builder& b, const Op& op, bool decoupled) {
  Expr lr = b.scalar("lr"), eps = b.scalar("eps");
  // 1 - beta, not beta: in f32 the difference of 1 and 0.999 is off by 1e-5.
  Expr rate1 = b.scalar("rate1"), rate2 = b.scalar("rate2");
  Expr decay = b.scalar("weight_decay");
  // 1 - beta1^t and sqrt(1 - beta2^t)
  Expr correction1 = b.scalar("correction1"), correction2 = b.scalar("correction2");
  return updateInPlace(b, op, [&](const Expr& gradient, const std::vector<Expr>& old) {
    if (old.size() != 3) fail("adam: expected three outputs, the parameters and two moments");
    Expr p = decoupled ? old[0] * (1.0f - lr * decay) : old[0];
    Expr g = decoupled ? gradient : gradient + decay * old[0];
    Expr mean = old[1] + (g - old[1]) * rate1;
    Expr square = old[2] * (1.0f - rate2) + g * g * rate2;
    Expr step = mean / (sqrt(square) / correction2 + eps);
    return std::vector<Expr>{p - lr / correction1 * step, mean, square};
  });
}

Value adamUpdate(Builder& b, const Op& op) {
  return adam(b, op, false);
}
Value adamwUpdate(Builder& b, const Op& op) {
  return adam(b, op, true);
}

Schedule chooseFlat(const Kernel&, const Op&) {
  return {"flat_update", {}};
}

constexpr Operation operations[] = {
    {"sgd_update", sgd, chooseFlat},
    {"adam_update", adamUpdate, chooseFlat},
    {"adamw_update", adamwUpdate, chooseFlat},
};

} // namespace

std::span<const Operation> optimizerOperations() {
  return operations;
}

} // namespace cnn::kernel
