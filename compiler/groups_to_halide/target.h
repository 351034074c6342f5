//===- target.h - Target strings as users write them -------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_TARGET_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_TARGET_H

#include <cstdint>
#include <string>

namespace cnn::kernel {

/// The target in Halide's own spelling, with `host` resolved and all instruction sets that those it names
/// bring. Empty, with a message in `error`, when it is none or none that this compiler has code for, or asks
/// for instructions that a library could not look for on the processor that runs it.
std::string readTarget(const std::string& text, std::string& error);

/// The bits of enum cnn_cpu_feature that code for a target needs.
uint64_t cpuFeaturesOf(const std::string& target);

/// The target of this system for a machine that budgets and kernels sections can name (x86-64-avx2, …: the
/// table is in ast_to_dialect/names.h). Empty for any other name.
std::string targetNamed(const std::string& machine);

/// The machine whose name a target goes by there.
std::string machineOf(const std::string& target);

/// Whether this machine and system can run code for the target at all; which of its features the processor
/// has is asked by the code itself.
bool runsHere(const std::string& target);

} // namespace cnn::kernel

#endif
