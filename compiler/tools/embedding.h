//===- embedding.h - Weights that become part of the library ----------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_EMBEDDING_H
#define CNN_COMPILER_TOOLS_EMBEDDING_H

#include "groups_to_llvm/library_plan.h"

#include <string>
#include <vector>

namespace cnn::tools {

/// Fills a plan's weights from a safetensors file that must fit it; class names that travel with the file
/// become its labels where the network has none. Errors are printed.
bool readWeightsToEmbed(const std::string& file, LibraryPlan& plan);

} // namespace cnn::tools

#endif
