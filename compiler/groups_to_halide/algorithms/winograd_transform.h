//===- winograd_transform.h - Winograd's matrices times Halide values --------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_WINOGRAD_TRANSFORM_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_WINOGRAD_TRANSFORM_H

#include "winograd.h"

#include <Halide.h>

#include <vector>

namespace cnn::kernel {

/// matrix * values, element `row` of it; `row` is a constant once its loop is unrolled. Products with 0, 1
/// and -1 are written without a multiplication.
Halide::Expr times(const Matrix& matrix, const Halide::Expr& row, const std::vector<Halide::Expr>& values);

/// at(0), …, at(count - 1).
template <typename At> std::vector<Halide::Expr> collect(int count, At at) {
  std::vector<Halide::Expr> values;
  for (int k = 0; k < count; ++k) values.push_back(at(k));
  return values;
}

} // namespace cnn::kernel

#endif
