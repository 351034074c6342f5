/// Which labels a train section's losses and metrics take.
#pragma once

#include "dialect/dialect.h"

namespace cnn {

/// [{input, classes, ignored}, …] of the function's arguments that are read as classes; null where none is.
mlir::ArrayAttr labelsOf(FunctionOp loss);

} // namespace cnn
