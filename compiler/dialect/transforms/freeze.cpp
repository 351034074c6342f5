//===- freeze.cpp - Inference needs no dropout ---------------------------------------------------------===//
#include "dialect/transforms/passes.h"

using namespace mlir;

namespace cnn {
#define GEN_PASS_DEF_CNNFREEZE
#include "passes.h.inc"

namespace {

struct Freeze : impl::CnnFreezeBase<Freeze> {
  void runOnOperation() override {
    auto predict = getOperation().lookupSymbol<FunctionOp>("predict");
    if (!predict) return;
    SmallVector<DropoutOp> dropouts;
    predict.walk([&](DropoutOp op) { dropouts.push_back(op); });
    for (DropoutOp op : dropouts) {
      op.getResult().replaceAllUsesWith(op.getInput());
      op.erase();
    }
  }
};

} // namespace
} // namespace cnn
