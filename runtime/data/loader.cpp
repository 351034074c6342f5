#include "loader.h"

#include "../image/mask.h"
#include "../model/philox.h"
#include "../report/exceptions.h"

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
    if (!column.isEmpty()) largest = std::max(largest, column.picture().bytes());
  for (auto& buffer : changed) buffer.resize(largest);
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
  ready.notify_all();
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
  failure = {};
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
      ready.wait(lock, [&] { return stopping || !slot.full; });
      if (stopping) return;
    }
    Status filled = fillOrCatch(slot, position);
    {
      std::lock_guard lock(mutex);
      slot.full = filled.ok();
      if (!filled) failure = std::move(filled), last = position;
    }
    ready.notify_all();
  }
}

const Batch* Loader::next() {
  std::unique_lock lock(mutex);
  if (inUse) {
    inUse->full = false;
    inUse = nullptr;
    ready.notify_all();
  }
  Slot& slot = slots[taken % 2];
  ready.wait(lock, [&] { return slot.full || taken >= last; });
  if (taken >= last) return nullptr;
  ++taken;
  inUse = &slot;
  return &slot.batch;
}

Status Loader::fillOrCatch(Slot& slot, std::int64_t position) try {
  return fill(slot, position);
} catch (...) {
  return caughtException();
}

Status Loader::fill(Slot& slot, std::int64_t position) {
  std::int64_t first = position * plan.batch;
  slot.batch.count = std::min(plan.batch, samples() - first);
  for (std::int64_t i = 0; i < slot.batch.count; ++i)
    if (Status bad = fillSample(slot, i, order[static_cast<std::size_t>(first + i)]); !bad) return bad;
  return {};
}

Status Loader::fillSample(Slot& slot, std::int64_t place, std::int64_t sample) {
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].isEmpty()) continue;
    std::uint8_t* to = slot.buffers[c].data() + static_cast<std::size_t>(place) * columns[c].bytes();
    if (Status bad = fillColumn(c, sample, to); !bad) return bad;
  }
  return {};
}

Status Loader::fillColumn(std::size_t index, std::int64_t sample, std::uint8_t* to) {
  const BoundColumn& column = columns[index];
  Picture picture = column.picture();
  Image read;
  const std::uint8_t* from;
  if (column.source().in_files()) {
    const std::string& file = column.source().files[static_cast<std::size_t>(sample)];
    Result<Image> image =
        picture.classes ? read_mask(file) : read_image(file, static_cast<int>(picture.channels));
    if (!image) return std::move(image).error();
    read = *std::move(image);
    if (Status bad = column.checkClasses(file, read.pixels); !bad) return bad;
    picture.height = read.height;
    picture.width = read.width;
    from = read.pixels.data();
  } else {
    from = column.sample(sample);
  }
  int buffer = 0;
  for (std::size_t a = 0; a < plan.changes.size(); ++a) {
    const Augmentation* change = plan.changes[a][index].get();
    if (!change) continue;
    Result<Picture> next = change->becomes(picture);
    if (!next) return std::move(next).error();
    std::vector<std::uint8_t>& result = changed[buffer];
    buffer = 1 - buffer;
    if (result.size() < next->bytes()) result.resize(next->bytes());
    std::uint64_t stream = augmentStream + (static_cast<std::uint64_t>(epoch) << 8) + a;
    RandomWords words = philox(plan.seed, stream, static_cast<std::uint64_t>(sample));
    if (Status bad = change->apply(picture, from, result.data(), words); !bad) return bad;
    from = result.data();
    picture = *next;
  }
  const cnn_tensor& tensor = column.tensor();
  if (column.source().in_files() &&
      !picture.isSize(tensor.shape[tensor.rank - 2], tensor.shape[tensor.rank - 1])) // since it was checked
    return Status::error(CNN_ERROR_FORMAT, "%s: its size has changed",
                         column.source().files[static_cast<std::size_t>(sample)].c_str());
  column.convert(from, to);
  return {};
}

} // namespace cnn
