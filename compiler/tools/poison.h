//===- poison.h - NaN wherever generated code must not read --------------------------------------------===//
//
// Runs the phases of generated code in place of the runtime's pool. Before each phase all of the arena that
// holds nothing which this or a later phase reads is filled with NaN, by the plan; before each chunk so is
// the scratch, and before the first phase of `prepare` its result. Whatever reads a value that no kernel has
// written then shows.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_POISON_H
#define CNN_COMPILER_TOOLS_POISON_H

#include "dialect_to_groups/plan.h"

#include <cnn/abi.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace cnn::tools {

/// The same plan with one phase a call: the calls of a chain then run one after the other over the whole
/// batch, and poison reaches between them.
FunctionPlan oneCallAPhase(const FunctionPlan& plan);

/// Bytes of the arena from `first` up to `second`.
using Span = std::pair<int64_t, int64_t>;

/// For each phase the parts of the arena, in order and apart, that hold what it or a later one reads, at its
/// start. `error` is set where the plan writes over what a later phase still reads.
std::vector<std::vector<Span>> livePlaces(const FunctionPlan& function, const NetworkPlan& network,
                                          int64_t blocks, std::string& error);

class Poison {
public:
  /// Chunks run in order, or from the last to the first.
  Poison(const NetworkPlan& network, bool backwards) : network(network), backwards(backwards) {}

  /// The worker's scratch, to be called when all code is attached.
  void reserveScratch(size_t bytes);
  /// What the next call into the library runs.
  void expect(const FunctionPlan& function, int64_t batch);

  /// Empty, or what went wrong until now, when no call is under way.
  std::string error() const;

  /// cnn_parallel_for with `pool` a Poison* and `closure` a ForeignWork* on a cnn_run, as a model calls its
  /// program's threads.
  static void parallelFor(void* pool, cnn_task task, void* closure, int64_t chunks);

private:
  struct Step {
    const FunctionPlan* function;
    int64_t blocks;
    std::vector<Span> live;
    bool first;
  };
  void fill(const Step& step, const cnn_run& run);
  void runChunk(cnn_task task, void* closure, int64_t chunk);

  const NetworkPlan& network;
  bool backwards;
  std::deque<Step> steps;
  std::vector<unsigned char> memory;
  cnn_worker worker{};
  std::string failure;
};

} // namespace cnn::tools

#endif
