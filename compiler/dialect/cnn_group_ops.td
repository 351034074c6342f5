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
