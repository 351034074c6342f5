//===- target.h - Target strings as users write them -------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_TARGET_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_TARGET_H

#include <string>

namespace cnn::kernel {

/// The target in Halide's own spelling, with `host` resolved. Empty, with a message in `error`, when it is none or
/// none that this compiler has code for.
std::string readTarget(const std::string& text, std::string& error);

/// Whether this machine and system can run code for the target at all; which of its features the processor has is
/// asked by the code itself.
bool runsHere(const std::string& target);

} // namespace cnn::kernel

#endif
