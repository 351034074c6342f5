//===- passes.td - Passes over the dialect -------------------------------------------------------------------===//
#ifndef CNN_PASSES_TD
#define CNN_PASSES_TD

include "mlir/Pass/PassBase.td"

def CnnAutodiff : Pass<"cnn-autodiff", "::cnn::NetworkOp"> {
  let summary = "adds @train: @loss with the gradients of its first result";
  let description = [{
    Reverse mode: each op builds its own gradient from those of its results (DifferentiableOpInterface). Only what
    lies on a path from a trainable parameter to the loss is differentiated. batch_norm becomes batch_norm_train,
    unless its running statistics are frozen. Networks without @loss stay as they are.

    Where the `training` attribute has `phases`, there is one function for each different list `frozen` of them:
    @train for the first, @train.NAME for the others, NAME the first phase that needs it. The attribute cnn.frozen of
    the function holds the list.

    Where it has `steps`, there is one for each of them, which computes the step's loss alone, the first one the metrics
    as well; the attribute cnn.results says which of @loss's results these are. A batch norm that an earlier step of the
    iteration has evaluated moves its running statistics only if a step has changed a parameter since on which it depends.
  }];
}

def CnnFreeze : Pass<"cnn-freeze", "::cnn::NetworkOp"> {
  let summary = "makes @predict what inference runs: no dropout, no stochastic depth";
}

def CnnDecomposeTraining : Pass<"cnn-decompose-training", "::cnn::NetworkOp"> {
  let summary = "takes ops of @train and its variants apart into parts that run block by block and parts that reduce over blocks";
  let description = "Needs cnn-autodiff. batch_norm_train, batch_norm_backward and batch_mean disappear.";
}

#endif
