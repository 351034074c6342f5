// Listing a model's tensors for a file; a checkpoint adds its own to the list.
#ifndef CNN_MODEL_SAVE_H
#define CNN_MODEL_SAVE_H

#include "weights.h"

namespace cnn {

/// Copies names; shapes and data stay the caller's.
class TensorList {
public:
  TensorList() = default;
  ~TensorList();
  TensorList(const TensorList&) = delete;
  TensorList& operator=(const TensorList&) = delete;

  /// False: out of memory.
  bool add(const char* name, const char* type, int32_t rank, const int64_t* shape, const void* data,
           uint64_t bytes);
  const TensorToWrite* data() const { return tensors; }
  size_t size() const { return used; }

private:
  char** names = nullptr;
  TensorToWrite* tensors = nullptr;
  size_t used = 0, room = 0;
};

/// All parameters that predict reads, or all, and num_batches_tracked for each running_mean. The values are
/// `masters`, laid out by cnn_parameter.offset, and `tracked`. False: out of memory.
bool listWeights(const cnn_model& model, TensorList& list, bool trainingOnly, const float* masters,
                 const uint64_t* tracked);

/// Writes the list with the network's metadata and `further` entries; errors go to the model's message.
int32_t writeModelFile(cnn_model& model, const char* path, const TensorList& list,
                       const MetadataEntry* further = nullptr, size_t furtherCount = 0);

} // namespace cnn
#endif
