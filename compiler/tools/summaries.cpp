//===- summaries.cpp - The networks of a file in numbers ----------------------------------------------===//

#include "summaries.h"

#include "compilation.h"

#include "dialect_to_summary/summarize.h"

namespace cnn::tools {

bool summarizeFile(Frontend& frontend, const CompileOptions& compile,
                   std::vector<NetworkSummary>& summaries) {
  if (!frontend.load(compile)) return false;
  for (NetworkOp network : frontend.networks())
    summaries.push_back(summarize(network)); // before passes change them
  if (!formGroups(frontend, compile)) return false;
  for (auto [summary, network] : llvm::zip_equal(summaries, frontend.networks())) {
    LibraryPlan plan;
    if (!planLibrary(frontend, compile, network, plan)) return false;
    addMemory(summary, plan.network);
  }
  return true;
}

} // namespace cnn::tools
