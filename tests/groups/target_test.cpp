/// Targets as users write them: what code for them needs is what the runtime looks for before it runs.
#include "groups_to_halide/compile.h"
#include "groups_to_halide/target.h"

#include <catch2/catch.hpp>
#include <cnn/abi.h>
#include <execution/cpu.h>

using namespace cnn;

static uint64_t needs(const std::string& text) {
  std::string error, target = kernel::readTarget(text, error);
  INFO(text << ": " << error);
  CHECK(error == "");
  return kernel::cpuFeaturesOf(target);
}

TEST_CASE("a library needs the instructions of its target, and no less than its code has") {
  constexpr uint64_t avx = CNN_CPU_SSE41 | CNN_CPU_AVX,
                     avx2 = avx | CNN_CPU_FMA | CNN_CPU_F16C | CNN_CPU_AVX2_FMA;
  CHECK(needs("x86-64-linux") == 0);
  CHECK(needs("x86-64") == CNN_CPU_SSE41);
  CHECK(needs("x86-64-linux-sse41") == CNN_CPU_SSE41);
  CHECK(needs("x86-64-linux-avx") == avx);
  CHECK(needs("x86-64-linux-fma") == (avx | CNN_CPU_FMA));
  CHECK(needs("x86-64-linux-f16c") == (avx | CNN_CPU_F16C));
  CHECK(needs("x86-64-avx2") == avx2);
  CHECK(needs("x86-64-linux-avx2") == avx2);
  CHECK((needs("x86-64-avx512") & (CNN_CPU_AVX512 | CNN_CPU_AVX2_FMA)) ==
        (CNN_CPU_AVX512 | CNN_CPU_AVX2_FMA));
  CHECK(needs("x86-64-linux-avx512_cannonlake") == (avx2 | CNN_CPU_AVX512 | CNN_CPU_AVX512_VBMI));
  CHECK((needs("x86-64-linux-avx512_zen4") & ~needs("x86-64-linux-avx512_cannonlake")) ==
        (CNN_CPU_AVX512_BF16 | CNN_CPU_AVX512_VNNI));
  CHECK((needs("x86-64-linux-avx512_sapphirerapids") & ~needs("x86-64-linux-avx512_zen4")) ==
        (CNN_CPU_AMX_BF16 | CNN_CPU_AMX_INT8 | CNN_CPU_AVX_VNNI));
  CHECK(needs("arm-64") == 0);
}

TEST_CASE("instructions that a library could not look for are refused") {
  for (const char* text : {"x86-64-linux-fma4", "x86-64-linux-avx512_knl", "arm-64-linux-sve2",
                           "x86-64-linux-cuda", "arm-64-linux-arm_dot_prod"}) {
    std::string error;
    CHECK(kernel::readTarget(text, error) == "");
    INFO(error);
    CHECK(error.find("is no instruction set that a library looks for") != std::string::npos);
  }
}

TEST_CASE("host is what this machine can run, whatever its model is known for") {
  std::string error;
  CHECK(kernel::readTarget("host", error) == kernel::hostTarget());
  CHECK(error == "");
  uint64_t wanted = needs("host");
  CHECK((wanted & ~availableCpuFeatures(wanted)) == 0);
  CHECK(kernel::vectorLanes(kernel::readTarget("x86-64-linux-avx512_sapphirerapids", error)) == 16);
}
