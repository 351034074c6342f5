//===- variants.cpp - Which functions training needs ---------------------------------------------------===//
#include "dialect/transforms/variants.h"

#include "dialect/transforms/passes.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace cnn {
namespace {

ArrayAttr frozenOf(DictionaryAttr part) {
  auto frozen = part.getAs<ArrayAttr>("frozen");
  return frozen ? frozen : ArrayAttr::get(part.getContext(), {});
}

std::string nameOf(DictionaryAttr part, bool first) {
  auto text = part.getAs<StringAttr>("name");
  return text && !first ? "train." + text.str() : "train";
}

std::vector<Variant> variantsOfPhases(ArrayAttr phases) {
  std::vector<Variant> variants;
  for (auto phase : phases.getAsRange<DictionaryAttr>()) {
    ArrayAttr frozen = frozenOf(phase);
    if (llvm::any_of(variants, [&](const Variant& variant) { return variant.frozen == frozen; })) continue;
    variants.push_back({nameOf(phase, variants.empty()), frozen, {}, {}});
  }
  return variants;
}

/// The ops that a result of @loss needs.
llvm::DenseSet<Operation*> opsBehind(FunctionOp loss, ArrayRef<int64_t> results) {
  Block& body = loss.getBody().front();
  llvm::DenseSet<Operation*> needed;
  for (int64_t result : results)
    if (Operation* op = body.getTerminator()->getOperand(result).getDefiningOp()) needed.insert(op);
  for (Operation& op : llvm::reverse(body.without_terminator()))
    if (needed.contains(&op))
      for (Value operand : op.getOperands())
        if (Operation* from = operand.getDefiningOp()) needed.insert(from);
  return needed;
}

/// Goes through the steps of an iteration with the ops whose values still hold.
class Iteration {
public:
  Iteration(NetworkOp network, FunctionOp loss) : network(network), loss(loss) {}

  void run(Variant& step) {
    llvm::DenseSet<Operation*> needed = opsBehind(loss, step.results);
    for (Operation* op : needed)
      if (isa<BatchNormOp>(op) && current.contains(op)) step.repeated.insert(op);
    current.insert(needed.begin(), needed.end());
    forgetAfter(step);
  }

private:
  NetworkOp network;
  FunctionOp loss;
  llvm::DenseSet<Operation*> current;

  /// What depends on a parameter that the step changes holds no longer.
  void forgetAfter(const Variant& step) {
    llvm::StringSet<> frozen;
    for (auto name : step.frozen.getAsRange<StringAttr>()) frozen.insert(name.getValue());
    llvm::DenseSet<Value> changed;
    for (Operation& op : loss.getBody().front().without_terminator()) {
      bool changes = llvm::any_of(op.getOperands(), [&](Value operand) { return changed.contains(operand); });
      if (auto get = dyn_cast<GetOp>(op))
        changes = !frozen.contains(get.getParameter()) &&
                  network.lookupSymbol<ParameterOp>(get.getParameter()).isTrainable();
      if (!changes) continue;
      changed.insert(op.result_begin(), op.result_end());
      current.erase(&op);
    }
  }
};

/// @loss gives the steps' losses, then the metrics; the first step computes those as well.
std::vector<Variant> variantsOfSteps(NetworkOp network, FunctionOp loss, ArrayAttr steps) {
  std::vector<Variant> variants;
  Iteration iteration(network, loss);
  for (auto step : steps.getAsRange<DictionaryAttr>()) {
    Variant variant{nameOf(step, variants.empty()), frozenOf(step), {int64_t(variants.size())}, {}};
    if (variants.empty())
      for (size_t i = steps.size(); i < loss.getResultTypes().size(); ++i)
        variant.results.push_back(int64_t(i));
    iteration.run(variant);
    variants.push_back(std::move(variant));
  }
  return variants;
}

} // namespace

std::vector<Variant> variantsOf(NetworkOp network, FunctionOp loss) {
  auto training = network.getTraining();
  if (auto steps = training ? training->getAs<ArrayAttr>("steps") : ArrayAttr())
    return variantsOfSteps(network, loss, steps);
  if (auto phases = training ? training->getAs<ArrayAttr>("phases") : ArrayAttr())
    return variantsOfPhases(phases);
  return {{"train", ArrayAttr::get(network.getContext(), {}), {}, {}}};
}

} // namespace cnn
