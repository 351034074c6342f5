#include "program.h"

#include "dialect/transforms/passes.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace mlir;

namespace cnn::test {

int64_t pick(Random& random, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random);
}

Program::Program(MLIRContext& context, Random& random, int64_t images) : builder(&context), random(random) {
  state.batch = images;
  state.seed = random();
  state.step = 3;
  module = ModuleOp::create(builder.getUnknownLoc());
  builder.setInsertionPointToStart(module->getBody());
  network = NetworkOp::create(builder, builder.getUnknownLoc(), "Net", DictionaryAttr());
  builder.setInsertionPointToStart(&network.getBody().emplaceBlock());
  loss = FunctionOp::create(builder, builder.getUnknownLoc(), "loss", builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(&loss.getBody().front());
}

reference::Tensor Program::draw(std::vector<int64_t> shape, Values values) {
  reference::Tensor tensor(std::move(shape));
  std::uniform_real_distribution<double> unit(0, 1);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double& value = tensor.data[i];
    switch (values) {
    case Values::positive:
      value = 0.5 + unit(random);
      break;
    case Values::wellSpaced:
      value = 0.05 * (i - tensor.size() / 2) + 0.011;
      break;
    case Values::smooth:
      value = -2 + 4 * unit(random);
      break;
    case Values::wide:
      value = -3 + 12 * unit(random);
      break;
    }
    for (double kink : {0.0, 6.0})
      if (std::abs(value - kink) < 0.02) value = kink + (value < kink ? -0.02 : 0.02);
  }
  if (values == Values::wellSpaced) std::shuffle(tensor.data.begin(), tensor.data.end(), random);
  return tensor;
}

Value Program::parameter(TensorType type, Values values, bool statistic, bool frozen) {
  std::string name = ("p" + Twine(state.parameters.size())).str();
  OpBuilder outside(loss);
  auto init = InitAttr::get(type.getContext(), InitKind::constant, 0.0, 0.0);
  auto op = ParameterOp::create(outside, builder.getUnknownLoc(), name, type, init, statistic, frozen);
  state.parameters[name] = draw(reference::concreteShape(type, state.batch), values);
  return GetOp::create(builder, builder.getUnknownLoc(), type, op.getSymName());
}

static TensorType batchedType(MLIRContext* context, ArrayRef<int64_t> shape, Type element) {
  SmallVector<AffineExpr> dimensions = {freeDimension(context, "N")};
  for (int64_t extent : shape) dimensions.push_back(getAffineConstantExpr(extent, context));
  return TensorType::get(context, dimensions, element, LayoutAttr());
}

Value Program::batched(ArrayRef<int64_t> shape, Values values) {
  return parameter(batchedType(builder.getContext(), shape, builder.getF32Type()), values, false);
}
Value Program::fixed(ArrayRef<int64_t> shape, Values values) {
  return parameter(TensorType::get(builder.getContext(), shape, builder.getF32Type()), values, false);
}
Value Program::statistic(ArrayRef<int64_t> shape, Values values, bool frozen) {
  return parameter(TensorType::get(builder.getContext(), shape, builder.getF32Type()), values, true, frozen);
}

Value Program::labels(int64_t count) {
  TensorType type = batchedType(builder.getContext(), {}, builder.getI32Type());
  reference::Tensor classes(std::vector<int64_t>{state.batch});
  for (double& value : classes.data) value = pick(random, 0, count - 1);
  arguments.push_back(std::move(classes));
  return loss.getBody().front().addArgument(type, builder.getUnknownLoc());
}

Value Program::bytes(ArrayRef<int64_t> shape) {
  TensorType type = batchedType(builder.getContext(), shape, builder.getIntegerType(8, /*isSigned=*/false));
  reference::Tensor numbers(reference::concreteShape(type, state.batch));
  for (double& value : numbers.data) value = pick(random, 0, 3);
  arguments.push_back(std::move(numbers));
  return loss.getBody().front().addArgument(type, builder.getUnknownLoc());
}

void Program::finish(Value perImage) {
  Value mean = add<BatchMeanOp>(perImage);
  add<ReturnOp>(mean);
  Block& body = loss.getBody().front();
  loss.setFunctionType(builder.getFunctionType(body.getArgumentTypes(), mean.getType()));
}

void Program::finishWithMse(Value value) {
  auto type = cast<TensorType>(value.getType());
  Value target = loss.getBody().front().addArgument(type, builder.getUnknownLoc());
  arguments.push_back(draw(reference::concreteShape(type, state.batch), Values::wide));
  finish(add<MseOp>(value, target));
}

void Program::differentiate(bool decomposed) {
  REQUIRE(succeeded(verify(*module)));
  PassManager passes(builder.getContext());
  passes.addNestedPass<NetworkOp>(createCnnAutodiff());
  if (decomposed) passes.addNestedPass<NetworkOp>(createCnnDecomposeTraining());
  REQUIRE(succeeded(passes.run(*module)));
}

FunctionOp Program::function(StringRef name) {
  return network.lookupSymbol<FunctionOp>(name);
}

} // namespace cnn::test
