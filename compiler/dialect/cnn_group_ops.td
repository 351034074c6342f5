//===- cnn_group_ops.td - Memory forms and fused groups ----------------------------------------------------===//

def Cnn_LoadOp : Cnn_Op<"load", [Pure, KernelWith<["getScalars"]>]> {
  let summary = "brings a tensor from the caller's plain form into a layout";
  let arguments = (ins Cnn_TensorType:$input);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Cnn_StoreOp : Cnn_Op<"store", [Pure, KernelWith<["getScalars"]>]> {
  let summary = "brings a tensor from a layout into the caller's plain form";
  let arguments = (ins Cnn_TensorType:$input);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

//===-- Convolutions of @train by Winograd's minimal filtering --------------------------------------------------===//

def Cnn_WinogradWeightsOp : Cnn_Op<"winograd_weights", [Pure, KernelWith<["reducesBatch"]>]> {
  let summary = "G g G^T of a 3x3 convolution's weights: [O, I, 3, 3] -> [n, n, I, O], n = outputs + 2";
  let description = [{
    `transposed`: of the convolution that is the gradient by the input, [O, I, 3, 3] -> [n, n, O, I].
  }];
  let arguments = (ins Cnn_TensorType:$weight, I64Attr:$outputs, BoolAttr:$transposed);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Cnn_WinogradConvOp : Cnn_Op<"winograd_conv", [Pure, Kernel]> {
  let summary = "conv of 3x3, stride 1, on weights that winograd_weights has transformed";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$weights, Optional<Cnn_TensorType>:$bias,
                       DenseI64ArrayAttr:$padding, I64Attr:$outputs);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_GroupOp : Cnn_Op<"group", [IsolatedFromAbove, SingleBlock]> {
  let summary = "ops that one kernel computes: an anchor and what is pointwise around it";
  let description = [{
    `schedule` says with which template; it is chosen by the cost model and may be replaced. `phase` is the step of
    the driver in which the group runs: groups of one phase run block by block without waiting for each other.
  }];
  let arguments = (ins Variadic<Cnn_TensorType>:$operands, OptionalAttr<Cnn_ScheduleAttr>:$schedule, OptionalAttr<I64Attr>:$phase);
  let results = (outs Variadic<Cnn_TensorType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
}
def Cnn_YieldOp : Cnn_Op<"yield", [Pure, Terminator, HasParent<"GroupOp">]> {
  let summary = "ends a group with the values that are stored";
  let arguments = (ins Variadic<Cnn_TensorType>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}
