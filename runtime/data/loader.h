// Batches of a data set, made on a background thread one ahead of the one in use.
#ifndef CNN_DATA_LOADER_H
#define CNN_DATA_LOADER_H

#include "augment.h"
#include "binding.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace cnn {

/// A random order of 0 .. count - 1 (Fisher-Yates), a function of seed and stream.
std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed, std::uint64_t stream);

struct LoaderPlan {
  std::vector<std::int64_t> samples; // which of the data set, in their order before shuffling
  std::int64_t batch = 1;
  bool shuffle = false;
  std::uint64_t seed = 0;
  std::vector<ColumnChanges> changes; // in order
};

struct Batch {
  std::vector<const void*> inputs; // one a column; null for an empty one
  std::int64_t count = 0;
};

/// What a batch holds depends on (seed, epoch, position) only, whatever the timing.
class Loader {
public:
  Loader(std::vector<BoundColumn> columns, LoaderPlan plan);
  ~Loader();
  Loader(const Loader&) = delete;

  std::int64_t samples() const { return static_cast<std::int64_t>(plan.samples.size()); }
  std::int64_t batches() const { return (samples() + plan.batch - 1) / plan.batch; }
  /// Begins an epoch at batch number `position`.
  void start(std::int64_t epoch, std::int64_t position = 0);
  /// The next batch, valid until the call after; null at the epoch's end, or where a picture could not be
  /// read. The last one may be smaller.
  const Batch* next();
  /// Why there is no next batch, where it is not the epoch's end.
  Status takeFailure() { return std::move(failure); }

private:
  struct Slot {
    std::vector<std::vector<std::uint8_t>> buffers;
    Batch batch;
    bool full = false;
  };
  void produce(std::int64_t position);
  Status fillOrCatch(Slot& slot, std::int64_t position);
  Status fill(Slot& slot, std::int64_t position);
  Status fillSample(Slot& slot, std::int64_t place, std::int64_t sample);
  Status fillColumn(std::size_t index, std::int64_t sample, std::uint8_t* to);
  void stop();

  std::vector<BoundColumn> columns;
  LoaderPlan plan;
  std::vector<std::int64_t> order;
  std::int64_t epoch = 0;
  Slot slots[2];
  std::vector<std::uint8_t> changed[2]; // the producer's own

  std::thread producer;
  std::mutex mutex;
  std::condition_variable ready;
  bool stopping = false;
  Status failure;
  std::int64_t taken = 0, last = 0; // batch numbers
  Slot* inUse = nullptr;
};

} // namespace cnn
#endif
