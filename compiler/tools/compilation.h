//===- compilation.h - A network to a compiled library in memory ---------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_COMPILATION_H
#define CNN_COMPILER_TOOLS_COMPILATION_H

#include "frontend.h"
#include "options.h"

#include "groups_to_llvm/emit_library.h"

namespace cnn::tools {

/// Everything that goes into the archive: drivers first, then each kernel once.
struct CompiledNetwork {
  LibraryPlan plan;
  std::vector<KernelFacts> facts; ///< of the plan's kernels
  size_t driverCount = 0;         ///< members in front of the kernels
  std::vector<ArchiveMember> members;
};

/// The target that code is made for: as given, or this machine's.
std::string targetOf(const CompileOptions& options);

/// Runs the passes over all networks of the module and leaves them in groups.
bool formGroups(Frontend& frontend, const CompileOptions& options);

/// The plan of a network that formGroups has gone over, with its training settings.
bool planLibrary(Frontend& frontend, const CompileOptions& options, NetworkOp network, LibraryPlan& plan);

/// Compiles kernels, from the cache or anew, and emits the drivers. Errors are printed.
bool compilePlan(Frontend& frontend, const CompileOptions& options, CompiledNetwork& compiled);

/// Emits the drivers of a changed plan with the same kernels in place of those that are there.
bool replaceDrivers(Frontend& frontend, CompiledNetwork& compiled);

/// All of it for one network: passes, plan, code.
bool compileNetwork(Frontend& frontend, const CompileOptions& options, NetworkOp network,
                    CompiledNetwork& compiled);

/// Told about progress on stderr while Halide works, where that is a terminal.
void setQuiet(bool quiet);

} // namespace cnn::tools

#endif
