//===- winograd.h - The matrices of Winograd's minimal filtering -------------------------------------===//
//
// F(m, r) gives m outputs of a correlation with r taps from n = m + r - 1 products:
//   y = A^T [(G g) * (B^T d)], nested for two dimensions (Lavin and Gray, Fast Algorithms for Convolutional
//   Neural Networks, 2015). The matrices come from Cook and Toom's construction on n - 1 finite points and
//   infinity.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_WINOGRAD_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_WINOGRAD_H

#include <vector>

namespace cnn::kernel {

/// A dense matrix, row by row.
struct Matrix {
  int rows = 0, columns = 0;
  std::vector<double> values;

  Matrix(int rows, int columns) : rows(rows), columns(columns), values(size_t(rows) * columns) {}
  double& at(int row, int column) { return values[size_t(row) * columns + column]; }
  double at(int row, int column) const { return values[size_t(row) * columns + column]; }
};

struct Winograd {
  int outputs, taps, points; ///< m, r, n
  Matrix inputTransform;     ///< B^T: n x n
  Matrix weightTransform;    ///< G: n x r
  Matrix outputTransform;    ///< A^T: m x n
};

/// For m = 2, 3 or 4 outputs and r = 3 or 5 taps. Points 0, 1, -1, 1/2, -2, then -1/2, 2: small ones with
/// small powers keep the rounding error down (Barabasz et al., Error Analysis and Improving the Accuracy of
/// Winograd Convolution, 2020).
Winograd makeWinograd(int outputs, int taps);

} // namespace cnn::kernel

#endif
