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
Halide::Expr vectorTanh(const Halide::Expr& x);
Halide::Expr vectorSigmoid(const Halide::Expr& x);
Halide::Expr vectorErf(const Halide::Expr& x);

} // namespace cnn::kernel

#endif
