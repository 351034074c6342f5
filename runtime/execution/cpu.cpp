#include "cpu.h"

#include <cnn/abi.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace cnn {
#if defined(__x86_64__)
namespace {

struct Leaf {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Leaf cpuid(unsigned number, unsigned part) {
  Leaf leaf;
  if (!__get_cpuid_count(number, part, &leaf.a, &leaf.b, &leaf.c, &leaf.d)) return {};
  return leaf;
}

bool has(unsigned word, int bit) {
  return word >> bit & 1;
}

// Which register files the operating system saves: Intel SDM vol. 1, 13.3.
uint64_t savedRegisters() {
  if (!has(cpuid(1, 0).c, 27)) return 0; // OSXSAVE
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

bool tilesPermitted() {
  constexpr long requestPermission = 0x1023, tileData = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}

} // namespace

uint64_t availableCpuFeatures(uint64_t wanted) {
  Leaf one = cpuid(1, 0), seven = cpuid(7, 0), sevenOne = cpuid(7, 1);
  uint64_t saved = savedRegisters();
  bool ymm = (saved & 0x6) == 0x6, zmm = ymm && (saved & 0xe0) == 0xe0, tiles = (saved >> 17 & 3) == 3;

  uint64_t features = 0;
  // x86-64-v3 is what compilers make of "AVX2": FMA, F16C, BMI1 and BMI2 with it.
  if (ymm && has(one.c, 12) && has(one.c, 29) && has(seven.b, 5) && has(seven.b, 3) && has(seven.b, 8))
    features |= CNN_CPU_AVX2_FMA;
  // The Skylake server set: F, DQ, CD, BW, VL.
  if (zmm && has(seven.b, 16) && has(seven.b, 17) && has(seven.b, 28) && has(seven.b, 30) && has(seven.b, 31))
    features |= CNN_CPU_AVX512;
  if ((features & CNN_CPU_AVX512) && has(sevenOne.a, 5)) features |= CNN_CPU_AVX512_BF16;
  if (wanted & CNN_CPU_AMX_BF16)
    if (tiles && has(seven.d, 22) && has(seven.d, 24) && tilesPermitted()) features |= CNN_CPU_AMX_BF16;
  return features;
}
#else
uint64_t availableCpuFeatures(uint64_t) {
  return 0;
}
#endif

const char* cpuFeatureName(uint64_t feature) {
  if (feature & CNN_CPU_AVX2_FMA) return "AVX2 with FMA";
  if (feature & CNN_CPU_AVX512) return "AVX-512 (F, DQ, CD, BW, VL)";
  if (feature & CNN_CPU_AVX512_BF16) return "AVX-512 BF16";
  if (feature & CNN_CPU_AMX_BF16) return "AMX BF16";
  return "a feature that this runtime does not know";
}

} // namespace cnn
