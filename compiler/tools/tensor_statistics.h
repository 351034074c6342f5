//===- tensor_statistics.h - What is worth knowing of many values -------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_TENSOR_STATISTICS_H
#define CNN_COMPILER_TOOLS_TENSOR_STATISTICS_H

#include <cnn/abi.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace cnn::tools {

/// Of all values of an f32 tensor, over as many samples as were added. NaN and infinities are counted apart.
class TensorStatistics {
public:
  void add(const float* values, std::size_t count);
  /// "stem [N, 64, 56, 56]: mean 0.41, std 0.62, from 0 to 7.3, 48.1 % zeros"
  std::string line(const cnn_tensor& tensor) const;

private:
  std::uint64_t count = 0, zeros = 0, notFinite = 0;
  double mean = 0, squares = 0; ///< of the finite values; squares of distances from the mean (Welford 1962)
  float least = 0, most = 0;
};

} // namespace cnn::tools

#endif
