//===- tensors.h - Arrays from and to .npy files for a network's inputs and outputs --------------------===//
#ifndef CNN_COMPILER_TOOLS_TENSORS_H
#define CNN_COMPILER_TOOLS_TENSORS_H

#include <cnn/cnn.hpp>

#include <string>
#include <vector>

namespace cnn::tools {

/// Memory for a batch of one tensor of the tables.
struct Batch {
  const cnn_tensor* tensor = nullptr;
  std::vector<std::uint8_t> bytes;
};

/// Values of one sample, and its bytes.
std::int64_t sampleElements(const cnn_tensor& tensor);
std::size_t sampleBytes(const cnn_tensor& tensor);

/// Room for `batch` samples, zero.
Batch allocate(const cnn_tensor& tensor, std::int64_t batch);

/// `name=file` or `file` alone: which of the tensors is meant; without a name the one at `position`.
Result<std::size_t> whichTensor(const std::string& argument, const std::vector<const cnn_tensor*>& tensors,
                                std::size_t position, std::string& file);

/// Reads a .npy file and converts its numbers to the tensor's type; bytes that become f32 are divided by 255,
/// as training data. `batch`: expected number of samples, or 0 and then set from the file.
Result<Batch> readBatch(const std::string& path, const cnn_tensor& tensor, std::int64_t& batch);

/// Writes a .npy file beside its place and renames it.
Status writeBatch(const std::string& path, const Batch& batch);
Status writeFloats(const std::string& path, const std::vector<float>& values);

/// The batch nearest to the wanted one that keeps what the network asserts of it, in training or not; 0 where
/// none does.
std::int64_t nearestBatch(const cnn_description& description, std::int64_t wanted, bool training);

/// The extents with the batch put in.
std::vector<std::int64_t> shapeOf(const cnn_tensor& tensor, std::int64_t batch);

} // namespace cnn::tools

#endif
