//===- interruption.h - What Ctrl-C does to a training --------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_INTERRUPTION_H
#define CNN_COMPILER_TOOLS_INTERRUPTION_H

#include <cnn/trainer.hpp>

namespace cnn::tools {

/// For as long as it lives SIGINT and SIGTERM end the training after the step at hand, and a further one ends
/// the process at once. On a terminal the first Ctrl-C of a run that would lose something says so, and
/// training goes on. One at a time.
class Interruption {
public:
  /// `losesWeights`: the run is to be saved in the end, and has no checkpoint.
  Interruption(Trainer& trainer, bool losesWeights);
  ~Interruption();
  Interruption(const Interruption&) = delete;

  /// Ends the process by the signal that came, as whoever waits for it expects; returns where none came.
  static void endBySignal();
};

} // namespace cnn::tools

#endif
