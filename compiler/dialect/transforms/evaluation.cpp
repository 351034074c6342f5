//===- evaluation.cpp - Losses and metrics of data that is not trained on ------------------------------===//
#include "dialect/transforms/passes.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace cnn {
#define GEN_PASS_DEF_CNNEVALUATION
#include "passes.h.inc"

namespace {

/// What a loss or metric is the sum of: values of each sample, by the share of the sample's labels that
/// count, null where each sample counts as one.
using Terms = llvm::MapVector<Value, Value>;

struct Evaluation : impl::CnnEvaluationBase<Evaluation> {
  void runOnOperation() override {
    auto predict = getOperation().lookupSymbol<FunctionOp>("predict");
    auto loss = getOperation().lookupSymbol<FunctionOp>("loss");
    if (!predict || !loss) return;
    OpBuilder b(loss->getContext());
    b.setInsertionPointAfter(loss);
    auto evaluate = cast<FunctionOp>(b.clone(*loss));
    evaluate.setSymName(evaluationName);
    Block& body = evaluate.getBody().front();
    SmallVector<Value> outputs = prepend(predict, body);
    dropNothing(evaluate);
    countEachSample(evaluate);
    returnTerms(evaluate, outputs, predict);
    IRRewriter rewriter(b.getContext());
    DominanceInfo dominance(evaluate);
    eliminateCommonSubExpressions(rewriter, dominance, evaluate); // @predict's ops, and their copies in @loss
    for (Operation& op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (isOpTriviallyDead(&op)) op.erase();
  }

private:
  /// @predict's ops in front of those of @loss; gives its results.
  static SmallVector<Value> prepend(FunctionOp predict, Block& body) {
    Block& from = predict.getBody().front();
    OpBuilder b = OpBuilder::atBlockBegin(&body);
    IRMapping map;
    for (BlockArgument argument : from.getArguments())
      map.map(argument, body.getArgument(argument.getArgNumber()));
    for (Operation& op : from.without_terminator()) b.clone(op, map);
    return llvm::map_to_vector(from.getTerminator()->getOperands(),
                               [&](Value value) { return map.lookupOrDefault(value); });
  }

  /// No batch's share of labels that count: the loss of a sample does not depend on the others.
  static void countEachSample(FunctionOp evaluate) {
    evaluate.walk([](MeasureOpInterface op) {
      for (OpOperand& operand : op->getOpOperands())
        if (auto mean = operand.get().getDefiningOp<BatchMeanOp>()) operand.set(mean.getInput());
    });
  }

  static void returnTerms(FunctionOp evaluate, SmallVector<Value> results, FunctionOp predict) {
    llvm::DenseSet<Value> trained = onlyTrained(evaluate, predict);
    ArrayAttr predictNames = predict.getResAttrsAttr();
    Operation* terminator = evaluate.getBody().front().getTerminator();
    OpBuilder b(terminator);
    SmallVector<Attribute> names(predictNames ? predictNames.getValue() : ArrayRef<Attribute>());
    names.resize(results.size(), b.getDictionaryAttr({}));
    SmallVector<int64_t> places;
    for (auto [measure, result] : llvm::enumerate(terminator->getOperands())) {
      auto mean = result.getDefiningOp<BatchMeanOp>();
      if (!mean) continue; // a parameter alone: no sample changes it
      for (auto& [share, value] : termsOf(b, mean.getInput())) {
        places.append({int64_t(measure), int64_t(results.size()), share ? int64_t(results.size()) + 1 : -1,
                       trained.contains(mean.getInput())});
        results.push_back(value);
        if (share) results.push_back(share);
      }
    }
    names.resize(results.size(), b.getDictionaryAttr({}));
    terminator->setOperands(results);
    evaluate.setFunctionType(b.getFunctionType(evaluate.getArgumentTypes(), ValueRange(results).getTypes()));
    evaluate.setResAttrsAttr(b.getArrayAttr(names));
    evaluate->setAttr(termsAttribute, b.getDenseI64ArrayAttr(places));
  }

  /// What depends on a parameter that @predict does not read.
  static llvm::DenseSet<Value> onlyTrained(FunctionOp evaluate, FunctionOp predict) {
    llvm::StringSet<> predicts;
    predict.walk([&](GetOp get) { predicts.insert(get.getParameter()); });
    llvm::DenseSet<Value> trained;
    for (Operation& op : evaluate.getBody().front()) {
      auto get = dyn_cast<GetOp>(op);
      if ((get && !predicts.contains(get.getParameter())) ||
          llvm::any_of(op.getOperands(), [&](Value operand) { return trained.contains(operand); }))
        trained.insert(op.result_begin(), op.result_end());
    }
    return trained;
  }

  static Terms termsOf(OpBuilder& b, Value value) {
    Operation* op = value.getDefiningOp();
    if (isa_and_nonnull<AddOp, SubOp>(op) &&
        llvm::all_equal({op->getOperand(0).getType(), op->getOperand(1).getType(), value.getType()}))
      return sumOf(b, op);
    if (auto scale = dyn_cast_or_null<ScaleOp>(op)) return scaled(b, scale);
    if (isa_and_nonnull<MeasureOpInterface>(op))
      for (Value operand : op->getOperands())
        if (operand.getDefiningOp<CountedOp>())
          return only(operand, MulOp::create(b, op->getLoc(), value.getType(), value, operand));
    return only(Value(), value);
  }

  static Terms only(Value share, Value value) {
    Terms terms;
    terms[share] = value;
    return terms;
  }

  static Terms sumOf(OpBuilder& b, Operation* op) {
    Terms terms = termsOf(b, op->getOperand(0));
    Location loc = op->getLoc();
    for (auto& [share, value] : termsOf(b, op->getOperand(1))) {
      Value& sum = terms[share];
      if (sum)
        sum = isa<AddOp>(op) ? AddOp::create(b, loc, sum, value).getResult()
                             : SubOp::create(b, loc, sum, value).getResult();
      else
        sum = isa<AddOp>(op) ? value : times(b, loc, value, -1, 0);
    }
    return terms;
  }

  /// factor * x + offset, of which the offset is of each sample.
  static Terms scaled(OpBuilder& b, ScaleOp op) {
    double factor = op.getFactor().convertToDouble(), offset = op.getOffset().convertToDouble();
    Terms terms = termsOf(b, op.getInput());
    if (offset != 0 && !terms.contains(Value()))
      terms[Value()] = SplatOp::create(b, op.getLoc(), op.getResult().getType(), b.getF64FloatAttr(0));
    for (auto& [share, value] : terms) value = times(b, op.getLoc(), value, factor, share ? 0 : offset);
    return terms;
  }

  static Value times(OpBuilder& b, Location loc, Value value, double factor, double offset) {
    return ScaleOp::create(b, loc, value.getType(), value, b.getF64FloatAttr(factor),
                           b.getF64FloatAttr(offset));
  }
};

} // namespace

SmallVector<FunctionOp> batchFunctions(NetworkOp network) {
  SmallVector<FunctionOp> functions = trainingFunctions(network);
  if (auto evaluate = network.lookupSymbol<FunctionOp>(evaluationName)) functions.push_back(evaluate);
  return functions;
}

} // namespace cnn
