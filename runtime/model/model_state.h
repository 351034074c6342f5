// What is behind the handle cnn_model.
#ifndef CNN_MODEL_MODEL_STATE_H
#define CNN_MODEL_MODEL_STATE_H

#include "../execution/floating_point.h"
#include "../execution/memory.h"
#include "../execution/pool.h"
#include "metadata.h"
#include "text.h"

#include <cnn/model.h>

#include <atomic>
#include <initializer_list>

namespace cnn {

struct TrainingState;

/// The masters and what is derived from them; may be shared by models.
struct Parameters {
  std::atomic<int32_t> users{1};
  cnn_allocator allocator{};
  const cnn_inference* inference = nullptr;
  Block masters; // empty as long as those that are compiled in serve
  Block prepared;
  std::atomic<uint64_t> version{1};         // counts changes of the masters
  std::atomic<uint64_t> preparedVersion{0}; // the masters' version that `prepared` was made from
  std::atomic<uint32_t> preparing{0};       // the processGeneration() of who is at it; 0: nobody
  bool hasTrainingOnly = false;             // what predict does not read has values too, as in a checkpoint
  uint64_t batchesTracked = 0;              // PyTorch's num_batches_tracked, the same for all batch norms
  Metadata metadata;                        // of the file that was loaded last, and what was set since
  TextList classNames;                      // as the metadata has them

  const float* floats() const {
    return masters.memory ? reinterpret_cast<const float*>(masters.memory) : inference->weights;
  }
  /// To write to. What is compiled in is copied first; null without memory for that.
  float* own();
};

} // namespace cnn

struct cnn_model {
  const cnn_inference* inference = nullptr;
  const cnn_description* description = nullptr;
  cnn_allocator allocator{};
  cnn::Parameters* parameters = nullptr;
  cnn::Execution execution;
  cnn::ForeignPool foreignPool; // where the program brings its own threads
  cnn_parallel_for parallelFor = nullptr;
  void* pool = nullptr;
  cnn::Block workers; // execution.threads of cnn_worker
  cnn::Block scratch; // divided among them
  uint64_t scratchBytes = 0;
  cnn::Block arena; // inference and training in turn
  int64_t maxBatch = 0;
  cnn::Block slice; // pointers to a slice of each input and output
  cnn::Text message;
  cnn::Text warning; // of the last load
  cnn::TrainingState* training = nullptr;
  void (*releaseTraining)(cnn_model*) = nullptr; // keeps training code out of programs without it

  /// Sets the message and returns the status.
  __attribute__((format(printf, 3, 4))) int32_t fail(int32_t status, const char* format, ...);

  /// A call's status: where even the message found no memory, that is what failed.
  int32_t ended(int32_t status) const;

  /// A cnn_run with all that is the model's own.
  cnn_run run(int64_t batch) const;
  /// Turns generated code's status, and scratch that was too small, into a cnn_status with a message.
  int32_t finish(int32_t status, const char* what);

  /// The masters to write to, or null with a message.
  float* ownParameters();
  int32_t reserveScratch(uint64_t bytesEach);
  int32_t reserveArena(uint64_t constant, uint64_t block, int64_t blocks);
  /// Brings `prepared` up to date with the masters.
  int32_t prepare();
  /// Whether a batch of this size is one that the network takes.
  int32_t checkAssertions(int64_t batch, bool training);
};

namespace cnn {

/// What the header does not allow to be null, and its name there.
struct NeededPointer {
  const char* name;
  const void* pointer;
};

/// How every call on a model that returns a status begins: forgets the last call's message, and refuses null
/// pointers, the model itself among them. A cnn_status.
int32_t beginCall(cnn_model* model, std::initializer_list<NeededPointer> needed = {});
/// Refuses an array, or a pointer in it, that is null; `isOptional` (may be null) tells which may be.
int32_t checkTensors(cnn_model* model, const char* what, const cnn_tensor* tensors, uint32_t count,
                     const void* const* pointers, bool (*isOptional)(const cnn_model&, uint32_t) = nullptr);

/// Elements of one sample: the product of all dimensions but the batch's.
int64_t sampleElements(const cnn_tensor& tensor);
size_t elementBytes(int32_t element);
bool hasBatch(const cnn_tensor& tensor);
int64_t parameterElements(const cnn_parameter& parameter);

} // namespace cnn
#endif
