//===- poison.cpp - NaN wherever generated code must not read ------------------------------------------===//

#include "poison.h"

#include "runtime/execution/floating_point.h"

#include <algorithm>
#include <cstring>

namespace cnn::tools {
namespace {

/// Every byte 0xff: a NaN as a float, -1 or 255 as an integer.
constexpr int poisonByte = 0xff;

int64_t elementBytes(kernel::Element element) {
  return element == kernel::Element::u8 ? 1 : element == kernel::Element::i64 ? 8 : 4;
}

/// Where a tensor of the arena lies, all its blocks together.
Span placeOf(const Address& address, const kernel::Tensor& tensor, int64_t blocks) {
  int64_t begin = address.constant + address.perBlocks * blocks;
  int64_t bytes =
      address.perBlock ? address.perBlock * blocks : blockElements(tensor) * elementBytes(tensor.element);
  return {begin, begin + bytes};
}

bool overlap(const Span& a, const Span& b) {
  return a.first < b.second && b.first < a.second;
}

/// Walks over the calls from the last to the first and keeps the places that are still read.
class Liveness {
public:
  Liveness(const NetworkPlan& network, int64_t blocks, std::string& error)
      : network(network), blocks(blocks), error(error) {}

  void before(const Call& call) {
    const kernel::Kernel& kernel = network.kernels[call.kernel];
    // The borders are written into a tensor whose inside is there already.
    bool completes = kernel.ops.front().name == "fill_halo";
    for (size_t i = 0; i < call.outputs.size() && !completes; ++i) {
      if (call.outputs[i].base != Base::arena) continue;
      Span place = placeOf(call.outputs[i], kernel.outputs[i], blocks);
      std::erase(places, place);
      for (const Span& other : places)
        if (overlap(place, other))
          error = call.source + " writes over a tensor of the arena that is still read";
    }
    for (size_t i = 0; i < call.inputs.size(); ++i) keep(call.inputs[i], kernel.inputs[i]);
    for (size_t i = 0; i < call.outputs.size() && completes; ++i) keep(call.outputs[i], kernel.outputs[i]);
  }

  std::vector<Span> sorted() const {
    std::vector<Span> result = places;
    std::sort(result.begin(), result.end());
    return result;
  }

private:
  void keep(const Address& address, const kernel::Tensor& tensor) {
    if (address.base != Base::arena) return;
    Span place = placeOf(address, tensor, blocks);
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(place);
  }

  const NetworkPlan& network;
  int64_t blocks;
  std::string& error;
  std::vector<Span> places;
};

} // namespace

FunctionPlan oneCallAPhase(const FunctionPlan& plan) {
  FunctionPlan result = plan;
  result.phases.clear();
  for (const Phase& phase : plan.phases)
    for (const ChunkFamily& family : phase.families)
      for (const Call& call : family.calls) {
        ChunkFamily single = family;
        single.calls = {call};
        result.phases.push_back({{std::move(single)}});
      }
  return result;
}

std::vector<std::vector<Span>> livePlaces(const FunctionPlan& function, const NetworkPlan& network,
                                          int64_t blocks, std::string& error) {
  std::vector<std::vector<Span>> result(function.phases.size());
  Liveness liveness(network, blocks, error);
  for (size_t p = function.phases.size(); p-- > 0;) {
    const std::vector<ChunkFamily>& families = function.phases[p].families;
    for (size_t f = families.size(); f-- > 0;)
      for (size_t c = families[f].calls.size(); c-- > 0;) liveness.before(families[f].calls[c]);
    result[p] = liveness.sorted();
  }
  if (!result.empty() && !result.front().empty()) error = "the first phase reads from the arena";
  return result;
}

void Poison::reserveScratch(size_t bytes) {
  memory.resize(bytes + 64);
  auto address = reinterpret_cast<uintptr_t>(memory.data());
  worker.scratch = memory.data() + (64 - address % 64) % 64;
  worker.scratch_bytes = bytes;
}

void Poison::expect(const FunctionPlan& function, int64_t batch) {
  int64_t blocks = (batch + function.lanes - 1) / function.lanes;
  std::vector<std::vector<Span>> live = livePlaces(function, network, blocks, failure);
  for (size_t p = 0; p < live.size(); ++p) steps.push_back({&function, blocks, std::move(live[p]), p == 0});
}

std::string Poison::error() const {
  return failure.empty() && !steps.empty() ? "the code runs fewer phases than its plan has" : failure;
}

void Poison::fill(const Step& step, const cnn_run& run) {
  if (step.first && step.function == &network.prepare)
    std::memset(run.prepared, poisonByte, size_t(network.preparedBytes));
  int64_t end = step.function->arenaConstantBytes + step.function->arenaBlockBytes * step.blocks, done = 0;
  for (const Span& place : step.live) {
    if (place.first > done) std::memset(run.arena + done, poisonByte, size_t(place.first - done));
    done = std::max(done, place.second);
  }
  if (end > done) std::memset(run.arena + done, poisonByte, size_t(end - done));
}

void Poison::runChunk(cnn_task task, void* closure, int64_t chunk) {
  std::memset(worker.scratch, poisonByte, worker.scratch_bytes);
  worker.scratch_used = 0;
  task(closure, chunk, &worker);
  if (worker.failed) failure = "a kernel asked for more scratch than was planned";
}

void Poison::parallelFor(void* pool, cnn_task task, void* closure, int64_t chunks) {
  auto& self = *static_cast<Poison*>(pool);
  if (self.steps.empty()) {
    self.failure = "the code runs more phases than its plan has";
  } else {
    self.fill(self.steps.front(), *static_cast<const cnn_run*>(static_cast<ForeignWork*>(closure)->closure));
    self.steps.pop_front();
  }
  for (int64_t i = 0; i < chunks; ++i) self.runChunk(task, closure, self.backwards ? chunks - 1 - i : i);
}

} // namespace cnn::tools
