//===- plan_network.cpp - From a network in the dialect to a plan --------------------------------------===//
#include "dialect_to_groups/plan_network.h"

#include "dialect/transforms/passes.h"
#include "dialect_to_groups/passes.h"
#include "dialect_to_groups/plan_function.h"
#include "groups_to_halide/compile.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace cnn {
namespace {

int64_t aligned16(int64_t floats) {
  return (floats + 15) / 16 * 16;
}

TensorInfo tensorInfo(StringRef name, Type type) {
  auto tensor = cast<TensorType>(type);
  TensorInfo info;
  info.name = name.str();
  Type element = tensor.getElementType();
  info.element = element.isF32()                        ? kernel::Element::f32
                 : element.getIntOrFloatBitWidth() == 8 ? kernel::Element::u8
                                                        : kernel::Element::i32;
  for (unsigned i = 0; i < tensor.getRank(); ++i) info.shape.push_back(tensor.getFixed(i).value_or(-1));
  return info;
}

void describeParameters(NetworkOp network, NetworkPlan& plan) {
  llvm::StringSet<> predicts;
  network.lookupSymbol<FunctionOp>("predict").walk([&](GetOp get) { predicts.insert(get.getParameter()); });
  SmallVector<ParameterOp> parameters(network.getBody().getOps<ParameterOp>());
  // Trainable and frozen ones in the file's order, then the statistics.
  llvm::stable_sort(parameters,
                    [](ParameterOp a, ParameterOp b) { return a.isTrainable() > b.isTrainable(); });
  for (ParameterOp op : parameters) {
    auto type = cast<TensorType>(op.getType());
    ParameterInfo info;
    info.name = op.getSymName().str();
    int64_t count = 1;
    for (int64_t extent : type.getFixedFrom(0)) info.shape.push_back(extent), count *= extent;
    info.offset = plan.parameterFloats;
    info.trainable = op.isTrainable();
    info.statistic = op.getStatistic();
    info.trainingOnly = !predicts.contains(info.name);
    info.initialiser = static_cast<int>(op.getInit().getKind());
    info.a = op.getInit().getA().getValueAsDouble();
    info.b = op.getInit().getB().getValueAsDouble();
    plan.parameterFloats += aligned16(count);
    if (info.trainable) plan.trainableFloats = plan.parameterFloats;
    plan.parameters.push_back(info);
  }
}

} // namespace

void addGroupPasses(OpPassManager& passes, const NetworkPlanOptions& options) {
  OpPassManager& network = passes.nest<NetworkOp>();
  network.addPass(createCnnAutodiff());
  network.addPass(createCnnDecomposeTraining());
  network.addPass(createCnnFreeze());
  network.addPass(createCnnEvaluation());
  if (!options.exact) {
    CnnChooseWinogradOptions winograd;
    winograd.target = options.target;
    network.addPass(createCnnChooseWinograd(winograd));
  }
  CnnAssignLayoutsOptions layouts;
  layouts.target = options.target;
  layouts.exact = options.exact;
  network.addPass(createCnnAssignLayouts(layouts));
  network.addPass(createCnnFormGroups());
}

LogicalResult planNetwork(NetworkOp network, const NetworkPlanOptions& options, NetworkPlan& plan) {
  plan.name = network.getSymName().str();
  plan.target = options.target;
  plan.predict.name = "predict";
  plan.prepare.name = "prepare";
  auto predict = network.lookupSymbol<FunctionOp>("predict");
  if (!predict) return network.emitError("has no @predict");
  describeParameters(network, plan);
  for (auto [i, type] : llvm::enumerate(predict.getArgumentTypes()))
    plan.inputs.push_back(tensorInfo(predict.getArgName(i), type));
  for (auto [i, type] : llvm::enumerate(predict.getResultTypes()))
    plan.outputs.push_back(tensorInfo(predict.getResultName(i), type));
  if (failed(planInference(predict, options, plan))) return failure();
  SmallVector<FunctionOp> training = trainingFunctions(network);
  if (training.empty()) return success();
  for (unsigned i = plan.inputs.size(); i < training[0].getArgumentTypes().size(); ++i)
    plan.targets.push_back(tensorInfo(training[0].getArgName(i), training[0].getArgumentTypes()[i]));
  plan.train.resize(training.size());
  for (auto [train, function] : llvm::zip(training, plan.train))
    if (failed(planTraining(train, options, plan, function))) return failure();
  auto evaluate = network.lookupSymbol<FunctionOp>(evaluationName);
  auto terms = evaluate->getAttrOfType<DenseI64ArrayAttr>(termsAttribute).asArrayRef();
  for (size_t i = 0; i < terms.size(); i += 4)
    plan.terms.push_back({terms[i], terms[i + 1], terms[i + 2], terms[i + 3] != 0});
  plan.evaluationOutputs = int64_t(evaluate.getResultTypes().size());
  return planTraining(evaluate, options, plan, plan.evaluate);
}

} // namespace cnn
