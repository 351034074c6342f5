#include "ast_to_dialect/training/train_labels.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/SetVector.h"

namespace cnn {

mlir::ArrayAttr labelsOf(FunctionOp loss) {
  mlir::Builder builder(loss.getContext());
  llvm::SetVector<mlir::Attribute> all;
  auto add = [&](auto op) {
    auto argument = mlir::dyn_cast<mlir::BlockArgument>(op.getTarget());
    auto logits = mlir::cast<TensorType>(op.getLogits().getType());
    if (!argument || !logits.getFixed(1)) return;
    mlir::NamedAttrList entry;
    entry.set("classes", builder.getI64IntegerAttr(*logits.getFixed(1)));
    entry.set("input", builder.getI64IntegerAttr(argument.getArgNumber()));
    if (mlir::IntegerAttr ignored = op.getIgnoreIndexAttr())
      entry.set("ignored", builder.getI64IntegerAttr(ignored.getInt()));
    all.insert(entry.getDictionary(loss.getContext()));
  };
  loss.walk([&](mlir::Operation* op) {
    if (auto entropy = mlir::dyn_cast<CrossEntropyOp>(op)) add(entropy);
    if (auto accuracy = mlir::dyn_cast<AccuracyOp>(op)) add(accuracy);
  });
  return all.empty() ? mlir::ArrayAttr() : builder.getArrayAttr(all.getArrayRef());
}

} // namespace cnn
