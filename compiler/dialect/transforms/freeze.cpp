//===- freeze.cpp - Inference drops nothing ------------------------------------------------------------===//
#include "dialect/transforms/passes.h"

using namespace mlir;

namespace cnn {
#define GEN_PASS_DEF_CNNFREEZE
#include "passes.h.inc"

void dropNothing(FunctionOp function) {
  SmallVector<Operation*> drops;
  function.walk([&](Operation* op) {
    if (isa<DropoutOp, StochasticDepthOp>(op)) drops.push_back(op);
  });
  for (Operation* op : drops) {
    op->getResult(0).replaceAllUsesWith(op->getOperand(0));
    op->erase();
  }
}

namespace {

struct Freeze : impl::CnnFreezeBase<Freeze> {
  void runOnOperation() override {
    if (auto predict = getOperation().lookupSymbol<FunctionOp>("predict")) dropNothing(predict);
  }
};

} // namespace
} // namespace cnn
