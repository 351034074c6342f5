//===- import_network.h - An ONNX graph to a network in the language --------------------------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_IMPORT_NETWORK_H
#define CNN_COMPILER_ONNX_TO_DSL_IMPORT_NETWORK_H

#include "onnx_graph.h"

#include <set>
#include <string>
#include <vector>

namespace cnn::onnx_import {

/// One of the network's parameters and its values, dense row-major in PyTorch's shape.
struct Parameter {
  std::string path;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

/// An output of the network as the model has it: the shape with -1 for the batch and other free sizes.
struct ImportedOutput {
  std::string name;
  std::vector<int64_t> shape;
};

struct ImportedNetwork {
  std::string text; ///< of the .cnn file, not yet formatted
  std::vector<Parameter> parameters;
  std::vector<ImportedOutput> outputs;
  std::vector<std::string> notes;    ///< what a person should know
  std::vector<std::string> problems; ///< why there is no network: one for each node that cannot be said
};

/// `name`: of the network. `reserved`: names that inputs, outputs and parameters cannot have. Only what the
/// outputs depend on is imported.
ImportedNetwork importNetwork(const Graph& graph, const std::string& name,
                              const std::set<std::string>& reserved = {});

} // namespace cnn::onnx_import

#endif
