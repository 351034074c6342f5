//===- vector_math.cpp -------------------------------------------------------------------------------===//

#include "vector_math.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// Coefficients from the constant term up.
Expr polynomial(const Expr& x, std::initializer_list<float> coefficients) {
  Expr result;
  for (auto c = std::rbegin(coefficients); c != std::rend(coefficients); ++c) {
    result = result.defined() ? result * x + *c : Expr(*c);
  }
  return result;
}

/// e^x = 2^power fraction.
struct Exponential {
  Expr power, fraction;
};

Exponential exponential(const Expr& x) {
  Expr n = round(x * 1.44269504f);
  // ln 2 in two parts, the first of few bits: n times it is exact, and so is the difference.
  Expr r = strict_float(strict_float(x - n * 0.693359375f) + n * 2.12194440e-4f);
  // (e^r - 1 - r) / r^2 on [-ln 2 / 2, ln 2 / 2], error 6.4e-8
  Expr p = polynomial(r, {0.5f, 0.16666577f, 0.04166646f, 0.00836318f, 0.00139337f});
  return {cast<int32_t>(n), p * (r * r) + r + 1.0f};
}

Expr powerOfTwo(const Expr& power) {
  return reinterpret<float>((power + 127) << 23);
}

/// e^x for x from -80 to 80, where neither factor nor result leaves the range of f32.
Expr boundedExp(const Expr& x) {
  Exponential e = exponential(x);
  return powerOfTwo(e.power) * e.fraction;
}

} // namespace

Expr vectorExp(const Expr& given) {
  constexpr float low = -87.33654f, high = 88.72283f;
  Exponential e = exponential(clamp(given, low, high));
  // 2^n in two factors: n reaches 128, one more than the largest exponent.
  Expr half = e.power >> 1;
  Expr result = powerOfTwo(half) * e.fraction * powerOfTwo(e.power - half);
  return select(given<low, 0.0f, given> high, std::numeric_limits<float>::infinity(), result);
}

Expr vectorLog(const Expr& x) {
  // x = m 2^e with m in [sqrt(1/2), sqrt(2))
  Expr bits = reinterpret<int32_t>(x);
  Expr e = (bits - 0x3f3504f3) >> 23;
  Expr m = reinterpret<float>(bits - (e << 23));
  // log m = 2 atanh t = 2 (t + t^3 / 3 + t^5 / 5 + …), |t| < 0.172
  Expr t = (m - 1.0f) / (m + 1.0f), s = t * t;
  Expr tail = polynomial(s, {2.0f / 3, 2.0f / 5, 2.0f / 7, 2.0f / 9});
  Expr exponent = cast<float>(e);
  return exponent * 0.693359375f + (2.0f * t + (t * s * tail - exponent * 2.12194440e-4f));
}

Expr vectorTanh(const Expr& x) {
  Expr a = abs(x), s = x * x;
  // (tanh x / x - 1) / x^2 as a polynomial in x^2 up to 0.64, error 2.1e-9
  Expr small =
      x +
      x * s * polynomial(s, {-0.33333333f, 0.13333297f, -0.05395778f, 0.02175693f, -0.0083051f, 0.00224932f});
  Expr large = 1.0f - 2.0f / (boundedExp(2.0f * min(a, 10.0f)) + 1.0f);
  return select(a < 0.64f, small, select(x < 0.0f, -large, large));
}

Expr vectorSigmoid(const Expr& x) {
  return 1.0f / (1.0f + vectorExp(-x));
}

Expr vectorErf(const Expr& x) {
  Expr a = min(abs(x), 4.0f), s = a * a;
  // erf x / x as a polynomial in x^2 up to 1, error 1.2e-9
  Expr small = x * polynomial(s, {1.12837917f, -0.376126269f, 0.112835975f, -0.0268543288f, 0.00518931194f,
                                  -8.01885499e-4f, 7.88249711e-5f});
  // (-log(erfc x) - x) / x on [0.95, 4.05], error 2.0e-10 of erf
  Expr q = polynomial(a, {0.128572729f, 0.635528541f, 0.105449849f, -0.0228709616f, 0.00305160143f,
                          -9.35259884e-5f, -3.69533493e-5f, 4.22914277e-6f});
  Expr large = 1.0f - boundedExp(-(a * q + a));
  return select(a < 1.0f, small, select(x < 0.0f, -large, large));
}

} // namespace cnn::kernel
