//===- cnn_interfaces.td - What passes ask of an op ------------------------------------------------------===//
#ifndef CNN_INTERFACES_TD
#define CNN_INTERFACES_TD

include "mlir/IR/OpBase.td"

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::cnn";
  let description = "An op that builds its own gradient out of ops of the dialect (reverse mode).";
  let methods = [InterfaceMethod<[{
      Builds the gradient of the loss with respect to each operand for which `needed` is set, from that with
      respect to each result (null where nothing depends on it). `gradients` has one entry an operand, null on
      entry; what stays null is zero.
    }],
    "void", "buildGradients",
    (ins "::mlir::OpBuilder&":$builder, "::mlir::ValueRange":$resultGradients, "::llvm::ArrayRef<bool>":$needed,
         "::llvm::SmallVectorImpl<::mlir::Value>&":$gradients)>];
}

def ReferenceOpInterface : OpInterface<"ReferenceOpInterface"> {
  let cppNamespace = "::cnn";
  let description = [{
    An op that can be interpreted: plain loops over doubles in NCHW order, to be read aloud beside the formula.
    It is the oracle for compiled code and never shares code with it.
  }];
  let methods = [InterfaceMethod<"Computes the results from the operands.",
    "void", "evaluate", (ins "::cnn::reference::Frame&":$frame)>];
}

def KernelOpInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::cnn";
  let description = "An op that a compiled kernel can hold; its name is that of the registered algorithm.";
  let methods = [
    InterfaceMethod<"The scalar arguments that the algorithm reads, by name.",
      "::llvm::ArrayRef<::llvm::StringRef>", "getScalars", (ins), "", [{ return {}; }]>,
    InterfaceMethod<[{
      True where the op reduces over the whole batch: it starts when all blocks of its operands are there and its
      result has no batch dimension.
    }], "bool", "reducesBatch", (ins), "", [{ return false; }]>,
    InterfaceMethod<[{
      True where element i of the result needs only element i of the operands (after broadcasting), so that the
      op can be computed in the store of whatever produces an operand.
    }], "bool", "isPointwise", (ins), "", [{ return false; }]>
  ];
}

def MeasureOpInterface : OpInterface<"MeasureOpInterface"> {
  let cppNamespace = "::cnn";
  let description = [{
    A loss or a metric: one value per sample. Progress lines, early stop and the choice of the best epoch read here
    what its numbers mean. Operand `counted`, where the op has one, is the batch's share of labels that count.
  }];
  let methods = [
    InterfaceMethod<"True where a value is a share of 1, which people read as a percentage.",
      "bool", "isPercentage", (ins), "", [{ return false; }]>,
    InterfaceMethod<"True where training should make it larger.",
      "bool", "isHigherBetter", (ins), "", [{ return false; }]>
  ];
}

#endif
