/// What asserts such as H % 16 == 0 tell about shapes.
#pragma once

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Attributes.h"

namespace cnn {

/// Numbers that free dimensions are multiples of.
class KnownDivisors {
public:
  /// Learns from a condition (dialect/conditions.h).
  void learn(mlir::Attribute condition);
  /// The same size in a form that is the same however it came about: after halving and doubling again, H is
  /// H.
  mlir::AffineExpr simplify(mlir::AffineExpr size) const;

private:
  int64_t divisorOf(mlir::AffineExpr size) const;
  mlir::AffineExpr quotient(mlir::AffineExpr size, int64_t by) const;

  llvm::DenseMap<mlir::AffineExpr, int64_t> divisors;
};

} // namespace cnn
