//===- summary.h - The layers of a network ------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_SUMMARY_H
#define CNN_COMPILER_TOOLS_SUMMARY_H

#include "dialect/dialect.h"

#include <string>
#include <vector>

namespace cnn::tools {

struct Layer {
  std::string path, operation;
  std::string shape; ///< of the result: [N, 64, 56, 56]
  int64_t parameters = 0;
  int64_t macs = 0; ///< multiplications of weights, for one sample
};

/// The ops of @predict as the front end built it, in order.
std::vector<Layer> layersOf(NetworkOp network);

} // namespace cnn::tools

#endif
