//===- tensor_statistics.cpp - What is worth knowing of many values -----------------------------------===//

#include "tensor_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cnn::tools {

void TensorStatistics::add(const float* values, std::size_t number) {
  for (std::size_t i = 0; i < number; ++i) {
    float value = values[i];
    if (!std::isfinite(value)) {
      ++notFinite;
      continue;
    }
    least = count ? std::min(least, value) : value;
    most = count ? std::max(most, value) : value;
    zeros += value == 0;
    double distance = static_cast<double>(value) - mean;
    mean += distance / static_cast<double>(++count);
    squares += distance * (static_cast<double>(value) - mean);
  }
}

std::string TensorStatistics::line(const cnn_tensor& tensor) const {
  std::string text = std::string(tensor.name) + " [";
  for (int i = 0; i < tensor.rank; ++i)
    text += (i ? ", " : "") + (tensor.shape[i] < 0 ? "N" : std::to_string(tensor.shape[i]));
  char numbers[200];
  auto all = static_cast<double>(std::max<std::uint64_t>(count, 1));
  std::snprintf(numbers, sizeof numbers, "]: mean %.4g, std %.4g, from %.4g to %.4g, %.1f %% zeros", mean,
                std::sqrt(squares / all), static_cast<double>(least), static_cast<double>(most),
                100 * static_cast<double>(zeros) / all);
  text += numbers;
  if (notFinite) text += ", " + std::to_string(notFinite) + " not finite";
  return text;
}

} // namespace cnn::tools
