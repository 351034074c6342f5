//===- internal_error.h - Mistakes of the compiler itself ---------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_INTERNAL_ERROR_H
#define CNN_COMPILER_TOOLS_INTERNAL_ERROR_H

#include <string>

namespace cnn::tools {

/// The exit status after one.
inline constexpr int internalErrorStatus = 3;

/// Says on stderr that cnnc has a bug, which line of the network shows it (file.cnn:3:12, or as much of that
/// as is known), and where to report it; once, however often it is called. What went wrong inside helps
/// nobody else: it is printed only where the environment has CNNC_DETAILS=1. Returns internalErrorStatus.
int internalError(const std::string& place, const std::string& details);
bool hadInternalError();

/// Crashes, failed assertions, LLVM's fatal errors and memory that runs out end the process with such a
/// message from now on, or, for memory, with an error and status 1. `file` is what the command works on, or
/// empty.
void catchInternalErrors(const std::string& file);

} // namespace cnn::tools

#endif
