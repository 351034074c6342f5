//===- compile_test.cpp - Objects: the same bytes every time, clear errors ---------------------------===//

#include "runner.h"

#include <catch2/catch.hpp>

#include <thread>

using namespace cnn;
using namespace cnn::test;
using kernel::CompiledKernel;

namespace {

Kernel convKernel(int64_t channels) {
  Kernel k;
  k.target = currentTarget();
  k.inputs = {batchLanes(channels, 8, 8, 1), plain({8, channels, 3, 3})};
  Op conv{"conv", {0, 1}, {8, 8, 8}};
  conv.ints = {{"padding", {1, 1, 1, 1}}};
  k.ops = {conv, {"relu", {2}, {8, 8, 8}}};
  k.results = {3};
  k.outputs = {batchLanes(8, 8, 8, 1)};
  return k;
}

Kernel weightKernel() {
  Kernel k;
  k.target = currentTarget();
  k.inputs = {batchLanes(6, 9, 9, 1), batchLanes(4, 9, 9, 1)};
  k.scalars = {{"blocks"}};
  Op op{"conv_backward_weight", {0, 1}, {4, 6, 3, 3}};
  op.ints = {{"padding", {1, 1, 1, 1}}};
  k.ops = {op};
  k.results = {2};
  k.outputs = {plain({4, 6, 3, 3})};
  return k;
}

std::vector<char> objectOf(const Kernel& k) {
  CompiledKernel compiled;
  std::string error;
  if (!compile(k, compiled, error)) FAIL(error);
  return compiled.object;
}

std::string errorOf(const Kernel& k) {
  CompiledKernel compiled;
  std::string error;
  REQUIRE(!compile(k, compiled, error));
  return error;
}

} // namespace

TEST_CASE("A kernel's object is the same bytes whatever was compiled before, and on any thread") {
  std::vector<Kernel> kernels = {convKernel(3), weightKernel(), convKernel(12)};
  std::vector<std::vector<char>> first;
  for (const Kernel& k : kernels) first.push_back(objectOf(k));
  for (size_t i = kernels.size(); i-- > 0;) REQUIRE(objectOf(kernels[i]) == first[i]);
  std::vector<std::vector<char>> left(kernels.size()), right(kernels.size());
  std::thread other([&] {
    for (size_t i = 0; i < kernels.size(); ++i) left[i] = objectOf(kernels[i]);
  });
  for (size_t i = kernels.size(); i-- > 0;) right[i] = objectOf(kernels[i]);
  other.join();
  for (size_t i = 0; i < kernels.size(); ++i) {
    REQUIRE(left[i] == first[i]);
    REQUIRE(right[i] == first[i]);
  }
}

TEST_CASE("Equal kernels have one symbol, others another") {
  REQUIRE(symbolOf(convKernel(3)) == symbolOf(convKernel(3)));
  REQUIRE(symbolOf(convKernel(3)) != symbolOf(convKernel(4)));
  Kernel slower = convKernel(3);
  slower.schedule = chooseSchedule(slower);
  slower.schedule.tiles["x"] = 1;
  REQUIRE(symbolOf(slower) != symbolOf(convKernel(3)));
}

TEST_CASE("A kernel that is not well formed gives a message, no crash") {
  Kernel unknown = convKernel(3);
  unknown.ops[1].name = "frobnicate";
  REQUIRE_THAT(errorOf(unknown), Catch::Contains("frobnicate"));
  Kernel forward = convKernel(3);
  forward.ops[0].operands[0] = 3;
  REQUIRE_THAT(errorOf(forward), Catch::Contains("not defined yet"));
  Kernel scalar = weightKernel();
  scalar.scalars.clear();
  REQUIRE_THAT(errorOf(scalar), Catch::Contains("blocks"));
  Kernel results = convKernel(3);
  results.results = {99};
  REQUIRE_THAT(errorOf(results), Catch::Contains("result"));
  Kernel extent = convKernel(3);
  extent.outputs[0].shape[1] = 0;
  REQUIRE(!errorOf(extent).empty());
  Kernel schedule = convKernel(3);
  schedule.schedule.algorithm = "magic";
  REQUIRE_THAT(errorOf(schedule), Catch::Contains("magic"));
}

TEST_CASE("Kernels can be read as loops, LLVM IR and assembly") {
  std::string text, error;
  REQUIRE(emitText(convKernel(3), kernel::Text::stmt, text, error));
  REQUIRE_THAT(text, Catch::Contains("produce"));
  REQUIRE(emitText(convKernel(3), kernel::Text::llvm, text, error));
  REQUIRE_THAT(text, Catch::Contains("define"));
  REQUIRE(emitText(convKernel(3), kernel::Text::assembly, text, error));
  REQUIRE_THAT(text, Catch::Contains("vfmadd"));
}

TEST_CASE("The register tiles of ResNet-20's convolutions do not spill") {
  std::string text, error;
  for (auto [channels, size] : {std::pair<int64_t, int64_t>{16, 32}, {32, 16}, {64, 8}}) {
    Kernel k;
    k.target = currentTarget();
    k.inputs = {batchLanes(channels, size, size, 1), plain({channels, channels, 3, 3})};
    Op conv{"conv", {0, 1}, {channels, size, size}};
    conv.ints = {{"padding", {1, 1, 1, 1}}};
    k.ops = {conv};
    k.results = {2};
    k.outputs = {batchLanes(channels, size, size, 1)};
    REQUIRE(emitText(k, kernel::Text::assembly, text, error));
    size_t spills = 0, at = 0;
    const std::string registers = kernel::vectorLanes(k.target) == 16 ? "%zmm" : "%ymm";
    while (at < text.size()) {
      size_t end = std::min(text.find('\n', at), text.size());
      std::string line = text.substr(at, end - at);
      spills += line.find("(%rsp") != std::string::npos && line.find(registers) != std::string::npos;
      at = end + 1;
    }
    REQUIRE(spills == 0);
  }
}
