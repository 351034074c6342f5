//===- vector_math.h - Transcendental functions in plain arithmetic ----------------------------------===//
//
// Halide's own call libm lane by lane or are less exact. These are polynomials (Chebyshev fits of degree and
// range as noted), and hold at most 4 units in the last place over all f32 and in every kernel that fuses
// them, checked in tests/numeric/kernels. NaN gives NaN.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_VECTOR_MATH_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_VECTOR_MATH_H

#include <Halide.h>

namespace cnn::kernel {

/// 0 below -87.3 (no subnormal results), infinity above 88.7.
Halide::Expr vectorExp(const Halide::Expr& x);
/// For x >= 0, no subnormals. log 0 is -infinity.
Halide::Expr vectorLog(const Halide::Expr& x);
/// For all x: NaN below 0, subnormal x included.
Halide::Expr vectorLogOfAny(const Halide::Expr& x);
/// e^x - 1 and log(1 + x), relative to their own size also near 0.
Halide::Expr vectorExpm1(const Halide::Expr& x);
Halide::Expr vectorLog1p(const Halide::Expr& x);
/// x to a constant power, with the special values of C's pow: at most 4 + |exponent| / 2 units in the last
/// place.
Halide::Expr vectorPow(const Halide::Expr& x, double exponent);
Halide::Expr vectorTanh(const Halide::Expr& x);
Halide::Expr vectorSigmoid(const Halide::Expr& x);
Halide::Expr vectorErf(const Halide::Expr& x);

} // namespace cnn::kernel

#endif
