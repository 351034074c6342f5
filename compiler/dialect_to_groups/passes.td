//===- passes.td - From semantic ops to groups in memory ------------------------------------------------------===//
#ifndef CNN_GROUP_PASSES_TD
#define CNN_GROUP_PASSES_TD

include "mlir/Pass/PassBase.td"

def CnnChooseWinograd : Pass<"cnn-choose-winograd", "::cnn::NetworkOp"> {
  let summary = "makes 3x3 convolutions of @train, forward and by the input, winograd_conv where that is faster";
  let description = [{
    Needs cnn-decompose-training. The weights are transformed once a step, by a winograd_weights in front of the
    convolution. @predict is left alone: there the choice is made with the packing of the weights.
  }];
  let options = [Option<"target", "target", "std::string", "", "a Halide target string; empty: this machine">];
}

def CnnAssignLayouts : Pass<"cnn-assign-layouts", "::cnn::NetworkOp"> {
  let summary = "gives every tensor of @predict and @train its form in memory";
  let description = [{
    @train: images side by side (batch_lanes); @predict: channels side by side (channel_lanes). A tensor's halo is
    what its consumers need. cnn.load and cnn.store appear where the caller's plain tensors come in and go out.
    Needs cnn-decompose-training for @train and cnn-freeze for @predict.
  }];
  let options = [Option<"target", "target", "std::string", "", "a Halide target string; empty: this machine">,
                 Option<"exact", "exact", "bool", "false", "no Winograd">];
}

def CnnFormGroups : Pass<"cnn-form-groups", "::cnn::NetworkOp"> {
  let summary = "puts pointwise ops into the group of what produces their operand";
  let description = [{
    Needs cnn-assign-layouts. A group has one anchor. A pointwise op joins the group of an operand when it is the
    only one that reads it and everything else it reads is there before. Reshapes that move nothing stay outside.
    Each group gets its phase: a group that reduces over the batch waits for whole tensors, others for their block.
  }];
}

#endif
