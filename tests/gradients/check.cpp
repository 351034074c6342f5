#include "check.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

using namespace mlir;

namespace cnn::test {

using reference::State;
using reference::Tensor;

/// The loss by @loss; by @train where batch norm's statistics are the batch's own there.
static double lossAt(Program& program, State state) {
  FunctionOp function = program.function("loss");
  bool batchStatistics = false;
  program.function("train").walk(
      [&](Operation* op) { batchStatistics |= isa<BatchNormTrainOp, BatchNormStatisticsOp>(op); });
  if (batchStatistics) function = program.function("train");
  return (*reference::run(function, program.arguments, state))[0].data[0];
}

/// d loss / d element by f' = (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h, whose error is of order h^4.
static double difference(Program& program, State state, const std::string& name, int64_t element) {
  const double h = 1e-3;
  double at = state.parameters[name].data[element];
  auto loss = [&](double step) {
    state.parameters[name].data[element] = at + step;
    return lossAt(program, state);
  };
  return (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h);
}

/// At most 24 elements, spread over the tensor.
static std::vector<int64_t> sample(const Tensor& tensor) {
  std::vector<int64_t> elements;
  int64_t count = std::min<int64_t>(tensor.size(), 24);
  for (int64_t i = 0; i < count; ++i) elements.push_back(i * tensor.size() / count);
  return elements;
}

std::string compareWithDifferences(Program& program) {
  State state = program.state;
  auto results = reference::run(program.function("train"), program.arguments, state);
  if (failed(results)) return "@train does not run";
  double expectedLoss = lossAt(program, program.state);
  std::ostringstream error;
  error.precision(12);
  if (std::abs((*results)[0].data[0] - expectedLoss) > 1e-10 * (1 + std::abs(expectedLoss)))
    error << "the loss is " << (*results)[0].data[0] << " in @train, " << expectedLoss << " in @loss";
  unsigned compared = 0;
  for (auto& [name, gradient] : state.gradients)
    for (int64_t element : sample(gradient)) {
      double expected = difference(program, program.state, name, element), found = gradient.data[element];
      ++compared;
      if (std::abs(expected - found) <= 1e-7 * (1 + std::abs(expected))) continue;
      error << "gradient of " << name << "[" << element << "]: expected " << expected << ", found " << found;
      return error.str();
    }
  if (!compared) error << "nothing was compared";
  return error.str();
}

std::vector<std::string> opsOfTrain(Program& program) {
  std::set<std::string> names;
  program.function("train").walk(
      [&](ReferenceOpInterface op) { names.insert(op->getName().getStringRef().str()); });
  return {names.begin(), names.end()};
}

std::function<void(Operation*, std::vector<Tensor>&)> spoil(std::string opName) {
  return [opName](Operation* op, std::vector<Tensor>& results) {
    if (op->getName().getStringRef() != opName) return;
    for (Operation* before = op->getPrevNode(); before; before = before->getPrevNode())
      if (before->getName() == op->getName()) return;
    bool places = isa<MaxPoolIndexOp>(op); // whole numbers: another place, not a factor
    for (Tensor& result : results)
      for (double& value : result.data) value = places ? value + 1 : value * 1.01;
  };
}

} // namespace cnn::test
