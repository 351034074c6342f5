//===- reference.cpp - Runs a function op by op --------------------------------------------------===//
#include "dialect/reference/reference.h"

#include <unordered_map>

using namespace mlir;

namespace cnn::reference {

Tensor::Tensor(std::vector<int64_t> shape, double value) : shape(std::move(shape)) {
  int64_t count = 1;
  for (int64_t extent : this->shape) count *= extent;
  data.assign(count, value);
}

std::vector<int64_t> concreteShape(TensorType type, const State& state) {
  std::vector<int64_t> shape;
  for (AffineExpr dimension : type.getShape()) {
    SmallVector<AffineExpr> values;
    dimension.walk([&](AffineExpr part) {
      auto symbol = dyn_cast<AffineSymbolExpr>(part);
      if (!symbol) return;
      for (unsigned i = values.size(); i <= symbol.getPosition(); ++i) {
        auto known = state.dimensions.find(i);
        values.push_back(getAffineConstantExpr(known == state.dimensions.end() ? state.batch : known->second,
                                               type.getContext()));
      }
    });
    shape.push_back(cast<AffineConstantExpr>(dimension.replaceSymbols(values)).getValue());
  }
  return shape;
}

std::vector<int64_t> concreteShape(TensorType type, int64_t batch) {
  State state;
  state.batch = batch;
  return concreteShape(type, state);
}

Frame::Frame(Operation* op, std::vector<const Tensor*> operands, State& state)
    : operands(std::move(operands)), runState(state) {
  for (Value value : op->getResults())
    results.emplace_back(concreteShape(cast<TensorType>(value.getType()), state));
}

static std::string text(const std::vector<int64_t>& shape) {
  std::string result = "[";
  for (size_t i = 0; i < shape.size(); ++i) result += (i ? ", " : "") + std::to_string(shape[i]);
  return result + "]";
}

/// Reads the free dimensions off the arguments and checks that their shapes are the function's.
static LogicalResult bindArguments(FunctionOp function, const std::vector<Tensor>& arguments, State& state) {
  ArrayRef<Type> types = function.getArgumentTypes();
  if (arguments.size() != types.size())
    return function.emitError("expected ") << types.size() << " arguments, found " << arguments.size();
  for (auto [type, argument] : llvm::zip(types, arguments))
    for (auto [dimension, extent] : llvm::zip(cast<TensorType>(type).getShape(), argument.shape))
      if (auto symbol = dyn_cast<AffineSymbolExpr>(dimension))
        state.dimensions.try_emplace(symbol.getPosition(), extent);
  for (auto [i, type] : llvm::enumerate(types)) {
    std::vector<int64_t> expected = concreteShape(cast<TensorType>(type), state);
    if (expected != arguments[i].shape)
      return function.emitError("expected argument ")
             << i << " of shape " << text(expected) << ", found " << text(arguments[i].shape);
  }
  return success();
}

namespace {

/// One run: the values so far.
class Interpreter {
public:
  explicit Interpreter(State& state) : state(state) {}

  void set(Value value, Tensor tensor) { values[value.getAsOpaquePointer()] = std::move(tensor); }

  std::vector<const Tensor*> operandsOf(Operation* op) {
    std::vector<const Tensor*> operands;
    for (Value operand : op->getOperands()) operands.push_back(&valueOf(operand));
    return operands;
  }

  LogicalResult step(Operation* op) {
    if (auto gradient = dyn_cast<GradientOp>(op)) {
      Tensor& result = state.gradients[gradient.getParameter().str()] = valueOf(gradient.getValue());
      auto parameter = state.parameters.find(gradient.getParameter().str());
      if (parameter != state.parameters.end())
        result.shape = parameter->second.shape; // without a view's ones
      return success();
    }
    auto reference = dyn_cast<ReferenceOpInterface>(op);
    if (!reference) return op->emitError("has no reference");
    if (failed(checkParameters(op))) return failure();
    Frame frame(op, operandsOf(op), state);
    reference.evaluate(frame);
    if (state.afterEach) state.afterEach(op, frame.results);
    for (auto [value, tensor] : llvm::zip(op->getResults(), frame.results)) set(value, std::move(tensor));
    return success();
  }

private:
  const Tensor& valueOf(Value value) { return values.find(value.getAsOpaquePointer())->second; }

  /// Every parameter that the op names is there.
  LogicalResult checkParameters(Operation* op) {
    for (NamedAttribute attribute : op->getAttrs())
      if (auto symbol = dyn_cast<FlatSymbolRefAttr>(attribute.getValue()))
        if (!state.parameters.count(symbol.getValue().str()))
          return op->emitError("the state holds no parameter '") << symbol.getValue() << "'";
    return success();
  }

  State& state;
  std::unordered_map<void*, Tensor> values; ///< by Value; a node-based map, for operandsOf points into it
};

} // namespace

FailureOr<std::vector<Tensor>> run(FunctionOp function, const std::vector<Tensor>& arguments, State& state) {
  state.dimensions.clear();
  if (failed(bindArguments(function, arguments, state))) return failure();
  Interpreter interpreter(state);
  Block& body = function.getBody().front();
  for (auto [value, tensor] : llvm::zip(body.getArguments(), arguments)) interpreter.set(value, tensor);
  for (Operation& op : body.without_terminator())
    if (failed(interpreter.step(&op))) return failure();
  std::vector<Tensor> results;
  for (const Tensor* result : interpreter.operandsOf(body.getTerminator())) results.push_back(*result);
  return results;
}

} // namespace cnn::reference
