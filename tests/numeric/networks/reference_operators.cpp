//===- reference_operators.cpp - Prints the operators that the reference knows, one a line --------===//
#include "dialect/dialect.h"

#include <cstdio>

int main() {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<cnn::CnnDialect>();
  for (mlir::RegisteredOperationName name : context.getRegisteredOperationsByDialect("cnn"))
    if (name.hasInterface<cnn::ReferenceOpInterface>())
      std::printf("%s\n", name.stripDialect().str().c_str());
  return 0;
}
