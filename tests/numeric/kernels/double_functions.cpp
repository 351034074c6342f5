//===- double_functions.cpp - With -ffast-math, so that loops call glibc's vector functions -------===//

#include "double_functions.h"

#include <math.h> // not <cmath>: the vector forms belong to these names

#if defined(__x86_64__) && !defined(__clang__)
#define EVERY_MACHINE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVERY_MACHINE
#endif

namespace cnn::test {

namespace {

constexpr double rootHalf = 0.70710678118654752440, rootTwoByPi = 0.79788456080286535588,
                 densityAtZero = 0.39894228040143267794, cubic = 0.044715;

/// A double stays within the range of exp without an overflow, which -ffast-math has no care for.
inline double bounded(double x) {
  return x < -700 ? -700 : x > 700 ? 700 : x;
}
inline double magnitude(double x) {
  return x < 0 ? -x : x;
}
/// By what an error of x (1 + u) is measured, where u comes near -1.
inline double sizeWithCancelling(double x, double value) {
  return magnitude(value) + (magnitude(x) < 1 ? magnitude(x) : 1);
}

} // namespace

EVERY_MACHINE void sigmoidOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) size[i] = value[i] = 1 / (1 + exp(-bounded(x[i])));
}

EVERY_MACHINE void tanhOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    value[i] = tanh(bounded(x[i]));
    size[i] = magnitude(value[i]);
  }
}

EVERY_MACHINE void siluOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    value[i] = double(x[i]) / (1 + exp(-bounded(x[i])));
    size[i] = magnitude(value[i]);
  }
}

// x Phi(x) is x / 2 (1 + erf): on the negative side the two cancel.
EVERY_MACHINE void geluOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    double t = bounded(x[i]);
    value[i] = double(x[i]) * 0.5 * erfc(-t * rootHalf);
    size[i] = sizeWithCancelling(t, value[i]);
  }
}

EVERY_MACHINE void geluByTanhOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    double t = bounded(x[i]);
    value[i] = double(x[i]) / (1 + exp(-2 * bounded(rootTwoByPi * (t + cubic * t * t * t))));
    size[i] = sizeWithCancelling(t, value[i]);
  }
}

EVERY_MACHINE void siluGradientOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    double t = bounded(x[i]), s = 1 / (1 + exp(-t));
    value[i] = s * (1 + t / (1 + exp(t)));
    size[i] = magnitude(value[i]) + s * (1 + magnitude(t) < 4 ? 1 + magnitude(t) : 4);
  }
}

EVERY_MACHINE void geluGradientOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    double t = bounded(x[i]);
    value[i] = 0.5 * erfc(-t * rootHalf) + t * densityAtZero * exp(-bounded(0.5 * t * t));
    size[i] = magnitude(value[i]) + 1;
  }
}

EVERY_MACHINE void geluByTanhGradientOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    double t = bounded(x[i]), inner = bounded(rootTwoByPi * (t + cubic * t * t * t));
    double up = 1 / (1 + exp(-2 * inner)), slope = rootTwoByPi * (1 + 3 * cubic * t * t);
    value[i] = up + t * 2 * up / (1 + exp(2 * inner)) * slope;
    size[i] = magnitude(value[i]) + 1;
  }
}

EVERY_MACHINE void expOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    value[i] = exp(bounded(x[i]));
    size[i] = magnitude(value[i]);
  }
}

EVERY_MACHINE void expm1Of(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    value[i] = expm1(bounded(x[i]));
    size[i] = magnitude(value[i]);
  }
}

// Near 1 the terms of log x cancel, but exactly.
EVERY_MACHINE void logOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    value[i] = log(double(x[i]));
    size[i] = magnitude(value[i]);
  }
}

EVERY_MACHINE void log1pOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    value[i] = log1p(double(x[i]));
    size[i] = magnitude(value[i]);
  }
}

EVERY_MACHINE void powOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    value[i] = double(x[i]) * double(x[i]) * sqrt(double(x[i]));
    size[i] = magnitude(value[i]);
  }
}

EVERY_MACHINE void logSigmoidOf(const float* x, double* value, double* size, int count) {
  for (int i = 0; i < count; ++i) {
    double t = bounded(x[i]);
    value[i] = (x[i] < 0 ? double(x[i]) : 0) - log1p(exp(-magnitude(t)));
    size[i] = magnitude(value[i]) + magnitude(x[i]);
  }
}

} // namespace cnn::test
