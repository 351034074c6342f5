//===- embedding.h - Weights that become part of the library ----------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_EMBEDDING_H
#define CNN_COMPILER_TOOLS_EMBEDDING_H

#include "dialect_to_groups/plan.h"

#include <string>
#include <vector>

namespace cnn::tools {

/// The masters of a network, filled from a safetensors file that must fit it; class names that travel with
/// the file go to `labels` where the network has none. Errors are printed.
bool readWeightsToEmbed(const std::string& file, const NetworkPlan& network, std::vector<float>& masters,
                        std::vector<std::string>& labels);

} // namespace cnn::tools

#endif
