//===- cnn_gradient_ops.td - What autodiff and the training passes build ---------------------------------===//
//
// `dy` is the gradient of the loss with respect to a layer's result, `dx` with respect to its input.
//
//===------------------------------------------------------------------------------------------------------===//

class Cnn_Gradient<string mnemonic, list<Trait> traits = []> : Cnn_Op<mnemonic, !listconcat([Pure, Reference], traits)> {
  let results = (outs Cnn_TensorType:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def BlockReduction : KernelWith<["reducesBatch", "getScalars"]>;

def Cnn_GradientOp : Cnn_Op<"gradient", [NamesParameter]> {
  let summary = "names a value as the gradient of the loss with respect to a parameter";
  let description = "The value's type is the parameter's, or that with extents of 1 after its own, as get's.";
  let arguments = (ins Cnn_TensorType:$value, FlatSymbolRefAttr:$parameter);
  let assemblyFormat = "$parameter `,` $value attr-dict `:` type($value)";
}

//===-- Convolution, linear -----------------------------------------------------------------------------------===//

def Cnn_ConvBackwardInputOp : Cnn_Gradient<"conv_backward_input", [Kernel]> {
  let summary = "dx of conv: dy spread through the kernel, cropped to the input";
  let arguments = (ins Cnn_TensorType:$dy, Cnn_TensorType:$weight, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation, I64Attr:$groups);
}
def Cnn_ConvBackwardWeightOp : Cnn_Gradient<"conv_backward_weight", [BlockReduction]> {
  let summary = "the weight's gradient: correlation of the input with dy, summed over the batch";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$dy, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation, I64Attr:$groups);
}
def Cnn_ChannelSumOp : Cnn_Gradient<"channel_sum", [BlockReduction]> {
  let summary = "sum over everything but channel 1: [N, C, H, W] -> [C], the gradient of a bias";
  let arguments = (ins Cnn_TensorType:$dy);
}
def Cnn_LinearBackwardInputOp : Cnn_Gradient<"linear_backward_input", [Kernel]> {
  let summary = "dx = dy weight";
  let arguments = (ins Cnn_TensorType:$dy, Cnn_TensorType:$weight);
}
def Cnn_LinearBackwardWeightOp : Cnn_Gradient<"linear_backward_weight", [BlockReduction]> {
  let summary = "dy^T input";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$dy);
}

//===-- Pooling -----------------------------------------------------------------------------------------------===//

def Cnn_MaxPoolIndexOp : Cnn_Gradient<"max_pool_index", [Kernel]> {
  let summary = "the place in its window (row-major) of each first maximum, as u8, or i32 for windows above 256";
  let arguments = (ins Cnn_TensorType:$input, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation);
}
def Cnn_MaxPoolBackwardOp : Cnn_Gradient<"max_pool_backward", [Kernel]> {
  let summary = "dx of max_pool: each dy goes to its window's first maximum";
  let arguments = (ins Cnn_TensorType:$dy, Cnn_TensorType:$index, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation);
}
def Cnn_AvgPoolBackwardOp : Cnn_Gradient<"avg_pool_backward", [Kernel]> {
  let summary = "dx of avg_pool";
  let arguments = (ins Cnn_TensorType:$dy, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride,
                       DenseI64ArrayAttr:$padding, BoolAttr:$count_include_pad);
}
def Cnn_GlobalAvgPoolBackwardOp : Cnn_Gradient<"global_avg_pool_backward", [Kernel]> {
  let summary = "dx of global_avg_pool: dy / (H W) everywhere";
  let arguments = (ins Cnn_TensorType:$dy);
}

//===-- Batch norm --------------------------------------------------------------------------------------------===//

def Cnn_BatchNormTrainOp : Cnn_Op<"batch_norm_train", [Differentiable, Reference]> {
  let summary = "batch norm by the batch's own statistics; moves the running ones";
  let description = [{
    stat [2, C] is the mean and 1 / sqrt(biased variance + eps). running = (1 - momentum) running + momentum batch,
    with the unbiased variance: the sum of squared differences over max(count - 1, 1). Without running_mean and
    running_var it moves nothing: an earlier step of the iteration has done so.
  }];
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$weight, Cnn_TensorType:$bias,
                       OptionalAttr<FlatSymbolRefAttr>:$running_mean, OptionalAttr<FlatSymbolRefAttr>:$running_var,
                       F64Attr:$eps, F64Attr:$momentum);
  let results = (outs Cnn_TensorType:$result, Cnn_TensorType:$stat);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Cnn_BatchNormBackwardOp : Cnn_Op<"batch_norm_backward", [Pure, Reference]> {
  let summary = "dx and the gradients of weight and bias of batch_norm_train";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$dy, Cnn_TensorType:$stat, Cnn_TensorType:$weight);
  let results = (outs Cnn_TensorType:$dx, Cnn_TensorType:$dweight, Cnn_TensorType:$dbias);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}

// The parts into which the two are taken apart, so that each can run block by block.
def Cnn_BatchNormStatisticsOp : Cnn_Gradient<"batch_norm_statistics", [KernelWith<["getScalars"]>]> {
  let summary = "mean and sum of squared differences of a block: [N, C, H, W] -> [N, 2, C], one value a block";
  let arguments = (ins Cnn_TensorType:$input);
}
def Cnn_BatchNormCombineOp : Cnn_Op<"batch_norm_combine", [Reference, BlockReduction]> {
  let summary = "all blocks' statistics to stat [2, C]; moves the running ones it names (Chan et al. 1979)";
  let arguments = (ins Cnn_TensorType:$partials, OptionalAttr<FlatSymbolRefAttr>:$running_mean,
                       OptionalAttr<FlatSymbolRefAttr>:$running_var, F64Attr:$eps, F64Attr:$momentum,
                       I64Attr:$count_per_image);
  let results = (outs Cnn_TensorType:$stat);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Cnn_BatchNormNormalizeOp : Cnn_Gradient<"batch_norm_normalize", [PointwiseKernel]> {
  let summary = "(x - mean) invstd weight + bias";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$stat, Cnn_TensorType:$weight, Cnn_TensorType:$bias);
}
def Cnn_BatchNormBackwardStatisticsOp : Cnn_Gradient<"batch_norm_backward_statistics", [Kernel]> {
  let summary = "sum of dy and of dy xhat of a block: -> [N, 2, C], one value a block";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$dy, Cnn_TensorType:$stat);
}
def Cnn_BatchNormBackwardCombineOp : Cnn_Op<"batch_norm_backward_combine", [Pure, Reference, BlockReduction]> {
  let summary = "all blocks' sums: the gradients of weight and bias";
  let arguments = (ins Cnn_TensorType:$partials);
  let results = (outs Cnn_TensorType:$dweight, Cnn_TensorType:$dbias);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
}
def Cnn_BatchNormBackwardInputOp : Cnn_Gradient<"batch_norm_backward_input", [KernelWith<["isPointwise", "getScalars"]>]> {
  let summary = "weight invstd (dy - (dbias + xhat dweight) / (N H W))";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$dy, Cnn_TensorType:$stat, Cnn_TensorType:$weight,
                       Cnn_TensorType:$dweight, Cnn_TensorType:$dbias);
}

//===-- Layer norm --------------------------------------------------------------------------------------------===//

def Cnn_LayerNormStatisticsOp : Cnn_Gradient<"layer_norm_statistics", [Kernel]> {
  let summary = "[N, C, H, W] -> [N, 2, H, W]: each pixel's mean and 1 / sqrt(biased variance + eps) over the channels";
  let arguments = (ins Cnn_TensorType:$input, F64Attr:$eps);
}
def Cnn_LayerNormBackwardInputOp : Cnn_Gradient<"layer_norm_backward_input", [Kernel]> {
  let summary = "invstd (g - mean_c g - xhat mean_c (g xhat)), g = dy weight";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$dy, Cnn_TensorType:$stat, Cnn_TensorType:$weight);
}
def Cnn_LayerNormBackwardWeightOp : Cnn_Gradient<"layer_norm_backward_weight", [BlockReduction]> {
  let summary = "sum of dy xhat over everything but channel 1: -> [C]";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$dy, Cnn_TensorType:$stat);
}

//===-- Activations: from dy and the layer's result, or its input where the result does not tell ---------------===//

class Cnn_FromResult<string mnemonic, string text> : Cnn_Gradient<mnemonic, [PointwiseKernel]> {
  let summary = text;
  let arguments = (ins Cnn_TensorType:$dy, Cnn_TensorType:$y);
  let extraClassDefinition = "bool $cppClass::isPointwise() { return true; }";
}
class Cnn_FromInput<string mnemonic, string text> : Cnn_Gradient<mnemonic, [PointwiseKernel]> {
  let summary = text;
  let arguments = (ins Cnn_TensorType:$dy, Cnn_TensorType:$x);
  let extraClassDefinition = "bool $cppClass::isPointwise() { return true; }";
}
def Cnn_ReluBackwardOp : Cnn_FromResult<"relu_backward", "dy where y > 0, else 0">;
def Cnn_Relu6BackwardOp : Cnn_FromResult<"relu6_backward", "dy where 0 < y < 6, else 0">;
def Cnn_SigmoidBackwardOp : Cnn_FromResult<"sigmoid_backward", "dy y (1 - y)">;
def Cnn_TanhBackwardOp : Cnn_FromResult<"tanh_backward", "dy (1 - y^2)">;
def Cnn_LeakyReluBackwardOp : Cnn_FromInput<"leaky_relu_backward", "dy where x > 0, else negative_slope dy"> {
  let arguments = (ins Cnn_TensorType:$dy, Cnn_TensorType:$x, F64Attr:$negative_slope);
}
def Cnn_SiluBackwardOp : Cnn_FromInput<"silu_backward", "dy s (1 + x (1 - s)), s = sigmoid(x)">;
def Cnn_GeluBackwardOp : Cnn_FromInput<"gelu_backward", "dy (Phi(x) + x phi(x))"> {
  let arguments = (ins Cnn_TensorType:$dy, Cnn_TensorType:$x, BoolAttr:$tanh);
}
def Cnn_DropoutBackwardOp : Cnn_Gradient<"dropout_backward", [KernelWith<["isPointwise", "getScalars"]>]> {
  let summary = "dy where dropout of the same stream kept, scaled alike";
  let arguments = (ins Cnn_TensorType:$dy, F64Attr:$p, I64Attr:$stream);
}
def Cnn_StochasticDepthBackwardOp : Cnn_Gradient<"stochastic_depth_backward", [KernelWith<["isPointwise", "getScalars"]>]> {
  let summary = "dy where stochastic_depth of the same stream kept the image, scaled alike";
  let arguments = (ins Cnn_TensorType:$dy, F64Attr:$p, I64Attr:$stream);
}
def Cnn_SoftmaxBackwardOp : Cnn_Gradient<"softmax_backward", [Kernel]> {
  let summary = "y (dy - sum_c dy y)";
  let arguments = (ins Cnn_TensorType:$dy, Cnn_TensorType:$y);
}
def Cnn_LogSoftmaxBackwardOp : Cnn_Gradient<"log_softmax_backward", [Kernel]> {
  let summary = "dy - exp(y) sum_c dy";
  let arguments = (ins Cnn_TensorType:$dy, Cnn_TensorType:$y);
}

//===-- Broadcasts, losses -------------------------------------------------------------------------------------===//

def Cnn_SpatialSumOp : Cnn_Gradient<"spatial_sum", [Kernel]> {
  let summary = "[N, C, H, W] -> [N, C, 1, 1], the gradient of a broadcast over the picture";
  let arguments = (ins Cnn_TensorType:$input);
}
def Cnn_CrossEntropyBackwardOp : Cnn_Gradient<"cross_entropy_backward", [Kernel]> {
  let summary = "dy (softmax(logits) - q) / pixels, dy [N]; with an ignore_index 0 at its pixels and over `counted` [], as in cross_entropy";
  let arguments = (ins Cnn_TensorType:$logits, Cnn_TensorType:$target, Cnn_TensorType:$dy, Optional<Cnn_TensorType>:$counted,
                       F64Attr:$label_smoothing, OptionalAttr<I64Attr>:$ignore_index);
}
def Cnn_MseBackwardOp : Cnn_Gradient<"mse_backward", [Kernel]> {
  let summary = "2 dy (input - target) / elements, dy [N]";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$target, Cnn_TensorType:$dy);
}
def Cnn_BceWithLogitsBackwardOp : Cnn_Gradient<"bce_with_logits_backward", [Kernel]> {
  let summary = "dy (sigmoid(input) - target) / elements, dy [N]";
  let arguments = (ins Cnn_TensorType:$input, Cnn_TensorType:$target, Cnn_TensorType:$dy);
}
def Cnn_SampleMeanBackwardOp : Cnn_Gradient<"sample_mean_backward", [Kernel]> {
  let summary = "[N] -> [N, ...]: dy / elements of a sample, for each of them";
  let arguments = (ins Cnn_TensorType:$dy);
}
def Cnn_BatchMeanBackwardOp : Cnn_Gradient<"batch_mean_backward", [KernelWith<["isPointwise", "getScalars"]>]> {
  let summary = "[] -> [N]: dy / N for each image; 0 in lanes past the last image";
  let arguments = (ins Cnn_TensorType:$dy);
}
def Cnn_SliceBackwardOp : Cnn_Gradient<"slice_backward", [Kernel]> {
  let summary = "dy in channels [begin, end), zeros in the others";
  let arguments = (ins Cnn_TensorType:$dy, I64Attr:$begin, I64Attr:$end);
}
def Cnn_SplatOp : Cnn_Gradient<"splat", [PointwiseKernel]> {
  let summary = "a tensor of one value: the gradient of the loss with respect to itself";
  let arguments = (ins F64Attr:$value);
}

// The parts of batch_mean.
def Cnn_LaneSumOp : Cnn_Gradient<"lane_sum", [KernelWith<["getScalars"]>]> {
  let summary = "the sum of a block: [N] -> [N, 1], one value a block";
  let arguments = (ins Cnn_TensorType:$input);
}
def Cnn_BlockMeanOp : Cnn_Gradient<"block_mean", [BlockReduction]> {
  let summary = "the blocks' sums over the number of images: [N, 1] -> []";
  let arguments = (ins Cnn_TensorType:$input);
}
