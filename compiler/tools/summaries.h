//===- summaries.h - The networks of a file in numbers ------------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_SUMMARIES_H
#define CNN_COMPILER_TOOLS_SUMMARIES_H

#include "frontend.h"

#include "dialect_to_summary/summary.h"

namespace cnn::tools {

/// Of all networks that the options ask for, with the memory that their plans need. Errors are printed.
bool summarizeFile(Frontend& frontend, const CompileOptions& compile, std::vector<NetworkSummary>& summaries);

} // namespace cnn::tools

#endif
