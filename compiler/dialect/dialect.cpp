//===- dialect.cpp - Registration ----------------------------------------------------------------------===//
#include "dialect/dialect.h"
#include "dialect/shapes.h"

#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;

#include "cnn_dialect.cpp.inc"
#include "cnn_interfaces.cpp.inc"
#define GET_OP_CLASSES
#include "cnn_ops.cpp.inc"

void cnn::CnnDialect::initialize() {
  registerTypes();
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "cnn_ops.cpp.inc"
      >();
}

StringRef cnn::mnemonic(Operation* op) {
  return op->getName().stripDialect();
}
