// What the processor and the operating system offer, in the ABI's terms.
#ifndef CNN_EXECUTION_CPU_H
#define CNN_EXECUTION_CPU_H

#include <cstdint>

namespace cnn {

/// The bits of enum cnn_cpu_feature that this machine has, each with the operating system's support for its
/// registers; for AMX this asks the kernel for permission.
uint64_t availableCpuFeatures(uint64_t wanted);

/// "AVX-512" for CNN_CPU_AVX512; the lowest bit counts.
const char* cpuFeatureName(uint64_t feature);

} // namespace cnn
#endif
