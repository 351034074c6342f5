/// Limits on what evaluation makes: the depth and length of values, tensors, sizes of many parts.
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/networks/parameters.h"
#include "ast_to_dialect/operators/building.h"

namespace cnn {

using namespace ast;

bool affordable(Elaborator& e, const Value& value, const Expr& node, const Frame& frame) {
  if (value.depth() > Elaborator::maxValueDepth) {
    e.error(Diag::TooDeep, node.span, frame, int64_t(Elaborator::maxValueDepth));
    return false;
  }
  auto characters = [](const Value& held) {
    auto* text = held.get<std::string>();
    auto* condition = held.get<RunTimeCondition>();
    return text ? text->size() : condition ? condition->text.size() : 0;
  };
  if (characters(value) > Elaborator::maxCharacters) {
    e.error(Diag::TooManySteps, node.span, frame, int64_t(Elaborator::maxCharacters),
            value.get<std::string>() ? "characters in a string" : "characters in a condition");
    return false;
  }
  if (auto* size = value.get<Dimension>(); size && !affordable(e, size->expr, node.span, frame)) return false;
  bool isOther = node.kind == Kind::Name || node.kind == Kind::Paren || node.kind == Kind::Member;
  uint64_t made = value.list() && !isOther ? 2 * value.list()->size() : characters(value) / 64;
  return made == 0 || countStep(e, node.span, frame, made);
}

bool affordable(Elaborator& e, cnn::TensorType result, mlir::ValueRange operands, Span span,
                std::string_view what, const Frame& frame) {
  llvm::SmallVector<int64_t> fixed;
  for (unsigned i = 0; i < result.getRank(); ++i) {
    if (auto extent = result.getFixed(i))
      fixed.push_back(*extent);
    else if (!affordable(e, result.getShape()[i], span, frame))
      return false;
  }
  if (isTensorSize(fixed)) return true;
  shapeError(e,
             "expected a result of at most 2^40 elements a sample and 2^31 - 1 along a dimension, found " +
                 result.shapeText(),
             operands, span, what, frame);
  return false;
}

/// The number of an expression's parts, as far as `most`.
static unsigned partsOf(mlir::AffineExpr expr, unsigned most) {
  auto binary = mlir::dyn_cast<mlir::AffineBinaryOpExpr>(expr);
  if (!binary || most <= 1) return 1;
  unsigned left = partsOf(binary.getLHS(), most - 1);
  return left >= most - 1 ? most : 1 + left + partsOf(binary.getRHS(), most - 1 - left);
}

/// Sizes share their parts: one that holds another twice, and so on, is never written out to its end. With
/// numbers of 32 bits nothing overflows on the way to the next size.
bool affordable(Elaborator& e, mlir::AffineExpr dimension, Span span, const Frame& frame) {
  if (!mlir::isa<mlir::AffineBinaryOpExpr>(dimension)) return true;
  unsigned parts = partsOf(dimension, Elaborator::maxDimensionParts + 1);
  if (parts > Elaborator::maxDimensionParts) {
    e.error(Diag::TooManySteps, span, frame, int64_t(Elaborator::maxDimensionParts), "parts of a size");
    return false;
  }
  bool fits = true;
  dimension.walk([&](mlir::AffineExpr part) {
    auto number = mlir::dyn_cast<mlir::AffineConstantExpr>(part);
    fits = fits && (!number || std::abs(number.getValue()) <= INT32_MAX);
  });
  if (!fits) {
    e.error(Diag::Overflow, span, frame, "a size");
    return false;
  }
  return countStep(e, span, frame,
                   parts * parts / 16); // what is known about its divisors is asked of each part
}

} // namespace cnn
