#include "ast_to_dialect/networks/batch_statistics.h"

#include "dialect/conditions.h"

namespace cnn {

/// The layer's path where training takes its statistics from batches of one value for each sample and
/// channel.
static std::string pathOfOneValue(Elaborator& e, BatchNormOp norm) {
  auto mean = norm->getOperand(3).getDefiningOp<GetOp>();
  auto info = mean ? e.net->parameterAt.find(mean.getParameter()) : e.net->parameterAt.end();
  if (info == e.net->parameterAt.end() || info->second->op.getFrozen()) return "";
  auto type = mlir::cast<TensorType>(norm.getInput().getType());
  for (unsigned i = 2; i < type.getRank(); ++i)
    if (type.getFixed(i) != 1) return "";
  llvm::StringRef path = mean.getParameter();
  path.consume_back(".running_mean");
  return path.str();
}

void assertBatchStatistics(Elaborator& e, FunctionOp loss, const std::vector<int64_t>& batches,
                           const Frame& frame) {
  if (!e.net->batch) return;
  BatchNormOp found;
  std::string path;
  loss.walk([&](BatchNormOp norm) {
    std::string own = pathOfOneValue(e, norm);
    if (own.empty() || found) return;
    found = norm, path = own;
  });
  if (!found) return;
  mlir::Attribute test = condition::atLeast(e.net->batch, mlir::getAffineConstantExpr(2, &e.context));
  std::string text =
      dimensionText(&e.context, e.net->batch) + " >= 2 in training: batch_norm " + path +
      " takes the variance of each channel over the batch, and one sample has one value of each. Choose a "
      "batch size that leaves no single sample";
  auto part = e.net->parts.find(path);
  Span span = part == e.net->parts.end() ? Span() : part->second.span;
  e.net->assertions.push_back({text, test, span, true});
  for (int64_t batch : batches)
    if (!condition::holds(test, batch))
      return void(e.error(Diag::AssertFailed, span, frame,
                          " for training's batch of " + std::to_string(batch) + ": " + text));
}

} // namespace cnn
