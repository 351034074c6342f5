//===- strict_float.h - Operations that mean the same wherever they stand ----------------------------===//
//
// Halide gives LLVM leave to treat floats as real numbers: to reorder sums, to forget that NaN exists. These
// operations are taken as written. Unlike Halide's own strict_float, which copies all that its argument is
// made of into strict operations, they leave their operands alone: a value that is used inside and outside is
// one value, rounded once.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_STRICT_FLOAT_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_STRICT_FLOAT_H

#include <Halide.h>

namespace cnn::kernel::strict {

Halide::Expr add(const Halide::Expr& a, const Halide::Expr& b);
Halide::Expr sub(const Halide::Expr& a, const Halide::Expr& b);
Halide::Expr mul(const Halide::Expr& a, const Halide::Expr& b);
Halide::Expr div(const Halide::Expr& a, const Halide::Expr& b);

/// False where either is NaN.
Halide::Expr less(const Halide::Expr& a, const Halide::Expr& b);
Halide::Expr equal(const Halide::Expr& a, const Halide::Expr& b);

/// a > b ? a : b, one instruction on x86: a NaN in either gives b, so that a NaN in `b` stays one.
Halide::Expr larger(const Halide::Expr& a, const Halide::Expr& b);
/// a < b ? a : b, likewise.
Halide::Expr smaller(const Halide::Expr& a, const Halide::Expr& b);

/// True where a > b, or where one is NaN.
Halide::Expr notAtMost(const Halide::Expr& a, const Halide::Expr& b);

} // namespace cnn::kernel::strict

#endif
