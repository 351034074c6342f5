//===- winograd.cpp ----------------------------------------------------------------------------------===//

#include "winograd_transform.h"

#include <cmath>

using namespace Halide;

namespace cnn::kernel {

namespace {

/// One row of `matrix` times the values; products with 0, 1 and -1 are written without a multiplication.
Expr rowTimes(const Matrix& matrix, int row, const std::vector<Expr>& values) {
  Expr sum;
  for (int k = 0; k < matrix.columns; ++k) {
    double factor = matrix.at(row, k);
    if (factor == 0) continue;
    Expr term = factor == 1 ? values[k] : factor == -1 ? -values[k] : values[k] * float(factor);
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

/// Coefficients, lowest power first, of the product of (x - point) over all points but `left out`.
std::vector<double> product(const std::vector<double>& points, size_t leftOut) {
  std::vector<double> coefficients{1};
  for (size_t i = 0; i < points.size(); ++i) {
    if (i == leftOut) continue;
    std::vector<double> next(coefficients.size() + 1);
    for (size_t k = 0; k < coefficients.size(); ++k) {
      next[k + 1] += coefficients[k];
      next[k] -= points[i] * coefficients[k];
    }
    coefficients = next;
  }
  return coefficients;
}

} // namespace

Winograd makeWinograd(int outputs, int taps) {
  int n = outputs + taps - 1;
  std::vector<double> points{0, 1, -1, 0.5, -2, -0.5, 2};
  points.resize(n - 1);
  Winograd w{outputs, taps, n, Matrix(n, n), Matrix(n, taps), Matrix(outputs, n)};
  for (int i = 0; i < n - 1; ++i) {
    double scale = 1;
    for (int j = 0; j < n - 1; ++j) {
      if (j != i) scale *= points[i] - points[j];
    }
    for (int k = 0; k < outputs; ++k) w.outputTransform.at(k, i) = std::pow(points[i], k);
    for (int k = 0; k < taps; ++k) w.weightTransform.at(i, k) = std::pow(points[i], k) / scale;
    std::vector<double> row = product(points, i);
    for (size_t k = 0; k < row.size(); ++k) w.inputTransform.at(i, int(k)) = row[k];
  }
  std::vector<double> last = product(points, points.size());
  for (size_t k = 0; k < last.size(); ++k) w.inputTransform.at(n - 1, int(k)) = last[k];
  w.outputTransform.at(outputs - 1, n - 1) = 1;
  w.weightTransform.at(n - 1, taps - 1) = 1;
  return w;
}

Expr times(const Matrix& matrix, const Expr& row, const std::vector<Expr>& values) {
  std::vector<Expr> rows;
  for (int i = 0; i < matrix.rows; ++i) rows.push_back(rowTimes(matrix, i, values));
  return mux(row, rows);
}

} // namespace cnn::kernel
