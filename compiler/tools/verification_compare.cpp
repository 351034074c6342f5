//===- verification_compare.cpp - What code computed against the reference ------------------------------===//

#include "verification.h"

#include "dialect/transforms/passes.h"
#include "runtime/model/model_state.h"

#include <algorithm>
#include <cmath>

namespace cnn::tools {
namespace {

/// Relative errors that rounding explains: outputs and losses; gradients and statistics, where a ReLU whose
/// input rounds to the other side of zero counts in full; differences against gradients, both in double
/// precision.
constexpr double outputBound = 1e-4;
constexpr double gradientBound = 5e-3;
constexpr double differenceBound = 1e-4;

double relativeError(const float* found, const std::vector<double>& expected, double least = 0) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    double difference = double(found[i]) - expected[i];
    error += difference * difference;
    norm += expected[i] * expected[i];
  }
  return std::sqrt(error) / std::max({std::sqrt(norm), least * std::sqrt(double(expected.size())), 1e-30});
}

Status noReference(const std::string& function) {
  return Status::error(CNN_ERROR_INTERNAL, "the reference cannot run @%s", function.c_str());
}

} // namespace

Status Verification::comparePredict(NetworkOp reference, const Case& test, const Computed& computed,
                                    const Hook& hook, std::vector<Comparison>& list) const {
  std::vector<reference::Tensor> arguments(test.arguments.begin(),
                                           test.arguments.begin() + tables.input_count);
  reference::State state = test.state;
  state.afterEach = hook;
  auto expected = reference::run(reference.lookupSymbol<FunctionOp>("predict"), arguments, state);
  if (mlir::failed(expected)) return noReference("predict");
  for (uint32_t i = 0; i < tables.output_count; ++i)
    list.push_back(
        {"predict", tables.outputs[i].name,
         relativeError(reinterpret_cast<const float*>(computed.outputs[i].bytes.data()), (*expected)[i].data),
         outputBound});
  return {};
}

Status Verification::compareEvaluation(NetworkOp reference, const Case& test, const Computed& computed,
                                       const Hook& hook, std::vector<Comparison>& list) const {
  reference::State state = test.state;
  state.afterEach = hook;
  auto expected = reference::run(reference.lookupSymbol<FunctionOp>(evaluationName), test.arguments, state);
  if (mlir::failed(expected)) return noReference(evaluationName);
  auto compare = [&](uint32_t output, const std::string& name, double least) {
    list.push_back({"evaluate", name,
                    relativeError(reinterpret_cast<const float*>(computed.evaluated[output].bytes.data()),
                                  (*expected)[output].data, least),
                    outputBound});
  };
  for (uint32_t i = 0; i < tables.output_count; ++i) compare(i, tables.outputs[i].name, 0);
  for (uint32_t i = 0; i < training->term_count; ++i) {
    const cnn_term& term = training->terms[i];
    std::string name = training->metrics[term.metric].name;
    compare(term.value, name, /*least=*/1); // as of training's results
    if (term.share >= 0) compare(uint32_t(term.share), name + "'s share", 0);
  }
  return {};
}

Status Verification::compareTraining(NetworkOp reference, const Case& test, size_t variant,
                                     const Computed& computed, const Hook& hook,
                                     std::vector<Comparison>& list, reference::State* after) const {
  const std::string& name = variants[variant].name;
  const Trained& trained = computed.trained[variant];
  reference::State state = test.state;
  state.step = trained.step;
  state.afterEach = hook;
  auto expected = reference::run(reference.lookupSymbol<FunctionOp>(name), test.arguments, state);
  if (mlir::failed(expected)) return noReference(name);
  const std::vector<int64_t>& places = variants[variant].function(whole.plan).results;
  for (size_t i = 0; i < places.size(); ++i)
    // A loss is a small difference of large logits: near zero its relative error says nothing.
    list.push_back({"result", training->metrics[places[i]].name,
                    relativeError(&trained.results[size_t(places[i])], (*expected)[i].data, /*least=*/1),
                    outputBound});
  compareParameters(trained, state, list);
  if (after) *after = std::move(state);
  return {};
}

void Verification::compareParameters(const Trained& trained, const reference::State& state,
                                     std::vector<Comparison>& list) const {
  // One whose gradient is zero but for rounding (a bias before batch norm) is measured against all others.
  double largest = 0;
  for (const auto& [name, gradient] : state.gradients)
    for (double value : gradient.data) largest = std::max(largest, std::abs(value));
  for (uint32_t p = 0; p < tables.parameter_count; ++p) {
    const cnn_parameter& parameter = tables.parameters[p];
    if (parameter.flags & CNN_STATISTIC)
      list.push_back(
          {"statistic", parameter.name,
           relativeError(&trained.parameters[parameter.offset], state.parameters.at(parameter.name).data),
           gradientBound});
    if (!(parameter.flags & CNN_TRAINABLE)) continue;
    auto found = state.gradients.find(parameter.name);
    std::vector<double> zeros(size_t(parameterElements(parameter)), 0.0);
    list.push_back(
        {"gradient", parameter.name,
         relativeError(&trained.gradients[parameter.offset],
                       found == state.gradients.end() ? zeros : found->second.data, 1e-3 * largest),
         gradientBound});
  }
}

/// The derivative along a random direction, by the gradient and by differences. Where a ReLU or a maximum
/// switches within the step, the difference is not the derivative, but then that of a smaller step is.
Status Verification::compareDifferences(const Case& test, size_t variant, const reference::State& after,
                                        std::vector<Comparison>& list) {
  const std::string& name = variants[variant].name;
  std::map<std::string, reference::Tensor> direction;
  double derivative = 0, norm = 0;
  std::normal_distribution<double> normal;
  for (const auto& [parameter, gradient] : after.gradients) {
    reference::Tensor& along = direction.emplace(parameter, gradient).first->second;
    for (size_t i = 0; i < along.data.size(); ++i) {
      along.data[i] = normal(random);
      derivative += along.data[i] * gradient.data[i];
      norm += gradient.data[i] * gradient.data[i];
    }
  }
  double error = std::numeric_limits<double>::infinity();
  // The derivative along a random direction is about as large as the gradient, but may happen to be small.
  double scale = std::max({std::abs(derivative), std::sqrt(norm), 1e-6});
  for (double step : {1e-6, 1e-7, 1e-8, 1e-9}) {
    double loss[2];
    for (int side = 0; side < 2; ++side) {
      reference::State moved = test.state;
      moved.step = after.step;
      for (const auto& [parameter, along] : direction)
        for (size_t i = 0; i < along.data.size(); ++i)
          moved.parameters.at(parameter).data[i] += (side ? step : -step) * along.data[i];
      auto results = reference::run(network.lookupSymbol<FunctionOp>(name), test.arguments, moved);
      if (mlir::failed(results)) return noReference(name);
      loss[side] = (*results)[0].data[0];
    }
    double difference = (loss[1] - loss[0]) / (2 * step);
    error = std::min(error, std::abs(difference - derivative) / scale);
    if (error <= differenceBound) break;
  }
  list.push_back({"difference", "directional derivative", error, differenceBound});
  return {};
}

} // namespace cnn::tools
