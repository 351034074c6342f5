//===- cnn_opt.cpp - Runs single passes on the dialect's text form -------------------------------------===//
//
// cnn-opt --cnn-autodiff network.mlir; for tests and for looking at what a pass does.
//
//===---------------------------------------------------------------------------------------------------===//
#include "dialect/transforms/passes.h"
#include "dialect_to_groups/passes.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char** argv) {
  mlir::DialectRegistry registry;
  registry.insert<cnn::CnnDialect>();
  cnn::registerCnnPasses();
  cnn::registerCnnGroupsPasses();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  return mlir::failed(
      mlir::MlirOptMain(argc, argv, "Runs passes over networks of the cnn dialect\n", registry));
}
