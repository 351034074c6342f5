//===- vector_math.cpp -------------------------------------------------------------------------------===//

#include "vector_math.h"

#include "strict_float.h"

#include <cmath>
#include <limits>

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

/// Added to a number below 2^22, this leaves the nearest whole number n in the low bits of the sum.
constexpr float wholes = 12582912.0f; // 1.5 * 2^23

/// e^x = 2^n fraction, x from -88 to 89.
struct Exponential {
  Expr shifted;  ///< the bits of n + wholes
  Expr fraction; ///< from sqrt(1/2) to sqrt(2); NaN where x is
};

/// n is rounded in one place, by operations that no context changes: were it taken twice, as the power and in
/// the fraction, the two could differ where x is next to (k + 1/2) ln 2, and the result by a factor of two.
Exponential exponential(const Expr& x) {
  Expr sum = strict::add(strict::mul(x, 1.44269504f), wholes), n = strict::sub(sum, wholes);
  // ln 2 in two parts, the first of few bits: n times it is exact, and so is the difference.
  Expr r = strict::sub(x, n * 0.693359375f) + n * 2.12194440e-4f;
  // (e^r - 1 - r) / r^2 on [-ln 2 / 2, ln 2 / 2], error 6.4e-8
  Expr p = polynomial(r, {0.5f, 0.16666577f, 0.04166646f, 0.00836318f, 0.00139337f});
  return {reinterpret<uint32_t>(sum), p * (r * r) + r + 1.0f};
}

/// e^x for x from -80 to 80, where neither factor nor result leaves the range of f32.
Expr boundedExp(const Expr& x) {
  Exponential e = exponential(x);
  Expr power = reinterpret<float>((e.shifted << 23) + Expr(127u << 23));
  return power * e.fraction;
}

/// The sign of x on the positive `magnitude`.
Expr withSignOf(const Expr& x, const Expr& magnitude) {
  Expr sign = reinterpret<uint32_t>(x) & Expr(0x80000000u);
  return reinterpret<float>(reinterpret<uint32_t>(magnitude) | sign);
}

} // namespace

Expr vectorExp(const Expr& x) {
  constexpr float low = -87.33654f, high = 88.72283f;
  Exponential e = exponential(strict::smaller(high, strict::larger(low, x)));
  // The power goes into the exponent's bits: as a factor it could be 2^128, more than f32 holds.
  Expr scaled = reinterpret<float>(reinterpret<uint32_t>(e.fraction) + (e.shifted << 23));
  // Where x is NaN these are the bits of some number. 1 + x, which e^x is never below, brings NaN back.
  Expr result = strict::larger(scaled, x + 1.0f);
  return select(strict::less(x, low), 0.0f, strict::less(high, x), std::numeric_limits<float>::infinity(),
                result);
}

namespace {

/// x = m 2^e with m in [sqrt(1/2), sqrt(2)) of x >= 0, no subnormals; t = (m - 1) / (m + 1), |t| < 0.172.
struct Logarithm {
  Expr e, t;
};
Logarithm logarithmOf(const Expr& x) {
  Expr bits = reinterpret<int32_t>(x);
  Expr e = (bits - 0x3f3504f3) >> 23;
  Expr m = reinterpret<float>(bits - (e << 23));
  return {cast<float>(e), (m - 1.0f) / (m + 1.0f)};
}

/// log m = 2 atanh t = 2 (t + t^3 / 3 + t^5 / 5 + …) = 2 t + t s atanhTail(s), s = t^2, |t| < 0.173
Expr atanhTail(const Expr& s) {
  return polynomial(s, {2.0f / 3, 2.0f / 5, 2.0f / 7, 2.0f / 9});
}

} // namespace

Expr vectorLog(const Expr& x) {
  auto [exponent, t] = logarithmOf(x);
  Expr s = t * t, tail = atanhTail(s);
  Expr log = exponent * 0.693359375f + (2.0f * t + (t * s * tail - exponent * 2.12194440e-4f));
  // Zero, infinity and NaN: log 0 = -infinity, and x - x, which is NaN, else.
  constexpr float infinity = std::numeric_limits<float>::infinity();
  Expr finite = strict::less(0.0f, x) && strict::less(x, infinity);
  return select(finite, log, strict::equal(x, 0.0f), -infinity, strict::equal(x, infinity), infinity,
                strict::sub(x, x));
}

Expr vectorLogOfAny(const Expr& x) {
  constexpr float smallest = std::numeric_limits<float>::min(), nan = std::numeric_limits<float>::quiet_NaN();
  Expr isSmall = strict::less(x, smallest);
  Expr log = vectorLog(select(isSmall, strict::mul(x, 16777216.0f), x));
  return select(strict::less(x, 0.0f), nan, select(isSmall, strict::sub(log, 16.635532f), log)); // 24 ln 2
}

Expr vectorExpm1(const Expr& x) {
  // The polynomial of `exponential` where n is 0.
  Expr r = strict::smaller(0.35f, strict::larger(-0.35f, x));
  Expr p = polynomial(r, {0.5f, 0.16666577f, 0.04166646f, 0.00836318f, 0.00139337f});
  Expr small = p * (r * r) + r;
  return select(strict::less(abs(x), 0.34f), small, strict::sub(vectorExp(x), 1.0f));
}

Expr vectorLog1p(const Expr& x) {
  // log(1 + x) = 2 atanh(x / (2 + x))
  Expr near = strict::smaller(0.42f, strict::larger(-0.295f, x));
  Expr t = near / (near + 2.0f), s = t * t;
  Expr small = 2.0f * t + t * s * atanhTail(s);
  Expr isNear = strict::less(-0.29f, x) && strict::less(x, 0.41f);
  return select(isNear, small, vectorLogOfAny(strict::add(x, 1.0f)));
}

namespace {

/// By repeated squaring.
Expr wholePower(const Expr& x, int64_t exponent) {
  Expr result;
  for (Expr square = x; exponent > 0; exponent /= 2, square = strict::mul(square, square))
    if (exponent % 2) result = result.defined() ? strict::mul(result, square) : square;
  return result.defined() ? result : Expr(1.0f);
}

/// 2^n of a whole n from -126 to 127, as f32.
Expr powerOfTwo(const Expr& n) {
  return reinterpret<float>((cast<int32_t>(n) + 127) << 23);
}

/// |x|^exponent = 2^(exponent (e + log2 m)), |x| = m 2^e, m in [sqrt(1/2), sqrt(2)). The product with e is
/// exact but for the exponent's last bits, so that the sum's whole part loses none of the fraction.
Expr magnitudePower(const Expr& magnitude, double exponent) {
  constexpr float smallest = std::numeric_limits<float>::min(),
                  infinity = std::numeric_limits<float>::infinity();
  Expr isSmall = strict::less(magnitude, smallest);
  auto [whole, t] = logarithmOf(select(isSmall, strict::mul(magnitude, 16777216.0f), magnitude));
  Expr e = whole - select(isSmall, 24.0f, 0.0f), s = t * t;
  Expr log2 = (2.0f * t + t * s * atanhTail(s)) * 1.44269504f;
  constexpr double most = 1e4; // no e but 0 stays within f32's range
  double bounded = exponent < -most ? -most : exponent > most ? most : exponent;
  float head = std::ldexp(static_cast<float>(std::nearbyint(std::ldexp(bounded, 1))), -1);
  float tail = static_cast<float>(bounded - head);
  Expr main = strict::mul(e, head),
       rest = strict::add(strict::mul(e, tail), strict::mul(log2, static_cast<float>(bounded)));
  Expr sum = strict::add(main, rest);
  Expr limited = strict::smaller(300.0f, strict::larger(-300.0f, sum));
  Expr n = strict::sub(strict::add(limited, wholes), wholes);
  Expr fraction = strict::add(strict::sub(main, n), rest);
  Expr near = strict::smaller(1.0f, strict::larger(-1.0f, fraction));
  Expr half = floor(n * 0.5f);
  Expr power = boundedExp(near * 0.693147181f);
  // Two factors, as 2^n may be more than f32 holds where the result is not.
  half = clamp(half, -126.0f, 127.0f);
  Expr other = clamp(n - half, -126.0f, 127.0f);
  Expr result = strict::mul(strict::mul(power, powerOfTwo(half)), powerOfTwo(other));
  Expr overflows = strict::less(150.0f, sum), underflows = strict::less(sum, -200.0f);
  result = select(overflows, infinity, underflows, 0.0f, result);
  float ofZero = exponent > 0 ? 0.0f : infinity, ofInfinity = exponent > 0 ? infinity : 0.0f;
  return select(strict::equal(magnitude, 0.0f), ofZero, strict::equal(magnitude, infinity), ofInfinity,
                result);
}

} // namespace

Expr vectorPow(const Expr& x, double exponent) {
  if (exponent == 0) return 1.0f;
  bool whole = std::floor(exponent) == exponent, odd = whole && std::fmod(exponent, 2) != 0;
  if (whole && exponent > 0 && exponent <= 16) return wholePower(x, static_cast<int64_t>(exponent));
  if (whole && exponent < 0 && exponent >= -4)
    return strict::div(1.0f, wholePower(x, static_cast<int64_t>(-exponent)));
  if (exponent == 0.5) return sqrt(x);
  if (exponent == -0.5) return strict::div(1.0f, sqrt(x));
  Expr magnitude = magnitudePower(abs(x), exponent);
  Expr result = odd ? withSignOf(x, magnitude) : magnitude;
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                  infinity = std::numeric_limits<float>::infinity();
  if (!whole) result = select(strict::less(x, 0.0f) && strict::less(-infinity, x), nan, result);
  return select(strict::equal(x, x), result, nan);
}

Expr vectorTanh(const Expr& x) {
  Expr a = abs(x), s = x * x;
  // (tanh x / x - 1) / x^2 as a polynomial in x^2 up to 0.64, error 2.1e-9
  Expr small =
      x +
      x * s * polynomial(s, {-0.33333333f, 0.13333297f, -0.05395778f, 0.02175693f, -0.0083051f, 0.00224932f});
  Expr large = 1.0f - 2.0f / (boundedExp(2.0f * strict::smaller(10.0f, a)) + 1.0f);
  return select(strict::less(a, 0.64f), small, withSignOf(x, large));
}

Expr vectorSigmoid(const Expr& x) {
  return 1.0f / (1.0f + vectorExp(-x));
}

Expr vectorErf(const Expr& x) {
  Expr a = strict::smaller(4.0f, abs(x)), s = a * a;
  // erf x / x as a polynomial in x^2 up to 1, error 1.2e-9
  Expr small = x * polynomial(s, {1.12837917f, -0.376126269f, 0.112835975f, -0.0268543288f, 0.00518931194f,
                                  -8.01885499e-4f, 7.88249711e-5f});
  // (-log(erfc x) - x) / x on [0.95, 4.05], error 2.0e-10 of erf
  Expr q = polynomial(a, {0.128572729f, 0.635528541f, 0.105449849f, -0.0228709616f, 0.00305160143f,
                          -9.35259884e-5f, -3.69533493e-5f, 4.22914277e-6f});
  Expr large = 1.0f - boundedExp(-(a * q + a));
  return select(strict::less(a, 1.0f), small, withSignOf(x, large));
}

} // namespace cnn::kernel
