#include "draw.h"

#include "model_state.h"
#include "philox.h"

#include <cmath>

namespace cnn {
namespace {

// Box-Muller on two words: u is in (0, 1], so that the logarithm is finite.
void normalPair(uint32_t first, uint32_t second, double* pair) {
  double radius = std::sqrt(-2 * std::log((first + 1.0) * 0x1p-32));
  double angle = 2 * M_PI * (second * 0x1p-32);
  pair[0] = radius * std::cos(angle);
  pair[1] = radius * std::sin(angle);
}

// The normal distribution's quantile by Newton's method on erfc; p in (0, 1).
double normalQuantile(double p) {
  double x = 0;
  for (int step = 0; step < 60; ++step) {
    double error = 0.5 * std::erfc(-x * M_SQRT1_2) - p;
    double slope = std::exp(-0.5 * x * x) * 0.39894228040143267794;
    double move = error / slope;
    move = move > 1 ? 1 : move < -1 ? -1 : move;
    x -= move;
    if (std::fabs(move) < 1e-12) break;
  }
  return x;
}

// Cut at mean +- 2, whatever the deviation: PyTorch's trunc_normal_ with its default bounds.
struct TruncatedNormal {
  double mean, deviation, low, high;

  TruncatedNormal(double mean, double deviation) : mean(mean), deviation(deviation) {
    low = 0.5 * std::erfc(2 / deviation * M_SQRT1_2);
    high = 1 - low;
  }
  double operator()(uint32_t word) const {
    double p = low + (high - low) * ((word + 0.5) * 0x1p-32);
    double value = normalQuantile(p) * deviation;
    return mean + std::fmin(2.0, std::fmax(-2.0, value));
  }
};

// Four numbers from the four words of one counter.
struct Draw {
  int32_t distribution;
  double a, b;
  TruncatedNormal truncated{a, b};

  void operator()(const std::array<uint32_t, 4>& words, double (&values)[4]) const {
    switch (distribution) {
    case CNN_INIT_UNIFORM:
      for (int i = 0; i < 4; ++i) values[i] = a + (b - a) * unitInterval(words[static_cast<size_t>(i)]);
      return;
    case CNN_INIT_NORMAL:
      normalPair(words[0], words[1], values);
      normalPair(words[2], words[3], values + 2);
      for (double& value : values) value = a + b * value;
      return;
    case CNN_INIT_TRUNC_NORMAL:
      for (int i = 0; i < 4; ++i) values[i] = truncated(words[static_cast<size_t>(i)]);
      return;
    default:
      for (double& value : values) value = a;
    }
  }
};

} // namespace

void draw(int32_t distribution, double a, double b, uint64_t seed, uint64_t stream, uint64_t first,
          int64_t count, float* values) {
  Draw four{distribution, a, b};
  for (int64_t i = 0; i < count; i += 4) {
    double numbers[4];
    four(philox(seed, stream, first + static_cast<uint64_t>(i / 4)), numbers);
    for (int64_t j = 0; j < 4 && i + j < count; ++j) values[i + j] = static_cast<float>(numbers[j]);
  }
}

void drawSamples(const cnn_draw& drawn, const cnn_tensor& tensor, uint64_t seed, uint64_t stream,
                 uint64_t iteration, int64_t sample, int64_t count, float* values) {
  int64_t elements = sampleElements(tensor);
  constexpr uint64_t iterations = (uint64_t{1} << 40) - 1;
  stream |= uint64_t{drawn.input & 0xff} << 40 | (iteration & iterations);
  for (int64_t i = 0; i < count; ++i) {
    uint64_t first = static_cast<uint64_t>((sample + i) * ((elements + 3) / 4));
    draw(drawn.distribution, drawn.a, drawn.b, seed, stream, first, elements, values + i * elements);
  }
}

} // namespace cnn
