//===- load_weights.h - Weights from a file, with what is likely wrong about them ------------------===//
#ifndef CNN_COMPILER_TOOLS_LOAD_WEIGHTS_H
#define CNN_COMPILER_TOOLS_LOAD_WEIGHTS_H

#include <cnn/model.hpp>

#include <string>

namespace cnn::tools {

/// Model::load, with its warnings on stderr.
Status loadWeights(Model& model, const std::string& file);

} // namespace cnn::tools

#endif
