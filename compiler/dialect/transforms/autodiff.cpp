//===- autodiff.cpp - Reverse-mode differentiation of the loss -----------------------------------------===//
#include "dialect/transforms/passes.h"
#include "dialect/transforms/variants.h"

#include "mlir/IR/IRMapping.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace cnn {
#define GEN_PASS_DEF_CNNAUTODIFF
#include "passes.h.inc"

namespace {

struct Autodiff : impl::CnnAutodiffBase<Autodiff> {
  void runOnOperation() override {
    NetworkOp network = getOperation();
    auto loss = network.lookupSymbol<FunctionOp>("loss");
    if (!loss || failed(check(loss))) return;
    OpBuilder builder(loss->getContext());
    builder.setInsertionPointAfter(loss);
    for (const Variant& variant : variantsOf(network, loss)) {
      IRMapping copies;
      auto train = cast<FunctionOp>(builder.clone(*loss, copies));
      train.setSymName(variant.name);
      llvm::DenseSet<Operation*> repeated;
      for (Operation* op : variant.repeated) repeated.insert(copies.lookup(op));
      if (!variant.frozen.empty()) train->setAttr(frozenAttribute, variant.frozen);
      frozen.clear();
      for (auto name : variant.frozen.getAsRange<StringAttr>()) frozen.insert(name.getValue());
      if (!variant.results.empty()) keepResults(train, variant.results);
      useBatchStatistics(network, train, repeated);
      markVarying(network, train);
      differentiate(train);
    }
  }

private:
  llvm::DenseSet<Value> varying; ///< what depends on a parameter that is trained
  llvm::StringSet<> frozen;      ///< parameters that this variant leaves alone

  bool isFrozen(NetworkOp network, GetOp get) {
    return frozen.contains(get.getParameter()) ||
           network.lookupSymbol<ParameterOp>(get.getParameter()).getFrozen();
  }

  /// What the pass takes for granted.
  LogicalResult check(FunctionOp loss) {
    if (loss.isExternal() || loss.getResultTypes().empty() ||
        cast<TensorType>(loss.getResultTypes()[0]).getRank() != 0) {
      loss.emitError("expected a scalar as the first result of @loss");
      signalPassFailure();
      return failure();
    }
    WalkResult norms = loss.walk([](BatchNormOp op) {
      if (op.getRunningMean().getDefiningOp<GetOp>() && op.getRunningVar().getDefiningOp<GetOp>())
        return WalkResult::advance();
      op.emitError("expected running statistics that are parameters of the network");
      return WalkResult::interrupt();
    });
    if (norms.wasInterrupted()) signalPassFailure();
    return failure(norms.wasInterrupted());
  }

  /// The function gives these results alone, and computes what they need.
  static void keepResults(FunctionOp train, ArrayRef<int64_t> places) {
    Builder b(train.getContext());
    Block& body = train.getBody().front();
    SmallVector<Value> values;
    SmallVector<Type> types;
    SmallVector<Attribute> attributes;
    for (int64_t place : places) {
      values.push_back(body.getTerminator()->getOperand(place));
      types.push_back(values.back().getType());
      auto own =
          train.getResAttrs() ? cast<DictionaryAttr>((*train.getResAttrs())[place]) : b.getDictionaryAttr({});
      attributes.push_back(own);
    }
    body.getTerminator()->setOperands(values);
    train.setFunctionType(b.getFunctionType(train.getArgumentTypes(), types));
    train.setResAttrsAttr(b.getArrayAttr(attributes));
    train->setAttr(resultsAttribute, b.getDenseI64ArrayAttr(places));
    for (Operation& op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (op.use_empty() && !op.hasTrait<OpTrait::IsTerminator>()) op.erase();
  }

  /// A layer whose running statistics are frozen goes on with them, as in inference. One that is `repeated`
  /// leaves them as they are.
  void useBatchStatistics(NetworkOp network, FunctionOp train, const llvm::DenseSet<Operation*>& repeated) {
    SmallVector<BatchNormOp> norms;
    train.walk([&](BatchNormOp op) {
      if (!isFrozen(network, op.getRunningMean().getDefiningOp<GetOp>()) ||
          !isFrozen(network, op.getRunningVar().getDefiningOp<GetOp>()))
        norms.push_back(op);
    });
    for (BatchNormOp op : norms) {
      OpBuilder b(op);
      auto channels = cast<TensorType>(op.getInput().getType()).getShape()[1];
      auto stat = TensorType::f32(op.getContext(), {getAffineConstantExpr(2, op.getContext()), channels});
      auto parameter = [&](Value value) {
        return repeated.contains(op) ? FlatSymbolRefAttr() : value.getDefiningOp<GetOp>().getParameterAttr();
      };
      auto trained =
          BatchNormTrainOp::create(b, op.getLoc(), op.getResult().getType(), stat, op.getInput(),
                                   op.getWeight(), op.getBias(), parameter(op.getRunningMean()),
                                   parameter(op.getRunningVar()), op.getEpsAttr(), op.getMomentumAttr());
      Operation* mean = op.getRunningMean().getDefiningOp();
      Operation* var = op.getRunningVar().getDefiningOp();
      op.getResult().replaceAllUsesWith(trained.getResult());
      op.erase();
      for (Operation* get : {mean, var})
        if (get->use_empty()) get->erase();
    }
  }

  void markVarying(NetworkOp network, FunctionOp train) {
    varying.clear(); // the pass goes over several networks, and values of one may lie where another's were
    for (Operation& op : train.getBody().front()) {
      bool varies = llvm::any_of(op.getOperands(), [&](Value v) { return varying.contains(v); });
      if (auto get = dyn_cast<GetOp>(op))
        varies =
            !isFrozen(network, get) && !network.lookupSymbol<ParameterOp>(get.getParameter()).getStatistic();
      if (varies) varying.insert(op.result_begin(), op.result_end());
    }
  }

  void differentiate(FunctionOp train) {
    Block& body = train.getBody().front();
    SmallVector<Operation*> forward;
    for (Operation& op : body.without_terminator()) forward.push_back(&op);
    Operation* terminator = body.getTerminator();
    OpBuilder b(terminator);

    llvm::DenseMap<Value, Value> gradients;
    auto accumulate = [&](Value value, Value gradient) {
      Value& sum = gradients[value];
      sum = sum ? AddOp::create(b, value.getLoc(), sum, gradient).getResult() : gradient;
    };
    Value loss = terminator->getOperand(0);
    gradients[loss] = SplatOp::create(b, loss.getLoc(), loss.getType(), b.getF64FloatAttr(1));

    SmallVector<std::pair<StringAttr, Value>> parameters;
    for (Operation* op : llvm::reverse(forward)) {
      SmallVector<Value> dys;
      for (Value result : op->getResults()) dys.push_back(gradients.lookup(result));
      if (llvm::none_of(dys, [](Value dy) { return bool(dy); })) continue;
      if (auto get = dyn_cast<GetOp>(op)) {
        parameters.push_back({get.getParameterAttr().getAttr(), dys[0]});
        continue;
      }
      SmallVector<bool> needed;
      for (Value operand : op->getOperands()) needed.push_back(varying.contains(operand));
      if (!llvm::is_contained(needed, true)) continue;
      auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
      if (!differentiable) {
        op->emitError("has no gradient, but the loss depends on a parameter through it");
        return signalPassFailure();
      }
      SmallVector<Value> operandGradients(op->getNumOperands());
      differentiable.buildGradients(b, dys, needed, operandGradients);
      for (auto [operand, gradient] : llvm::zip(op->getOperands(), operandGradients))
        if (gradient) accumulate(operand, gradient);
    }
    nameGradients(b, parameters);
  }

  /// One cnn.gradient a parameter; one that several layers share gets the sum, in the form of one of them.
  static void nameGradients(OpBuilder& b, ArrayRef<std::pair<StringAttr, Value>> parameters) {
    llvm::MapVector<StringAttr, Value> sums;
    for (auto [name, gradient] : llvm::reverse(parameters)) {
      Value& sum = sums[name];
      Value term = gradient;
      if (sum && sum.getType() != term.getType())
        term = ReshapeOp::create(b, gradient.getLoc(), sum.getType(), gradient);
      sum = sum ? AddOp::create(b, gradient.getLoc(), sum, term).getResult() : term;
    }
    for (auto& [name, gradient] : sums)
      GradientOp::create(b, gradient.getLoc(), gradient, FlatSymbolRefAttr::get(name));
  }
};

} // namespace

SmallVector<FunctionOp> trainingFunctions(NetworkOp network) {
  SmallVector<FunctionOp> functions;
  for (auto function : network.getBody().getOps<FunctionOp>()) {
    StringRef name = function.getSymName();
    if (name == "train" || name.starts_with("train.")) functions.push_back(function);
  }
  return functions;
}

} // namespace cnn
