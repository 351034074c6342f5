// What predict and train_step read and write of the caller's memory: buffers of exactly their size, with
// pages behind them or before them that nothing may touch, give the same results as roomy ones.
#include "odd_map.h"
#include "odd_plane.h"
#include "odd_row.h"

#include <catch2/catch.hpp>

#include <cstring>
#include <memory>
#include <random>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {

std::size_t bytesOf(const cnn_tensor& tensor, int64_t batch) {
  std::size_t bytes = tensor.element == CNN_U8 ? 1 : tensor.element == CNN_I64 ? 8 : 4;
  for (int32_t i = 0; i < tensor.rank; ++i)
    bytes *= static_cast<std::size_t>(tensor.shape[i] < 0 ? batch : tensor.shape[i]);
  return bytes;
}

enum class Edge { none, end, begin };

/// Memory whose end, or begin, is where a page begins, or ends, that cannot be accessed.
class Buffer {
public:
  Buffer(std::size_t bytes, Edge edge) : size(bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t inside = (bytes + 2 * page) / page * page;
    whole = inside + 2 * page;
    void* found = mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(found != MAP_FAILED);
    mapped = static_cast<unsigned char*>(found);
    REQUIRE(mprotect(mapped + page, inside, PROT_READ | PROT_WRITE) == 0);
    std::size_t before = edge == Edge::begin ? 0 : edge == Edge::end ? inside - bytes : page / 2;
    data = mapped + page + before;
    std::memset(mapped + page, 0x5a, inside);
  }
  ~Buffer() { munmap(mapped, whole); }
  Buffer(const Buffer&) = delete;

  unsigned char* data;
  std::size_t size;

private:
  unsigned char* mapped;
  std::size_t whole;
};

using Buffers = std::vector<std::unique_ptr<Buffer>>;

Buffers buffersFor(const cnn_tensor* tensors, uint32_t count, int64_t batch, Edge edge, bool fill) {
  Buffers buffers;
  std::mt19937 random(7);
  for (uint32_t i = 0; i < count; ++i) {
    Buffer& buffer = *buffers.emplace_back(std::make_unique<Buffer>(bytesOf(tensors[i], batch), edge));
    for (std::size_t at = 0; fill && at < buffer.size; at += 4) {
      float number = static_cast<float>(random() % 1000) / 500 - 1;
      auto label = static_cast<int32_t>(random() % 3);
      std::memcpy(buffer.data + at, tensors[i].element == CNN_F32 ? static_cast<void*>(&number) : &label, 4);
    }
  }
  return buffers;
}

std::vector<const void*> pointers(const Buffers& buffers, const Buffers& more = {}) {
  std::vector<const void*> all;
  for (const auto* list : {&buffers, &more})
    for (const auto& buffer : *list) all.push_back(buffer->data);
  return all;
}

/// All bytes that two steps and a prediction give.
std::vector<unsigned char> results(const cnn_inference& inference, const cnn_training& training,
                                   int64_t batch, int32_t threads, Edge edge) {
  cnn_options options{};
  options.threads = threads;
  options.max_batch = batch > 4 ? 4 : batch; // larger ones in slices
  cnn_model* made = nullptr;
  REQUIRE(cnn_model_create(&inference, &options, &made, nullptr, 0) == CNN_OK);
  std::unique_ptr<cnn_model, void (*)(cnn_model*)> model(made, cnn_model_destroy);
  REQUIRE(cnn_model_initialise(made, 1) == CNN_OK);
  REQUIRE(cnn_training_attach(made, &training, batch) == CNN_OK);

  const cnn_description& tables = *inference.description;
  Buffers inputs = buffersFor(tables.inputs, tables.input_count, batch, edge, true);
  Buffers targets = buffersFor(training.targets, training.target_count, batch, edge, true);
  Buffers outputs = buffersFor(tables.outputs, tables.output_count, batch, edge, false);
  Buffer losses(training.results_count * sizeof(float), edge);
  for (int step = 0; step < 2; ++step)
    REQUIRE(cnn_training_step(made, pointers(inputs, targets).data(), batch, nullptr,
                              reinterpret_cast<float*>(losses.data)) == CNN_OK);
  std::vector<void*> to;
  for (const auto& buffer : outputs) to.push_back(buffer->data);
  REQUIRE(cnn_model_predict(made, pointers(inputs).data(), to.data(), batch) == CNN_OK);

  std::vector<unsigned char> bytes(losses.data, losses.data + losses.size);
  for (const auto& buffer : outputs) bytes.insert(bytes.end(), buffer->data, buffer->data + buffer->size);
  return bytes;
}

} // namespace

TEST_CASE("predict and train_step touch nothing beyond the caller's tensors") {
  const std::pair<const cnn_inference*, const cnn_training*> networks[] = {
      {&odd_plane_inference, &odd_plane_training},
      {&odd_row_inference, &odd_row_training},
      {&odd_map_inference, &odd_map_training}};
  for (auto [inference, training] : networks)
    for (int64_t batch : {1, 2, 3, 5, 8, 13})
      for (int32_t threads : {1, 3}) {
        INFO(inference->description->name << ", batch " << batch << ", " << threads << " threads");
        std::vector<unsigned char> expected = results(*inference, *training, batch, threads, Edge::none);
        bool atEnd = results(*inference, *training, batch, threads, Edge::end) == expected;
        bool atBegin = results(*inference, *training, batch, threads, Edge::begin) == expected;
        CHECK(atEnd);
        CHECK(atBegin);
      }
}
