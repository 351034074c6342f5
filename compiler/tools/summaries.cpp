//===- summaries.cpp - The networks of a file in numbers ----------------------------------------------===//

#include "summaries.h"

#include "compilation.h"

#include "dialect_to_summary/summarize.h"
#include "groups_to_llvm/memory.h"

namespace cnn::tools {

bool summarizeFile(Frontend& frontend, const CompileOptions& compile,
                   std::vector<NetworkSummary>& summaries) {
  if (!frontend.load(compile, Frontend::Purpose::look)) return false;
  std::vector<mlir::OwningOpRef<NetworkOp>> unplanned; // taken out while passes run, which want sizes
  for (NetworkOp network : frontend.networks()) {
    summaries.push_back(summarize(network)); // before passes change them
    if (summaries.back().freeSizes.empty()) continue;
    network->remove();
    unplanned.emplace_back(network);
  }
  if (!formGroups(frontend, compile)) return false;
  std::vector<NetworkOp> planned = frontend.networks();
  auto next = planned.begin();
  for (NetworkSummary& summary : summaries) {
    if (!summary.freeSizes.empty()) continue;
    LibraryPlan plan;
    if (!planLibrary(frontend, compile, *next++, plan)) return false;
    addMemory(summary, plan.network);
    summary.inferenceBytes = inferenceMemory(plan.network).totalBytes();
    if (!plan.network.trains()) continue;
    TrainingMemory training = trainingMemory(plan);
    summary.trainingBytes = training.totalBytes();
    summary.trainingBatch = training.batch;
  }
  for (mlir::OwningOpRef<NetworkOp>& network : unplanned) frontend.module->push_back(network.release());
  return true;
}

} // namespace cnn::tools
