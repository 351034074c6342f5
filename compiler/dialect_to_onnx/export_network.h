//===- export_network.h - A network of the dialect to an ONNX model ---------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_ONNX_EXPORT_NETWORK_H
#define CNN_COMPILER_DIALECT_TO_ONNX_EXPORT_NETWORK_H

#include "dialect/dialect.h"

#include "llvm/ADT/StringMap.h"

#include <string>
#include <vector>

namespace cnn {

/// Values of the parameters by their paths, dense row-major.
using ParameterValues = llvm::StringMap<llvm::ArrayRef<float>>;

/// The network's @predict as an ONNX model of operator set 17 with the weights inside; parameters are
/// initialisers of their paths. Nodes are named by the paths of their layers. `version`: of the compiler that
/// writes it. False, with all that stands in the way.
bool exportNetwork(NetworkOp network, const ParameterValues& values, const std::string& version,
                   std::string& model, std::vector<std::string>& problems);

} // namespace cnn

#endif
