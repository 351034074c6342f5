#include <cnn/data.hpp>

namespace cnn {

std::int64_t Column::elements() const {
  std::int64_t total = 1;
  for (std::int64_t extent : shape) total *= extent;
  return total;
}

std::size_t Column::sample_bytes() const {
  std::size_t each = element == CNN_U8 ? 1 : element == CNN_I64 ? 8 : 4;
  return static_cast<std::size_t>(elements()) * each;
}

} // namespace cnn
