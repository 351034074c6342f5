//===- in_process.h - Links a compiled network into this process ---------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_IN_PROCESS_H
#define CNN_COMPILER_TOOLS_IN_PROCESS_H

#include "compilation.h"

#include <cnn/abi.h>

#include <memory>

namespace cnn::tools {

/// What the operator behind an output makes of it.
enum class ScoreForm { any, probability, logProbability, separateProbability };

/// The very objects that the archive would hold, linked with the runtime inside this program. The tables live
/// as long as this does.
class LinkedNetwork {
public:
  LinkedNetwork();
  ~LinkedNetwork();
  LinkedNetwork(LinkedNetwork&&) noexcept;

  /// `ticks`: the counters of a timed plan, one a call.
  bool link(CompiledNetwork& compiled, std::string& error, int64_t* ticks = nullptr);

  /// Which assertion of a kernel that has any (Kernel::checked) has failed, in any network; or empty.
  static std::string failedCheck();

  std::vector<ScoreForm> forms; ///< of each output
  size_t probes = 0;            ///< so many of the last outputs are probes
  const cnn_inference* inference = nullptr;
  const cnn_training* training = nullptr; ///< null where the network does not train

private:
  struct Jit;
  std::unique_ptr<Jit> jit;
};

/// Frontend, compilation and linking of the one network that the options name. Errors are printed.
bool compileAndLink(const CompileOptions& options, LinkedNetwork& linked);

} // namespace cnn::tools

#endif
