#include "handles.h"
#include "linear_library.h"

#include <cmath>

using Words = std::array<uint32_t, 4>;

TEST_CASE("philox gives the known answers of Random123") {
  REQUIRE(cnn::philox(Words{0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  REQUIRE(cnn::philox(Words{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
          Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  REQUIRE(cnn::philox(Words{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("below stays below, and reaches both ends") {
  bool first = false, last = false;
  for (uint32_t i = 0; i < 1000; ++i) {
    Words words = cnn::philox(1, 2, i);
    uint64_t value = cnn::below(7, words[0], words[1]);
    REQUIRE(value < 7);
    first |= value == 0;
    last |= value == 6;
  }
  REQUIRE((first && last));
}

namespace {

// The values of fc.weight of a 16 x 16 picture and 40 classes: 10,240 numbers.
std::vector<double> draw(int32_t initialiser, double a, double b, uint64_t seed, uint64_t stream) {
  linear::Library<16, 40> library;
  library.parameters[0].initialiser = initialiser;
  library.parameters[0].a = a;
  library.parameters[0].b = b;
  library.parameters[0].stream = stream;
  ModelHandle model = makeModel(library.inference);
  REQUIRE(cnn_model_initialise(model.get(), seed) == CNN_OK);
  const float* values = cnn_model_parameters(model.get());
  return {values, values + 10240};
}

struct Moments {
  double mean = 0, deviation = 0, low = 1e9, high = -1e9;

  explicit Moments(const std::vector<double>& values) {
    for (double value : values) {
      mean += value / static_cast<double>(values.size());
      low = std::min(low, value);
      high = std::max(high, value);
    }
    for (double value : values)
      deviation += (value - mean) * (value - mean) / static_cast<double>(values.size());
    deviation = std::sqrt(deviation);
  }
};

} // namespace

TEST_CASE("initialisers have the moments and bounds that they promise") {
  SECTION("uniform") {
    Moments moments(draw(CNN_INIT_UNIFORM, -1, 3, 1, 1));
    REQUIRE(moments.mean == Approx(1).margin(0.05));
    REQUIRE(moments.deviation == Approx(4 / std::sqrt(12.0)).margin(0.03));
    REQUIRE(moments.low >= -1);
    REQUIRE(moments.high <= 3);
  }
  SECTION("normal") {
    Moments moments(draw(CNN_INIT_NORMAL, 2, 0.5, 1, 1));
    REQUIRE(moments.mean == Approx(2).margin(0.02));
    REQUIRE(moments.deviation == Approx(0.5).margin(0.02));
    REQUIRE(moments.high > 3.5);
  }
  SECTION("truncated normal") {
    Moments moments(draw(CNN_INIT_TRUNC_NORMAL, 0, 1, 1, 1));
    REQUIRE(moments.mean == Approx(0).margin(0.03));
    REQUIRE(moments.deviation == Approx(0.8796).margin(0.02)); // of the standard normal cut at 2
    REQUIRE(moments.low >= -2);
    REQUIRE(moments.high <= 2);
    REQUIRE(moments.high > 1.9);
  }
  SECTION("truncated normal that is hardly cut") {
    Moments moments(draw(CNN_INIT_TRUNC_NORMAL, 0, 0.02, 1, 1));
    REQUIRE(moments.deviation == Approx(0.02).margin(0.001));
    REQUIRE(moments.high < 0.12);
  }
  SECTION("constant") {
    Moments moments(draw(CNN_INIT_CONSTANT, 0.25, 0, 1, 1));
    REQUIRE(moments.low == 0.25);
    REQUIRE(moments.high == 0.25);
  }
}

TEST_CASE("initial values depend on seed and stream, and only on these") {
  auto values = draw(CNN_INIT_UNIFORM, 0, 1, 1, 1);
  REQUIRE(draw(CNN_INIT_UNIFORM, 0, 1, 1, 1) == values);
  REQUIRE(draw(CNN_INIT_UNIFORM, 0, 1, 2, 1) != values);
  REQUIRE(draw(CNN_INIT_UNIFORM, 0, 1, 1, 2) != values);
}
