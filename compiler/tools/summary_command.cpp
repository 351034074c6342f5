//===- summary_command.cpp - cnnc summary: a network's layers, parameters, work and memory -------------------------===//

#include "compilation.h"
#include "summary.h"

#include "llvm/ADT/MapVector.h"

#include <cstdio>

namespace cnn::tools {
namespace {

/// 11,689,512
std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (int64_t at = int64_t(digits.size()) - 3; at > 0; at -= 3) digits.insert(size_t(at), ",");
  return digits;
}

int64_t elementsOf(TensorType type) {
  int64_t elements = 1;
  for (unsigned i = 0; i < type.getRank(); ++i) elements *= type.getFixed(i).value_or(1);
  return elements;
}

std::string shapeText(TensorType type) {
  std::string text = "[";
  for (unsigned i = 0; i < type.getRank(); ++i) {
    auto fixed = type.getFixed(i);
    text += (i ? ", " : "") + (fixed ? std::to_string(*fixed) : std::string("N"));
  }
  return text + "]";
}

std::string pathOf(mlir::Operation* op) {
  auto name = mlir::dyn_cast<mlir::NameLoc>(op->getLoc());
  return name ? name.getName().str() : "";
}

/// The parameters that an op reads count for it; those of rank 2 and more are multiplied once for each value that
/// it computes: convolutions and linear layers.
Layer layerOf(mlir::Operation& op) {
  auto type = mlir::cast<TensorType>(op.getResult(0).getType());
  Layer layer{pathOf(&op), mnemonic(&op).str(), shapeText(type), 0, 0};
  for (mlir::Value operand : op.getOperands()) {
    auto get = operand.getDefiningOp<GetOp>();
    if (!get) continue;
    auto weight = mlir::cast<TensorType>(get.getType());
    auto parameter = op.getParentOfType<NetworkOp>().lookupSymbol<ParameterOp>(get.getParameter());
    if (parameter && !parameter.getStatistic()) layer.parameters += elementsOf(weight);
    if (weight.getRank() >= 2 && mlir::isa<ConvOp, LinearOp>(op))
      layer.macs += elementsOf(type) * (elementsOf(weight) / weight.getFixed(0).value_or(1));
  }
  return layer;
}

int64_t parametersOf(NetworkOp network, bool trainable) {
  int64_t total = 0;
  for (ParameterOp op : network.getBody().getOps<ParameterOp>())
    if (!op.getStatistic() && (!trainable || op.isTrainable())) total += elementsOf(mlir::cast<TensorType>(op.getType()));
  return total;
}

void printLayers(const std::vector<Layer>& layers) {
  size_t path = 5, operation = 9, shape = 6;
  for (const Layer& layer : layers) {
    path = std::max(path, layer.path.size());
    operation = std::max(operation, layer.operation.size());
    shape = std::max(shape, layer.shape.size());
  }
  auto row = [&](const std::string& a, const std::string& b, const std::string& c, const std::string& d,
                 const std::string& e) {
    std::printf("  %-*s  %-*s  %-*s  %12s  %15s\n", int(path), a.c_str(), int(operation), b.c_str(), int(shape),
                c.c_str(), d.c_str(), e.c_str());
  };
  row("layer", "operation", "output", "parameters", "MACs");
  for (const Layer& layer : layers)
    row(layer.path, layer.operation, layer.shape, layer.parameters ? grouped(layer.parameters) : "",
        layer.macs ? grouped(layer.macs) : "");
}

void printMemory(const NetworkPlan& plan) {
  const FunctionPlan& predict = plan.predict;
  std::printf("  inference: arena %s bytes a picture (largest live set %s) + %s bytes, prepared parameters %s bytes\n",
              grouped(predict.arenaBlockBytes).c_str(), grouped(predict.largestLiveBytes).c_str(),
              grouped(predict.arenaConstantBytes).c_str(), grouped(plan.preparedBytes).c_str());
  if (!plan.trains) return;
  const FunctionPlan& train = plan.train;
  std::printf("  training: arena %s bytes for %lld pictures (largest live set %s) + %s bytes\n",
              grouped(train.arenaBlockBytes).c_str(), static_cast<long long>(train.lanes),
              grouped(train.largestLiveBytes).c_str(), grouped(train.arenaConstantBytes).c_str());
}

} // namespace

std::vector<Layer> layersOf(NetworkOp network) {
  std::vector<Layer> layers;
  auto predict = network.lookupSymbol<FunctionOp>("predict");
  if (!predict) return layers;
  for (mlir::Operation& op : predict.getBody().front()) {
    if (mlir::isa<GetOp, ReturnOp>(op) || op.getNumResults() == 0) continue;
    layers.push_back(layerOf(op));
  }
  return layers;
}

int summary(const CompileOptions& compile) {
  Frontend frontend;
  if (!frontend.load(compile)) return 1;
  llvm::MapVector<mlir::Operation*, std::vector<Layer>> layers;
  for (NetworkOp network : frontend.networks()) layers[network] = layersOf(network);
  if (!formGroups(frontend, compile)) return 1;
  bool first = true;
  for (NetworkOp network : frontend.networks()) {
    LibraryPlan plan;
    if (!planLibrary(frontend, compile, network, plan)) return 1;
    int64_t macs = 0;
    for (const Layer& layer : layers[network]) macs += layer.macs;
    std::printf("%s%s\n", first ? "" : "\n", plan.network.name.c_str());
    first = false;
    printLayers(layers[network]);
    int64_t all = parametersOf(network, false), trainable = parametersOf(network, true);
    std::printf("  %s parameters", grouped(all).c_str());
    if (trainable != all) std::printf(", %s of them trained", grouped(trainable).c_str());
    std::printf(", %s MACs a picture\n", grouped(macs).c_str());
    printMemory(plan.network);
  }
  return 0;
}

} // namespace cnn::tools
