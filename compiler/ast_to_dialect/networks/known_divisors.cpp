#include "ast_to_dialect/networks/known_divisors.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/IntegerSet.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

namespace cnn {

using namespace mlir;

static std::optional<int64_t> constant(AffineExpr expr) {
  auto known = dyn_cast<AffineConstantExpr>(expr);
  return known ? std::optional(known.getValue()) : std::nullopt;
}

void KnownDivisors::learn(Attribute condition) {
  if (auto parts = dyn_cast<ArrayAttr>(condition)) {
    if (cast<StringAttr>(parts[0]).getValue() == "all")
      for (Attribute part : parts.getValue().drop_front()) learn(part);
    return;
  }
  IntegerSet set = cast<IntegerSetAttr>(condition).getValue();
  auto rest = dyn_cast<AffineBinaryOpExpr>(set.getConstraint(0));
  if (!set.isEq(0) || !rest || rest.getKind() != AffineExprKind::Mod) return;
  std::optional<int64_t> by = constant(rest.getRHS());
  if (!by || *by < 1 || !isa<AffineSymbolExpr>(rest.getLHS())) return;
  int64_t& known = divisors.try_emplace(rest.getLHS(), 1).first->second;
  int64_t both = std::lcm(known, *by);
  if (both > 0 && both <= INT32_MAX) known = both;
}

int64_t KnownDivisors::divisorOf(AffineExpr size) const {
  if (auto known = divisors.find(size); known != divisors.end()) return known->second;
  auto parts = dyn_cast<AffineBinaryOpExpr>(size);
  if (!parts) return size.getLargestKnownDivisor();
  int64_t left = divisorOf(parts.getLHS());
  std::optional<int64_t> right = constant(parts.getRHS());
  switch (parts.getKind()) {
  case AffineExprKind::Add:
    return std::gcd(left, divisorOf(parts.getRHS()));
  case AffineExprKind::Mul:
    return right ? left * std::max<int64_t>(1, std::abs(*right)) : 1;
  case AffineExprKind::FloorDiv:
    return right && *right > 0 && left % *right == 0 ? left / *right : 1;
  default:
    return 1;
  }
}

/// size floordiv by, taken apart as far as something is known.
AffineExpr KnownDivisors::quotient(AffineExpr size, int64_t by) const {
  auto parts = dyn_cast<AffineBinaryOpExpr>(size);
  std::optional<int64_t> right = parts ? constant(parts.getRHS()) : std::nullopt;
  if (right && parts.getKind() == AffineExprKind::FloorDiv && *right > 0)
    return quotient(parts.getLHS(), *right * by);
  if (right && parts.getKind() == AffineExprKind::Add && divisorOf(parts.getLHS()) % by == 0)
    return quotient(parts.getLHS(), by) + llvm::divideFloorSigned(*right, by);
  return size.floorDiv(by);
}

AffineExpr KnownDivisors::simplify(AffineExpr size) const {
  auto parts = dyn_cast<AffineBinaryOpExpr>(size);
  if (!parts) return size;
  AffineExpr left = simplify(parts.getLHS()), right = simplify(parts.getRHS());
  std::optional<int64_t> number = constant(right);
  switch (parts.getKind()) {
  case AffineExprKind::Add:
    return left + right;
  case AffineExprKind::Mul: {
    auto divided = dyn_cast<AffineBinaryOpExpr>(left);
    std::optional<int64_t> by = divided ? constant(divided.getRHS()) : std::nullopt;
    bool whole = number && *number > 0 && by && *by > 0 && divided.getKind() == AffineExprKind::FloorDiv &&
                 divisorOf(divided.getLHS()) % *by == 0;
    if (!whole) return left * right;
    int64_t common = std::gcd(*by, *number);
    return divided.getLHS().floorDiv(*by / common) * (*number / common);
  }
  case AffineExprKind::FloorDiv:
    return number && *number > 0 ? quotient(left, *number) : left.floorDiv(right);
  default:
    return size;
  }
}

} // namespace cnn
