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

def CnnEvaluation : Pass<"cnn-evaluation", "::cnn::NetworkOp"> {
  let summary = "adds @evaluate: @predict with @loss's losses and metrics of each sample";
  let description = [{
    Its arguments are those of @loss. Its results are those of @predict, then for each term of a loss or metric its
    value of each sample [N] and, where labels may be ignored, the share of the sample's labels that count [N]. The
    attribute cnn.terms says of which result of @loss each is a term: the measure over any number of samples is the sum
    over its terms of the sum of the values over the sum of the shares, or over the number of samples. A sum of losses
    that ignore different labels has a term for each; within other arithmetic than sums and factors, what ignores
    labels is the mean over each sample. Nothing is dropped, as in inference. Needs cnn-freeze. Networks without @loss
    stay as they are.
  }];
}

def CnnDecomposeTraining : Pass<"cnn-decompose-training", "::cnn::NetworkOp"> {
  let summary = "takes ops of @train and its variants apart into parts that run block by block and parts that reduce over blocks";
  let description = "Needs cnn-autodiff. batch_norm_train, batch_norm_backward and batch_mean disappear.";
}

#endif
