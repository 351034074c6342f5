//===- assertions.cpp - Code that checks what a network asserts of its batch --------------------------===//

#include "groups_to_llvm/assertions.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/IntegerSet.h"

using namespace mlir;

namespace cnn {
namespace {

/// Emits the value of conditions for one size of the batch; straight code, all in 64 bits.
class ConditionCode {
public:
  ConditionCode(ImplicitLocOpBuilder& builder, Value batch) : b(builder), batch(batch) {}

  Value truth(Attribute condition) {
    if (auto parts = dyn_cast<ArrayAttr>(condition)) {
      bool isAll = cast<StringAttr>(parts[0]).getValue() == "all";
      Value result;
      for (Attribute part : parts.getValue().drop_front()) {
        Value next = truth(part);
        if (!result)
          result = next;
        else if (isAll)
          result = LLVM::AndOp::create(b, result, next);
        else
          result = LLVM::OrOp::create(b, result, next);
      }
      return result;
    }
    IntegerSet set = cast<IntegerSetAttr>(condition).getValue();
    auto predicate = set.isEq(0) ? LLVM::ICmpPredicate::eq : LLVM::ICmpPredicate::sge;
    return LLVM::ICmpOp::create(b, predicate, value(set.getConstraint(0)), constant(0));
  }

  Value constant(int64_t number) {
    return LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(number));
  }

private:
  ImplicitLocOpBuilder& b;
  Value batch;

  Value value(AffineExpr expr) {
    if (auto fixed = dyn_cast<AffineConstantExpr>(expr)) return constant(fixed.getValue());
    if (isa<AffineSymbolExpr>(expr)) return batch;
    auto binary = cast<AffineBinaryOpExpr>(expr);
    Value left = value(binary.getLHS()), right = value(binary.getRHS());
    switch (binary.getKind()) {
    case AffineExprKind::Add:
      return LLVM::AddOp::create(b, left, right);
    case AffineExprKind::Mul:
      return LLVM::MulOp::create(b, left, right);
    case AffineExprKind::Mod:
      return remainder(left, right);
    case AffineExprKind::FloorDiv:
      return LLVM::SDivOp::create(b, LLVM::SubOp::create(b, left, remainder(left, right)), right);
    default: { // ceil(l / r) = floor((l + r - 1) / r)
      Value raised = LLVM::AddOp::create(b, left, LLVM::SubOp::create(b, right, constant(1)));
      return LLVM::SDivOp::create(b, LLVM::SubOp::create(b, raised, remainder(raised, right)), right);
    }
    }
  }

  /// Of a division that rounds down; the divisor is above 0.
  Value remainder(Value left, Value right) {
    Value rest = LLVM::SRemOp::create(b, left, right);
    Value negative = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::slt, rest, constant(0));
    return LLVM::SelectOp::create(b, negative, LLVM::AddOp::create(b, rest, right), rest);
  }
};

} // namespace

void emitAssertions(ObjectModule& object, StringRef symbol,
                    const std::vector<LibraryPlan::Assertion>& assertions) {
  ImplicitLocOpBuilder& b = object.builder;
  Type i32 = b.getI32Type();
  auto function = object.function(symbol, LLVM::LLVMFunctionType::get(i32, {b.getI64Type(), i32}));
  b.setInsertionPointToStart(function.addEntryBlock(b));
  ConditionCode code(b, function.getArgument(0));
  auto number = [&](int64_t n) { return LLVM::ConstantOp::create(b, i32, b.getI32IntegerAttr(int32_t(n))); };
  Value predicts = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, function.getArgument(1), number(0));
  Value failed = number(-1);
  for (size_t i = assertions.size(); i-- > 0;) {
    Value holds = code.truth(assertions[i].test);
    if (assertions[i].training) holds = LLVM::OrOp::create(b, holds, predicts);
    failed = LLVM::SelectOp::create(b, holds, failed, number(int64_t(i)));
  }
  LLVM::ReturnOp::create(b, failed);
}

} // namespace cnn
