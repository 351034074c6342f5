//===- poison_test.cpp - What cnnc verify fills with NaN, and that what is read stays ------------------===//
#include "tools/poison.h"

#include "runtime/execution/floating_point.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>

using namespace cnn;
using namespace cnn::tools;

namespace {

/// Sixteen floats a block.
kernel::Tensor tensor() {
  return {kernel::Element::f32, kernel::Layout::plain, {16}, 1, 0, 0};
}

/// The place of tensor `slot` of each block; all blocks of one tensor lie together.
Address place(int64_t slot) {
  Address address;
  address.perBlocks = 64 * slot;
  address.perBlock = 64;
  return address;
}

struct Calls {
  NetworkPlan network;
  FunctionPlan& function = network.predict;

  /// `op` reads and writes slots of the arena; in the last phase, or in one of its own.
  void add(const std::string& op, std::vector<int64_t> reads, std::vector<int64_t> writes,
           bool phase = true) {
    kernel::Kernel kernel;
    kernel.ops.push_back({op, {}, {16}});
    Call call;
    call.kernel = network.kernels.size();
    call.source = op;
    for (int64_t slot : reads) kernel.inputs.push_back(tensor()), call.inputs.push_back(place(slot));
    for (int64_t slot : writes) kernel.outputs.push_back(tensor()), call.outputs.push_back(place(slot));
    network.kernels.push_back(kernel);
    if (phase) function.phases.push_back({{ChunkFamily()}});
    function.phases.back().families.back().calls.push_back(call);
  }
};

std::vector<std::vector<Span>> live(const Calls& calls, std::string& error) {
  return livePlaces(calls.function, calls.network, 2, error);
}

Span slot(int64_t number) {
  return {128 * number, 128 * (number + 1)};
}

} // namespace

TEST_CASE("a place lives from the phase that writes it to the last that reads it") {
  Calls calls;
  calls.add("a", {}, {0});
  calls.add("b", {0}, {1});
  calls.add("c", {0, 1}, {2});
  calls.add("d", {2}, {0});
  calls.add("e", {0}, {});
  std::string error;
  std::vector<std::vector<Span>> expected = {{}, {slot(0)}, {slot(0), slot(1)}, {slot(2)}, {slot(0)}};
  CHECK(live(calls, error) == expected);
  CHECK(error.empty());
}

TEST_CASE("fill_halo completes what is there") {
  Calls calls;
  calls.add("a", {}, {0});
  calls.add("fill_halo", {}, {0});
  calls.add("b", {0}, {});
  std::string error;
  CHECK(live(calls, error) == std::vector<std::vector<Span>>{{}, {slot(0)}, {slot(0)}});
}

TEST_CASE("a plan that writes over what is still read, or reads what nobody wrote, is an error") {
  Calls overwriting;
  overwriting.add("a", {}, {0});
  overwriting.add("b", {}, {1});
  overwriting.function.phases.back().families[0].calls[0].outputs[0].constant = -4;
  overwriting.add("c", {0, 1}, {});
  std::string error;
  live(overwriting, error);
  CHECK(!error.empty());

  Calls unwritten;
  unwritten.add("a", {0}, {1});
  error.clear();
  live(unwritten, error);
  CHECK(error == "the first phase reads from the arena");
}

TEST_CASE("oneCallAPhase takes chains apart and keeps the order") {
  Calls calls;
  calls.add("a", {}, {0});
  calls.add("b", {0}, {1}, /*phase=*/false);
  calls.add("c", {1}, {});
  FunctionPlan apart = oneCallAPhase(calls.function);
  std::string order;
  for (const Phase& phase : apart.phases) {
    REQUIRE(phase.families.size() == 1);
    REQUIRE(phase.families[0].calls.size() == 1);
    order += phase.families[0].calls[0].source;
  }
  CHECK(order == "abc");
}

TEST_CASE("before a phase all of the arena but what lives is NaN, and before a chunk the scratch") {
  Calls calls;
  calls.add("a", {}, {0});
  calls.add("b", {0}, {1});
  calls.function.arenaBlockBytes = 128;
  Poison poison(calls.network, /*backwards=*/true);
  poison.reserveScratch(64);
  poison.expect(calls.function, 2);

  std::vector<float> arena(64, 1.0f);
  struct Run : cnn_run {
    std::vector<int64_t> chunks;
    int scratch = 0;
  } run{};
  run.arena = reinterpret_cast<unsigned char*>(arena.data());
  auto task = [](void* closure, int64_t chunk, cnn_worker* worker) {
    auto& run = *static_cast<Run*>(static_cast<cnn_run*>(closure));
    run.chunks.push_back(chunk);
    float first;
    std::memcpy(&first, worker->scratch, 4);
    run.scratch += std::isnan(first);
    std::memset(worker->scratch, 0, 64);
  };
  auto isNaN = [&](int64_t from) {
    for (int64_t i = from; i < from + 32; ++i)
      if (!std::isnan(arena[size_t(i)])) return false;
    return true;
  };
  ForeignPool pool{Poison::parallelFor, &poison};
  foreignParallelFor(&pool, task, static_cast<cnn_run*>(&run), 2);
  CHECK((isNaN(0) && isNaN(32)));
  CHECK(poison.error() == "the code runs fewer phases than its plan has");
  CHECK(run.chunks == std::vector<int64_t>{1, 0});
  CHECK(run.scratch == 2);
  std::fill(arena.begin(), arena.end(), 2.0f);
  foreignParallelFor(&pool, task, static_cast<cnn_run*>(&run), 1);
  CHECK((arena[0] == 2 && arena[31] == 2 && isNaN(32)));
  CHECK(poison.error().empty());
  foreignParallelFor(&pool, task, static_cast<cnn_run*>(&run), 1);
  CHECK(poison.error() == "the code runs more phases than its plan has");
}
