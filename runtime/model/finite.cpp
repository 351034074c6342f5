#include "finite.h"

#include <cstring>

namespace cnn {

uint64_t countNotFinite(const float* values, uint64_t count) {
  constexpr uint32_t exponent = 0x7f800000; // all ones in NaN and infinity alone
  uint64_t found = 0;
  for (uint64_t i = 0; i < count; ++i) {
    uint32_t bits;
    memcpy(&bits, values + i, sizeof(bits));
    found += (bits & exponent) == exponent;
  }
  return found;
}

uint32_t listNotFinite(const cnn_description& description, const float* masters, Text& lines) {
  uint32_t parameters = 0;
  for (uint32_t i = 0; i < description.parameter_count; ++i) {
    const cnn_parameter& parameter = description.parameters[i];
    auto elements = static_cast<uint64_t>(parameterElements(parameter));
    uint64_t found = countNotFinite(masters + parameter.offset, elements);
    if (found == 0) continue;
    ++parameters;
    lines.add("\n  %s: %llu of %llu", parameter.name, static_cast<unsigned long long>(found),
              static_cast<unsigned long long>(elements));
  }
  return parameters;
}

} // namespace cnn
