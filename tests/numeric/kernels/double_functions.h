//===- double_functions.h - What the vector functions are compared with ------------------------------===//
#ifndef CNN_TESTS_NUMERIC_KERNELS_DOUBLE_FUNCTIONS_H
#define CNN_TESTS_NUMERIC_KERNELS_DOUBLE_FUNCTIONS_H

namespace cnn::test {

/// Of each finite x the function's value in double precision, and what an error of it is measured by: the
/// value's size, where no terms cancel.
using DoubleFunction = void (*)(const float* x, double* value, double* size, int count);

void sigmoidOf(const float* x, double* value, double* size, int count);
void tanhOf(const float* x, double* value, double* size, int count);
void siluOf(const float* x, double* value, double* size, int count);
void geluOf(const float* x, double* value, double* size, int count);
void geluByTanhOf(const float* x, double* value, double* size, int count);
void siluGradientOf(const float* x, double* value, double* size, int count);
void geluGradientOf(const float* x, double* value, double* size, int count);
void geluByTanhGradientOf(const float* x, double* value, double* size, int count);
void expOf(const float* x, double* value, double* size, int count);
void expm1Of(const float* x, double* value, double* size, int count);
void logOf(const float* x, double* value, double* size, int count);
void log1pOf(const float* x, double* value, double* size, int count);
/// x to the power of 2.5.
void powOf(const float* x, double* value, double* size, int count);
/// log softmax of the first of the two logits x and 0.
void logSigmoidOf(const float* x, double* value, double* size, int count);

} // namespace cnn::test

#endif
