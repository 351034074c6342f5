// What the processor and the operating system offer, in the ABI's terms.
#ifndef CNN_EXECUTION_CPU_H
#define CNN_EXECUTION_CPU_H

#include <cstdint>

namespace cnn {

/// What an x86-64 processor says of itself: registers of the instruction cpuid, and which register files the
/// operating system saves (XCR0; 0 where it saves none by the instruction xsave).
struct CpuIdentity {
  struct Leaf {
    uint32_t a, b, c, d;
  };
  Leaf one, seven, sevenOne; ///< leaves 1, 7, and 7 with subleaf 1
  uint64_t saved;
};

/// The bits of enum cnn_cpu_feature that code may use on such a processor.
uint64_t cpuFeaturesOf(const CpuIdentity& cpu);

/// The bits of `wanted` that this machine has, each with the operating system's support for its registers;
/// for AMX this asks the kernel for permission.
uint64_t availableCpuFeatures(uint64_t wanted);

/// "AVX-512" for CNN_CPU_AVX512; the lowest bit counts.
const char* cpuFeatureName(uint64_t feature);

/// How many threads can run at a time: cores that the process may run on, and no more than the quota of
/// processor time of the control groups that it is in, rounded up. At least 1.
int32_t availableProcessors();

/// The quota alone, by the files below `root`, which is "" for this machine: of cgroup v2 cpu.max, of v1
/// cpu.cfs_quota_us. INT32_MAX where there is none.
int32_t quotaProcessors(const char* root);

} // namespace cnn
#endif
