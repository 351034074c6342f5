//===- summarize.cpp - A network of the dialect to its summary ----------------------------------------===//

#include "dialect_to_summary/summarize.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"

namespace cnn {
namespace {

int64_t elementsOf(TensorType type) {
  int64_t elements = 1;
  for (unsigned i = 0; i < type.getRank(); ++i) elements *= type.getFixed(i).value_or(1);
  return elements;
}

int64_t bytesOf(TensorType type) {
  return elementsOf(type) * ((type.getElementType().getIntOrFloatBitWidth() + 7) / 8);
}

Shape shapeOf(TensorType type) {
  Shape shape;
  for (auto [i, dimension] : llvm::enumerate(type.getShape()))
    shape.push_back({dimensionText(type.getContext(), dimension), type.getFixed(i).value_or(-1)});
  return shape;
}

std::string pathOf(mlir::Operation& op) {
  auto name = mlir::dyn_cast<mlir::NameLoc>(op.getLoc());
  if (!name) return mnemonic(&op).str();
  return llvm::json::fixUTF8(name.getName()); // a module's text may hold any bytes
}

/// What the program calls it: a reshape to [N, F] is what flatten makes.
std::string nameOf(mlir::Operation& op) {
  bool flattens = mlir::isa<ReshapeOp>(op) &&
                  mlir::cast<TensorType>(op.getResult(0).getType()).getRank() == 2 &&
                  mlir::cast<TensorType>(op.getOperand(0).getType()).getRank() > 2;
  return flattens ? "flatten" : mnemonic(&op).str();
}

/// 3x3; 2 where all are equal.
std::string numbersText(llvm::ArrayRef<int64_t> numbers, llvm::StringRef separator) {
  if (separator != "x" && llvm::all_equal(numbers)) numbers = numbers.take_front();
  return llvm::join(llvm::map_range(numbers, [](int64_t n) { return std::to_string(n); }), separator);
}

/// The attributes that a reader of the program has written, in the order of their importance.
std::vector<std::pair<std::string, std::string>> settingsOf(mlir::Operation& op) {
  std::vector<std::pair<std::string, std::string>> settings;
  if (auto conv = mlir::dyn_cast<ConvOp>(op))
    settings.emplace_back(
        "kernel", numbersText(mlir::cast<TensorType>(conv.getWeight().getType()).getFixedFrom(2), "x"));
  if (auto conv = mlir::dyn_cast<ConvTransposeOp>(op))
    settings.emplace_back(
        "kernel", numbersText(mlir::cast<TensorType>(conv.getWeight().getType()).getFixedFrom(2), "x"));
  for (auto [name, usual] : {std::pair("kernel", int64_t(-1)),
                             {"stride", 1},
                             {"groups", 1},
                             {"dilation", 1},
                             {"padding", 0},
                             {"output_padding", 0},
                             {"begin", -1},
                             {"end", -1}}) {
    mlir::Attribute attribute = op.getAttr(name);
    if (auto list = mlir::dyn_cast_or_null<mlir::DenseI64ArrayAttr>(attribute)) {
      if (llvm::any_of(list.asArrayRef(), [usual = usual](int64_t n) { return n != usual; }))
        settings.emplace_back(name, numbersText(list, llvm::StringRef(name) == "kernel" ? "x" : ","));
    } else if (auto number = mlir::dyn_cast_or_null<mlir::IntegerAttr>(attribute)) {
      if (number.getInt() != usual) settings.emplace_back(name, std::to_string(number.getInt()));
    }
  }
  for (auto [name, usual] :
       {std::pair("p", -1.0), {"negative_slope", -1.0}, {"factor", 1.0}, {"offset", 0.0}})
    if (auto number = mlir::dyn_cast_or_null<mlir::FloatAttr>(op.getAttr(name));
        number && number.getValueAsDouble() != usual) {
      char text[32];
      std::snprintf(text, sizeof text, "%g", number.getValueAsDouble());
      settings.emplace_back(name, text);
    }
  return settings;
}

/// Multiplications of weights: one of each weight of an output channel for each value that is computed.
int64_t macsOf(mlir::Operation& op) {
  if (!mlir::isa<ConvOp, ConvTransposeOp, LinearOp>(op)) return 0;
  auto weight = mlir::cast<TensorType>(op.getOperand(1).getType());
  if (mlir::isa<ConvTransposeOp>(op)) // one of each weight of an input channel for each value of the input
    return elementsOf(mlir::cast<TensorType>(op.getOperand(0).getType())) *
           (elementsOf(weight) / weight.getFixed(0).value_or(1));
  return elementsOf(mlir::cast<TensorType>(op.getResult(0).getType())) *
         (elementsOf(weight) / weight.getFixed(0).value_or(1));
}

void addTotals(NetworkOp network, NetworkSummary& summary) {
  for (const Layer& layer : summary.layers) summary.total += layer.cost;
  summary.total.parameters = summary.total.parameterBytes = 0;
  for (ParameterOp op : network.getBody().getOps<ParameterOp>()) {
    auto type = mlir::cast<TensorType>(op.getType());
    summary.total.parameterBytes += bytesOf(type);
    if (!op.getStatistic()) summary.total.parameters += elementsOf(type);
    if (op.isTrainable()) summary.trainedParameters += elementsOf(type);
  }
}

class Summarizer {
public:
  explicit Summarizer(NetworkOp network) : network(network) { summary.name = network.getSymName().str(); }

  NetworkSummary run() {
    auto predict = network.lookupSymbol<FunctionOp>("predict");
    if (!predict) return summary;
    mlir::Block& body = predict.getBody().front();
    for (mlir::BlockArgument argument : body.getArguments()) {
      values[argument] = values.size();
      summary.inputs.push_back({predict.getArgName(argument.getArgNumber()).str(), values[argument],
                                shapeOf(mlir::cast<TensorType>(argument.getType()))});
    }
    findFreeSizes(body);
    for (mlir::Operation& op : body)
      if (!mlir::isa<GetOp, ReturnOp>(op) && op.getNumResults() == 1) summary.layers.push_back(layer(op));
    for (mlir::OpOperand& output : body.getTerminator()->getOpOperands())
      summary.outputs.push_back({predict.getResultName(output.getOperandNumber()).str(),
                                 values.lookup(output.get()),
                                 shapeOf(mlir::cast<TensorType>(output.get().getType()))});
    addTotals(network, summary);
    return std::move(summary);
  }

private:
  NetworkOp network;
  NetworkSummary summary;
  llvm::DenseMap<mlir::Value, size_t> values;
  llvm::StringMap<std::string> readBy; ///< by parameter: the path of the first layer that reads it

  void findFreeSizes(mlir::Block& body) {
    for (mlir::BlockArgument argument : body.getArguments())
      for (mlir::AffineExpr dimension : mlir::cast<TensorType>(argument.getType()).getShape().drop_front())
        dimension.walk([&](mlir::AffineExpr part) {
          if (!mlir::isa<mlir::AffineSymbolExpr>(part)) return;
          std::string name = dimensionText(network.getContext(), part);
          if (!llvm::is_contained(summary.freeSizes, name)) summary.freeSizes.push_back(name);
        });
  }

  Layer layer(mlir::Operation& op) {
    auto type = mlir::cast<TensorType>(op.getResult(0).getType());
    Layer layer{pathOf(op), nameOf(op), settingsOf(op), {}, shapeOf(type), {}, {}};
    layer.cost.macs = macsOf(op);
    layer.cost.resultBytes = bytesOf(type);
    for (mlir::Value operand : op.getOperands()) {
      if (auto get = operand.getDefiningOp<GetOp>())
        addParameter(get, layer);
      else
        layer.inputs.push_back(values.lookup(operand));
    }
    size_t number = values.size();
    values[op.getResult(0)] = number;
    return layer;
  }

  void addParameter(GetOp get, Layer& layer) {
    auto [first, isNew] = readBy.try_emplace(get.getParameter(), layer.path);
    if (!isNew) {
      layer.weightsOf = first->second;
      return;
    }
    LayerCost& cost = layer.cost;
    auto type = mlir::cast<TensorType>(get.getType());
    auto parameter = network.lookupSymbol<ParameterOp>(get.getParameter());
    cost.parameterBytes += bytesOf(type);
    if (parameter && !parameter.getStatistic()) cost.parameters += elementsOf(type);
  }
};

ArenaSummary arenaOf(const FunctionPlan& plan) {
  return {plan.lanes, plan.arenaBlockBytes, plan.largestLiveBytes, plan.arenaConstantBytes};
}

} // namespace

NetworkSummary summarize(NetworkOp network) {
  return Summarizer(network).run();
}

void addMemory(NetworkSummary& summary, const NetworkPlan& plan) {
  summary.preparedBytes = plan.preparedBytes;
  summary.inference = arenaOf(plan.predict);
  for (const FunctionPlan& train : plan.train) summary.training.emplace_back(train.name, arenaOf(train));
}

} // namespace cnn
