#include "cpu.h"

#include <cnn/abi.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace cnn {

uint64_t cpuFeaturesOf(const CpuIdentity& cpu) {
  auto one = [&](int bit) { return (cpu.one.c >> bit & 1) != 0; };
  auto sevenB = [&](int bit) { return (cpu.seven.b >> bit & 1) != 0; };
  auto sevenC = [&](int bit) { return (cpu.seven.c >> bit & 1) != 0; };
  bool ymm = (cpu.saved & 0x6) == 0x6, zmm = ymm && (cpu.saved & 0xe0) == 0xe0,
       tiles = (cpu.saved >> 17 & 3) == 3;
  uint64_t features = 0;
  auto add = [&](uint64_t feature, bool there) { features |= there ? feature : 0; };
  add(CNN_CPU_SSE41, one(0) && one(9) && one(19)); // with SSE3 and SSSE3
  add(CNN_CPU_AVX, ymm && one(28) && one(20));     // with SSE4.2
  add(CNN_CPU_FMA, ymm && one(12));
  add(CNN_CPU_F16C, ymm && one(29));
  // x86-64-v3 is what compilers make of "AVX2": FMA, F16C, BMI1 and BMI2 with it.
  bool avx2 = ymm && one(12) && one(29) && sevenB(5) && sevenB(3) && sevenB(8);
  add(CNN_CPU_AVX2_FMA, avx2);
  // The Skylake server set: F, DQ, CD, BW, VL.
  bool avx512 = zmm && avx2 && sevenB(16) && sevenB(17) && sevenB(28) && sevenB(30) && sevenB(31);
  add(CNN_CPU_AVX512, avx512);
  add(CNN_CPU_AVX512_VBMI, avx512 && sevenB(21) && sevenC(1)); // with IFMA
  add(CNN_CPU_AVX512_VNNI,
      avx512 && sevenC(6) && sevenC(11) && sevenC(12) && sevenC(14)); // VBMI2, BITALG, VPOPCNTDQ
  add(CNN_CPU_AVX512_BF16, avx512 && (cpu.sevenOne.a >> 5 & 1));
  add(CNN_CPU_AVX_VNNI, avx2 && (cpu.sevenOne.a >> 4 & 1));
  add(CNN_CPU_AMX_BF16, tiles && (cpu.seven.d >> 22 & 1) && (cpu.seven.d >> 24 & 1));
  add(CNN_CPU_AMX_INT8, tiles && (cpu.seven.d >> 24 & 1) && (cpu.seven.d >> 25 & 1));
  return features;
}

#if defined(__x86_64__)
namespace {

CpuIdentity::Leaf cpuid(unsigned number, unsigned part) {
  CpuIdentity::Leaf leaf;
  if (!__get_cpuid_count(number, part, &leaf.a, &leaf.b, &leaf.c, &leaf.d)) return {};
  return leaf;
}

// Which register files the operating system saves: Intel SDM vol. 1, 13.3.
uint64_t savedRegisters(const CpuIdentity::Leaf& one) {
  if (!(one.c >> 27 & 1)) return 0; // OSXSAVE
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
  CpuIdentity cpu{cpuid(1, 0), cpuid(7, 0), cpuid(7, 1), 0};
  cpu.saved = savedRegisters(cpu.one);
  uint64_t features = cpuFeaturesOf(cpu) & wanted;
  if ((features & CNN_CPU_AMX_BF16) && !tilesPermitted()) features &= ~uint64_t{CNN_CPU_AMX_BF16};
  return features;
}
#else
uint64_t availableCpuFeatures(uint64_t) {
  return 0;
}
#endif

const char* cpuFeatureName(uint64_t feature) {
  feature &= ~feature + 1;
  if (feature & CNN_CPU_AVX2_FMA) return "AVX2 with FMA";
  if (feature & CNN_CPU_AVX512) return "AVX-512 (F, DQ, CD, BW, VL)";
  if (feature & CNN_CPU_AVX512_BF16) return "AVX-512 BF16";
  if (feature & CNN_CPU_AMX_BF16) return "AMX BF16";
  if (feature & CNN_CPU_SSE41) return "SSE4.1";
  if (feature & CNN_CPU_AVX) return "AVX";
  if (feature & CNN_CPU_FMA) return "FMA";
  if (feature & CNN_CPU_F16C) return "F16C";
  if (feature & CNN_CPU_AVX512_VBMI) return "AVX-512 VBMI and IFMA";
  if (feature & CNN_CPU_AVX512_VNNI) return "AVX-512 VNNI, VBMI2, BITALG and VPOPCNTDQ";
  if (feature & CNN_CPU_AVX_VNNI) return "AVX VNNI";
  if (feature & CNN_CPU_AMX_INT8) return "AMX INT8";
  return "a feature that this runtime does not know";
}

} // namespace cnn
