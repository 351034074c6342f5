//===- embedding.h - Weights that become part of the library ----------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_EMBEDDING_H
#define CNN_COMPILER_TOOLS_EMBEDDING_H

#include "dialect_to_groups/plan.h"

#include <string>
#include <vector>

namespace cnn::tools {

/// The masters of a network, filled from a safetensors file that must fit it. Errors are printed.
bool readWeightsToEmbed(const std::string& file, const NetworkPlan& network, std::vector<float>& masters);

} // namespace cnn::tools

#endif
