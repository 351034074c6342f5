//===- cnn_ops.td - Networks, parameters, layers and losses ----------------------------------------------===//
#ifndef CNN_OPS_TD
#define CNN_OPS_TD

include "cnn_dialect.td"
include "cnn_interfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/FunctionInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Cnn_Op<string mnemonic, list<Trait> traits = []> : Op<Cnn_Dialect, mnemonic, traits>;

def Differentiable : DeclareOpInterfaceMethods<DifferentiableOpInterface>;
def Reference : DeclareOpInterfaceMethods<ReferenceOpInterface>;
def Kernel : DeclareOpInterfaceMethods<KernelOpInterface>;
class KernelWith<list<string> methods> : DeclareOpInterfaceMethods<KernelOpInterface, methods>;
def NamesParameter : DeclareOpInterfaceMethods<SymbolUserOpInterface>;
def PointwiseKernel : KernelWith<["isPointwise"]>;

/// The methods of an op whose result, element by element, comes of its operands; $cppClass is the op's class.
class PointwiseMethods<string infer> {
  code definition = "bool $cppClass::isPointwise() { return true; }\n" #
      "bool $cppClass::isCompatibleReturnTypes(::mlir::TypeRange inferred, ::mlir::TypeRange actual) {\n" #
      "  return sameButLayout(inferred, actual);\n" #
      "}\n" #
      "::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext*, std::optional<::mlir::Location> where,\n" #
      "                                                  Adaptor op, ::llvm::SmallVectorImpl<::mlir::Type>& types) {\n" #
      "  return " # infer # "(where, op.getOperands(), types);\n" #
      "}\n";
}

//===-- Structure ------------------------------------------------------------------------------------------===//

def Cnn_NetworkOp : Cnn_Op<"network", [SymbolTable, Symbol, NoTerminator, SingleBlock, IsolatedFromAbove]> {
  let summary = "a network: its parameters, its functions and its training settings";
  let description = [{
    Functions: @predict maps the inputs to the outputs; @loss, where the file trains the network, maps inputs and
    targets to the mean loss and the metrics. Passes add @train, the loss with its gradients. `training` holds the
    settings of the train section that the runtime needs (optimizer, schedule, data, ...).
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<DictionaryAttr>:$training);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
}

def Cnn_ParameterOp : Cnn_Op<"parameter", [Symbol, HasParent<"NetworkOp">]> {
  let summary = "a parameter of the network, or one of its statistics";
  let description = [{
    Named as in PyTorch (conv1.weight). `statistic` marks batch norm's running mean and variance, which training
    updates without a gradient; `frozen` a parameter that training leaves as it is.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<Cnn_TensorType>:$type, Cnn_InitAttr:$init,
                       UnitAttr:$statistic, UnitAttr:$frozen);
  let assemblyFormat = "$sym_name `:` $type `=` $init attr-dict";
  let extraClassDeclaration = [{
    bool isTrainable() { return !getStatistic() && !getFrozen(); }
  }];
}

def Cnn_FunctionOp : Cnn_Op<"function", [Symbol, FunctionOpInterface, IsolatedFromAbove, HasParent<"NetworkOp">]> {
  let summary = "a function of a network, from tensors to named tensors";
  let description = [{
    Argument names are the argument attributes `cnn.name`, result names the result attributes of that name.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<FunctionType>:$function_type,
                       OptionalAttr<DictArrayAttr>:$arg_attrs, OptionalAttr<DictArrayAttr>:$res_attrs);
  let regions = (region AnyRegion:$body);
  let hasCustomAssemblyFormat = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::mlir::FunctionType":$type)>];
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<::mlir::Type> getArgumentTypes() { return getFunctionType().getInputs(); }
    ::llvm::ArrayRef<::mlir::Type> getResultTypes() { return getFunctionType().getResults(); }
    ::mlir::Region* getCallableRegion() { return &getBody(); }
    ::llvm::StringRef getArgName(unsigned i);
    ::llvm::StringRef getResultName(unsigned i);
  }];
}

def Cnn_ReturnOp : Cnn_Op<"return", [Pure, Terminator, HasParent<"FunctionOp">]> {
  let summary = "ends a function";
  let arguments = (ins Variadic<Cnn_TensorType>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
  let hasVerifier = 1;
}

def Cnn_GetOp : Cnn_Op<"get", [Pure, Reference, NamesParameter]> {
  let summary = "a parameter's value";
  let description = [{
    The type is the parameter's, or that with extents of 1 after its own: linear's weight [O, I] is a convolution's
    [O, I, 1, 1] where it is applied to each pixel.
  }];
  let arguments = (ins FlatSymbolRefAttr:$parameter);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "$parameter `:` type($result) attr-dict";
}

//===-- Convolution and linear layers -----------------------------------------------------------------------===//


def Cnn_ConvOp : Cnn_Op<"conv", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "cross-correlation, as PyTorch's Conv1d, Conv2d";
  let description = [{
    input [N, I, H, W], weight [O, I / groups, KH, KW], bias [O] -> [N, O, H', W'] with
    H' = floor((H + top + bottom - dilation (KH - 1) - 1) / stride) + 1. `padding` is [top, left, bottom, right]
    (1-D: [left, right]), zeros.
  }];
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$weight, Optional<Cnn_TensorType>:$bias,
                       DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation,
                       I64Attr:$groups);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_ConvTransposeOp : Cnn_Op<"conv_transpose", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "transposed convolution, as PyTorch's ConvTranspose1d, ConvTranspose2d";
  let description = [{
    input [N, I, H, W], weight [I, O / groups, KH, KW], bias [O] -> [N, O, H', W'] with
    H' = (H - 1) stride - top - bottom + dilation (KH - 1) + output_padding + 1: each pixel adds the window, scaled,
    to where conv of the same attributes would have read it. What output_padding (below the stride) adds at the end
    are rows and columns that the window may reach.
  }];
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$weight, Optional<Cnn_TensorType>:$bias,
                       DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$output_padding,
                       DenseI64ArrayAttr:$dilation, I64Attr:$groups);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_LinearOp : Cnn_Op<"linear", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "input [N, I], weight [O, I], bias [O] -> [N, O] = input weight^T + bias";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$weight, Optional<Cnn_TensorType>:$bias);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

//===-- Pooling ------------------------------------------------------------------------------------------------===//

def Cnn_MaxPoolOp : Cnn_Op<"max_pool", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "maximum over windows; pads count as -infinity";
  let arguments = (ins Cnn_TensorType:$input, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation, DefaultValuedAttr<BoolAttr, "false">:$ceil_mode);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_AvgPoolOp : Cnn_Op<"avg_pool", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "mean over windows; count_include_pad: pads count as zeros, else not at all";
  let arguments = (ins Cnn_TensorType:$input, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, DefaultValuedAttr<BoolAttr, "false">:$ceil_mode,
                       DefaultValuedAttr<BoolAttr, "true">:$count_include_pad);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_GlobalAvgPoolOp : Cnn_Op<"global_avg_pool", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "mean over all of a picture: [N, C, H, W] -> [N, C], or [N, C, 1, 1] with keep_dims";
  let arguments = (ins Cnn_TensorType:$input, DefaultValuedAttr<BoolAttr, "false">:$keep_dims);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

//===-- Normalisation ------------------------------------------------------------------------------------------===//

def Cnn_BatchNormOp : Cnn_Op<"batch_norm", [Pure, Differentiable, Reference, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "batch normalisation (Ioffe and Szegedy 2015) over channel 1";
  let description = [{
    In @predict: (x - running_mean) / sqrt(running_var + eps) * weight + bias. Training replaces it by
    batch_norm_train, which normalises by the batch's own statistics.
  }];
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$weight, Cnn_TensorType:$bias,
                       Cnn_TensorType:$running_mean, Cnn_TensorType:$running_var, F64Attr:$eps, F64Attr:$momentum);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_LayerNormOp : Cnn_Op<"layer_norm", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "layer normalisation (Ba et al. 2016) of each pixel, or of features, over channel 1";
  let description = [{
    (x - mean) / sqrt(variance + eps) * weight + bias, with the mean and the biased variance of the C values of a
    pixel of one image; weight [C], bias [C].
  }];
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$weight, Cnn_TensorType:$bias, F64Attr:$eps);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

//===-- Activations --------------------------------------------------------------------------------------------===//

class Cnn_Activation<string mnemonic, string text>
    : Cnn_Op<mnemonic, [Pure, Differentiable, Reference, PointwiseKernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = text;
  let arguments = (ins Cnn_TensorType:$input);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` type($input)";
  let extraClassDefinition = PointwiseMethods<"inferSame">.definition;
}
def Cnn_ReluOp : Cnn_Activation<"relu", "max(x, 0)">;
def Cnn_Relu6Op : Cnn_Activation<"relu6", "min(max(x, 0), 6)">;
def Cnn_LeakyReluOp : Cnn_Activation<"leaky_relu", "x where x > 0, else negative_slope x"> {
  let arguments = (ins Cnn_TensorType:$input, F64Attr:$negative_slope);
}
def Cnn_SigmoidOp : Cnn_Activation<"sigmoid", "1 / (1 + exp(-x))">;
def Cnn_TanhOp : Cnn_Activation<"tanh", "tanh(x)">;
def Cnn_SiluOp : Cnn_Activation<"silu", "x sigmoid(x), also known as swish">;
def Cnn_GeluOp : Cnn_Activation<"gelu", "x Phi(x) (Hendrycks and Gimpel 2016), by erf, or by tanh where asked for"> {
  let arguments = (ins Cnn_TensorType:$input, DefaultValuedAttr<BoolAttr, "false">:$tanh);
}

// Functions of one number, NaN and infinity as in PyTorch, results below f32's normal numbers as 0.
def Cnn_ExpOp : Cnn_Activation<"exp", "e^x">;
def Cnn_Expm1Op : Cnn_Activation<"expm1", "e^x - 1, exact to the last places near 0">;
def Cnn_LogOp : Cnn_Activation<"log", "the natural logarithm: -infinity of 0, NaN below">;
def Cnn_Log1pOp : Cnn_Activation<"log1p", "log(1 + x), exact to the last places near 0">;
def Cnn_SqrtOp : Cnn_Activation<"sqrt", "the square root: NaN below 0">;
def Cnn_AbsOp : Cnn_Activation<"abs", "|x|, with the gradient 0 at 0">;
def Cnn_PowOp : Cnn_Activation<"pow", "x to the power of a constant; NaN of negative x unless the exponent is whole"> {
  let arguments = (ins Cnn_TensorType:$input, F64Attr:$exponent);
}

//===-- Arithmetic and shape -----------------------------------------------------------------------------------===//

class Cnn_Binary<string mnemonic, string text>
    : Cnn_Op<mnemonic, [Pure, Differentiable, Reference, PointwiseKernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = text;
  let description = "Shapes broadcast as in NumPy.";
  let arguments = (ins Cnn_TensorType:$lhs, Cnn_TensorType:$rhs);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let extraClassDefinition = PointwiseMethods<"inferBroadcast">.definition;
}
def Cnn_AddOp : Cnn_Binary<"add", "lhs + rhs">;
def Cnn_SubOp : Cnn_Binary<"sub", "lhs - rhs">;
def Cnn_MulOp : Cnn_Binary<"mul", "lhs * rhs">;
def Cnn_DivOp : Cnn_Binary<"div", "lhs / rhs">;
def Cnn_MaxOp : Cnn_Binary<"max", "the larger one, NaN where either is; equal ones share the gradient">;
def Cnn_MinOp : Cnn_Binary<"min", "the smaller one, NaN where either is; equal ones share the gradient">;
def Cnn_LessOp : Cnn_Binary<"less", "1 where lhs < rhs, else 0; no gradient">;
def Cnn_EqualOp : Cnn_Binary<"equal", "1 where lhs == rhs, else 0; no gradient">;

def Cnn_SelectOp : Cnn_Op<"select", [Pure, Differentiable, Reference, PointwiseKernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "lhs where condition is not 0, else rhs";
  let description = "Shapes broadcast as in NumPy. A NaN is not 0. The condition has no gradient.";
  let arguments = (ins Cnn_TensorType:$condition, Cnn_TensorType:$lhs, Cnn_TensorType:$rhs);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let extraClassDefinition = PointwiseMethods<"inferBroadcast">.definition;
}

def Cnn_ScaleOp : Cnn_Op<"scale", [Pure, Differentiable, Reference, PointwiseKernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "factor * x + offset";
  let arguments = (ins Cnn_TensorType:$input, F64Attr:$factor, F64Attr:$offset);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` type($input)";
}

def Cnn_CastOp : Cnn_Op<"cast", [Pure, Differentiable, Reference, PointwiseKernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "the same whole numbers, u8 or i32, as f32";
  let arguments = (ins Cnn_TensorType:$input);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_NormalizeOp : Cnn_Op<"normalize", [Pure, Differentiable, Reference, PointwiseKernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "(x - mean) / deviation, with a mean and a deviation for each channel (dimension 1)";
  let arguments = (ins Cnn_TensorType:$input, DenseF64ArrayAttr:$mean, DenseF64ArrayAttr:$deviation);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_ConcatOp : Cnn_Op<"concat", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "the inputs' channels (dimension 1) one after the other";
  let arguments = (ins Variadic<Cnn_TensorType>:$inputs);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_SliceOp : Cnn_Op<"slice", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "channels [begin, end) of dimension 1";
  let arguments = (ins Cnn_TensorType:$input, I64Attr:$begin, I64Attr:$end);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_ReshapeOp : Cnn_Op<"reshape", [Pure, Differentiable, Reference, Kernel]> {
  let summary = "the same elements in another shape; dimension 0 stays";
  let arguments = (ins Cnn_TensorType:$input);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Cnn_DropoutOp : Cnn_Op<"dropout", [Pure, Differentiable, Reference, KernelWith<["isPointwise", "getScalars"]>, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "zeroes elements with probability p and scales the others by 1 / (1 - p), in training only";
  let description = [{
    Element i of the batch, i = image * C H W + offset in the image (row-major, as in NCHW), is dropped where word
    i mod 4 of Philox4x32-10 (Salmon et al. 2011) is below floor(p 2^32), with key = (seed_low, seed_high) and
    counter = (low32(i / 4), high32(i / 4), low32(step), stream). In @predict it is the identity.
  }];
  let arguments = (ins Cnn_TensorType:$input, F64Attr:$p, I64Attr:$stream);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` type($input)";
}

def Cnn_StochasticDepthOp : Cnn_Op<"stochastic_depth", [Pure, Differentiable, Reference, KernelWith<["isPointwise", "getScalars"]>, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "zeroes whole images with probability p and scales the others by 1 / (1 - p), in training only";
  let description = [{
    Huang et al. 2016. Drawn as dropout is, with one element an image: i is the image's place in the batch. In
    @predict it is the identity.
  }];
  let arguments = (ins Cnn_TensorType:$input, F64Attr:$p, I64Attr:$stream);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` type($input)";
}

def Cnn_SoftmaxOp : Cnn_Op<"softmax", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "exp(x) / sum exp(x) over dimension 1";
  let arguments = (ins Cnn_TensorType:$input);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` type($input)";
}
def Cnn_LogSoftmaxOp : Cnn_Op<"log_softmax", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "x - log sum exp(x) over dimension 1";
  let arguments = (ins Cnn_TensorType:$input);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` type($input)";
}

//===-- Losses and metrics: one value an image ----------------------------------------------------------------===//

def Cnn_CountedOp : Cnn_Op<"counted", [Pure, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "the share of an image's labels that are not ignore_index: [N, ...] -> [N]";
  let arguments = (ins Cnn_TensorType:$target, I64Attr:$ignore_index);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_CrossEntropyOp : Cnn_Op<"cross_entropy", [Pure, Differentiable, Reference, Kernel, MeasureOpInterface, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "logits f32 [N, C, ...], target i32 or u8 [N, ...] -> [N]: the mean over the pixels of -sum_c q_c log softmax(logits)_c";
  let description = [{
    q is one-hot at the target, mixed with label_smoothing / C of the uniform distribution (Szegedy et al. 2016).
    Where there is an ignore_index, pixels of that label add nothing, and the mean is divided by `counted` (0 where that
    is 0): [], the batch's mean of what `counted` gives, so that the mean over the batch is the one over all of its
    pixels that count; or [N], what it gives itself, so that each value is the mean over the sample's own pixels.
  }];
  let arguments = (ins Cnn_TensorType:$logits, Cnn_TensorType:$target, Optional<Cnn_TensorType>:$counted,
                       F64Attr:$label_smoothing, OptionalAttr<I64Attr>:$ignore_index);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_MseOp : Cnn_Op<"mse", [Pure, Differentiable, Reference, Kernel, MeasureOpInterface, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "mean squared difference over the elements of an image: [N, ...], [N, ...] -> [N]";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$target);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_BceWithLogitsOp : Cnn_Op<"bce_with_logits", [Pure, Differentiable, Reference, Kernel, MeasureOpInterface, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "[N, ...], [N, ...] -> [N]: the mean of -t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)) over an image";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$target);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_AccuracyOp : Cnn_Op<"accuracy", [Pure, Reference, Kernel, MeasureOpInterface, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "the share of pixels whose largest logit (the first of equals) is the target's, or one of the k largest: [N, C, ...], i32 or u8 [N, ...] -> [N]";
  let description = "ignore_index and `counted` as for cross_entropy.";
  let arguments = (ins Cnn_TensorType:$logits, Cnn_TensorType:$target, Optional<Cnn_TensorType>:$counted,
                       OptionalAttr<I64Attr>:$ignore_index, OptionalAttr<I64Attr>:$k);
  let results = (outs Cnn_TensorType:$result);
  let extraClassDeclaration = [{
    static bool isPercentage() { return true; }
    static bool isHigherBetter() { return true; }
  }];
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_SampleMeanOp : Cnn_Op<"sample_mean", [Pure, Differentiable, Reference, Kernel, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "the mean over the elements of each sample: [N, ...] -> [N]";
  let arguments = (ins Cnn_TensorType:$input);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

def Cnn_BatchMeanOp : Cnn_Op<"batch_mean", [Pure, Differentiable, Reference, InferTypeOpAdaptorWithIsCompatible]> {
  let summary = "the mean over the batch: [N] -> []";
  let arguments = (ins Cnn_TensorType:$input);
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

include "cnn_gradient_ops.td"
include "cnn_group_ops.td"

#endif
