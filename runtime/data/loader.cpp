#include "loader.h"

#include "../model/philox.h"

#include <numeric>

namespace cnn {
namespace {

// Streams of random numbers that no parameter or layer uses: the top bit and a number of their own.
constexpr std::uint64_t shuffleStream = std::uint64_t{0x8001} << 48;
constexpr std::uint64_t augmentStream = std::uint64_t{0x8002} << 48;

} // namespace

std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed, std::uint64_t stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::uint64_t i = order.size(); i > 1; --i) {
    auto words = philox(seed, stream, i);
    std::swap(order[i - 1], order[below(i, words[0], words[1])]);
  }
  return order;
}

Loader::Loader(std::vector<BoundColumn> bound, LoaderPlan planned)
    : columns(std::move(bound)), plan(std::move(planned)) {
  for (Slot& slot : slots) {
    for (const BoundColumn& column : columns) {
      slot.buffers.emplace_back(column.isEmpty() ? 0 : static_cast<std::size_t>(plan.batch) * column.bytes());
      slot.batch.inputs.push_back(column.isEmpty() ? nullptr : slot.buffers.back().data());
    }
  }
  std::size_t largest = 0;
  for (const BoundColumn& column : columns)
    if (!column.isEmpty()) largest = std::max(largest, column.source().sample_bytes());
  for (auto& buffer : augmented) buffer.resize(largest);
}

Loader::~Loader() {
  stop();
}

void Loader::stop() {
  if (!producer.joinable()) return;
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  producer.join();
}

void Loader::start(std::int64_t wanted, std::int64_t position) {
  stop();
  epoch = wanted;
  order = plan.samples;
  if (plan.shuffle) {
    auto places = shuffled(samples(), plan.seed, shuffleStream + static_cast<std::uint64_t>(epoch));
    for (std::size_t i = 0; i < order.size(); ++i)
      order[i] = plan.samples[static_cast<std::size_t>(places[i])];
  }
  for (Slot& slot : slots) slot.full = false;
  stopping = false;
  taken = position;
  last = batches();
  inUse = nullptr;
  producer = std::thread([this, position] { produce(position); });
}

void Loader::produce(std::int64_t position) {
  for (; position < last; ++position) {
    Slot& slot = slots[position % 2];
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return stopping || !slot.full; });
      if (stopping) return;
    }
    fill(slot, position);
    {
      std::lock_guard lock(mutex);
      slot.full = true;
    }
    changed.notify_all();
  }
}

const Batch* Loader::next() {
  std::unique_lock lock(mutex);
  if (inUse) {
    inUse->full = false;
    inUse = nullptr;
    changed.notify_all();
  }
  if (taken >= last) return nullptr;
  Slot& slot = slots[taken++ % 2];
  changed.wait(lock, [&] { return slot.full; });
  inUse = &slot;
  return &slot.batch;
}

void Loader::fill(Slot& slot, std::int64_t position) {
  std::int64_t first = position * plan.batch;
  slot.batch.count = std::min(plan.batch, samples() - first);
  for (std::int64_t i = 0; i < slot.batch.count; ++i)
    fillSample(slot, i, order[static_cast<std::size_t>(first + i)]);
}

void Loader::fillSample(Slot& slot, std::int64_t place, std::int64_t sample) {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const BoundColumn& column = columns[c];
    if (column.isEmpty()) continue;
    const std::uint8_t* from = column.sample(sample);
    const int element = column.source().element;
    int buffer = 0;
    for (std::size_t a = 0; a < plan.augmentations.size(); ++a) {
      if (!plan.augmentations[a][c]) continue;
      std::uint64_t stream = augmentStream + (static_cast<std::uint64_t>(epoch) << 8) + a;
      std::uint8_t* to = augmented[buffer].data();
      buffer = 1 - buffer;
      plan.augmentations[a][c]->apply(from, to, element == CNN_U8 ? 1 : element == CNN_I64 ? 8 : 4,
                                      philox(plan.seed, stream, static_cast<std::uint64_t>(sample)));
      from = to;
    }
    column.convert(from, slot.buffers[c].data() + static_cast<std::size_t>(place) * column.bytes());
  }
}

} // namespace cnn
