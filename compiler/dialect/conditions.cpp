//===- conditions.cpp - Conditions on free dimensions -------------------------------------------------===//
#include "dialect/conditions.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/IntegerSet.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace cnn::condition {
namespace {

Attribute constraint(AffineExpr expr, bool isEqual) {
  unsigned symbols = 0;
  expr.walk([&](AffineExpr part) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part)) symbols = std::max(symbols, symbol.getPosition() + 1);
  });
  return IntegerSetAttr::get(IntegerSet::get(0, symbols, expr, isEqual));
}

Attribute joined(StringRef how, Attribute a, Attribute b) {
  MLIRContext* context = a.getContext();
  return ArrayAttr::get(context, {StringAttr::get(context, how), a, b});
}

bool isAll(ArrayAttr parts) {
  return cast<StringAttr>(parts[0]).getValue() == "all";
}

} // namespace

Attribute equal(AffineExpr a, AffineExpr b) {
  return constraint(a - b, true);
}
Attribute atLeast(AffineExpr a, AffineExpr b) {
  return constraint(a - b, false);
}
Attribute all(Attribute a, Attribute b) {
  return joined("all", a, b);
}
Attribute any(Attribute a, Attribute b) {
  return joined("any", a, b);
}

Attribute negated(Attribute condition) {
  if (auto parts = dyn_cast<ArrayAttr>(condition)) {
    SmallVector<Attribute> result{StringAttr::get(condition.getContext(), isAll(parts) ? "any" : "all")};
    for (Attribute part : parts.getValue().drop_front()) result.push_back(negated(part));
    return ArrayAttr::get(condition.getContext(), result);
  }
  IntegerSet set = cast<IntegerSetAttr>(condition).getValue();
  AffineExpr expr = set.getConstraint(0);
  Attribute below = constraint(-expr - 1, false);
  return set.isEq(0) ? any(constraint(expr - 1, false), below) : below;
}

bool isAbout(Attribute condition, AffineExpr dimension) {
  if (auto parts = dyn_cast<ArrayAttr>(condition))
    return llvm::all_of(parts.getValue().drop_front(),
                        [&](Attribute part) { return isAbout(part, dimension); });
  bool only = true;
  cast<IntegerSetAttr>(condition).getValue().getConstraint(0).walk([&](AffineExpr part) {
    if (isa<AffineSymbolExpr>(part)) only = only && part == dimension;
  });
  return only;
}

bool holds(Attribute condition, int64_t size) {
  if (auto parts = dyn_cast<ArrayAttr>(condition)) {
    auto own = [&](Attribute part) { return holds(part, size); };
    auto all = parts.getValue().drop_front();
    return isAll(parts) ? llvm::all_of(all, own) : llvm::any_of(all, own);
  }
  IntegerSet set = cast<IntegerSetAttr>(condition).getValue();
  SmallVector<AffineExpr> sizes(set.getNumSymbols(), getAffineConstantExpr(size, condition.getContext()));
  AffineExpr expr = set.getConstraint(0).replaceSymbols(sizes);
  int64_t value = cast<AffineConstantExpr>(expr).getValue();
  return set.isEq(0) ? value == 0 : value >= 0;
}

} // namespace cnn::condition
