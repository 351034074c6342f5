//===- import_network.h - An ONNX graph to a network in the language --------------------------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_IMPORT_NETWORK_H
#define CNN_COMPILER_ONNX_TO_DSL_IMPORT_NETWORK_H

#include "onnx_graph.h"

#include <string>
#include <vector>

namespace cnn::onnx_import {

/// One of the network's parameters and its values, dense row-major in PyTorch's shape.
struct Parameter {
  std::string path;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

struct ImportedNetwork {
  std::string text; ///< of the .cnn file, not yet formatted
  std::vector<Parameter> parameters;
  std::vector<std::string> notes;    ///< what a person should know
  std::vector<std::string> problems; ///< why there is no network: one for each node that cannot be said
};

/// `name`: of the network. Only what the outputs depend on is imported.
ImportedNetwork importNetwork(const Graph& graph, const std::string& name);

} // namespace cnn::onnx_import

#endif
