/// Convolutions and linear layers.
#include "ast_to_dialect/operators/application.h"

namespace cnn {

static void checkGroups(Application& a, int64_t channels, int64_t out, int64_t groups) {
  if (channels % groups != 0)
    a.fail("groups", "expected a divisor of the input's " + std::to_string(channels) + " channels, found " +
                         std::to_string(groups));
  else if (out % groups != 0)
    a.fail("groups",
           "expected a divisor of 'out' " + std::to_string(out) + ", found " + std::to_string(groups));
}

/// conv(3, 16, 3) of a picture with 3 channels: the order of PyTorch, whose windows of 16 nobody has.
static void warnOfChannels(Application& a, int64_t channels, int64_t out, llvm::ArrayRef<int64_t> kernel,
                           llvm::ArrayRef<int64_t> stride) {
  bool three = a.byPlace("out") && a.byPlace("kernel") && a.byPlace("stride");
  if (!three || out != channels || kernel.empty()) return;
  bool strange = kernel[0] > 11 || (kernel[0] > 4 && kernel[0] % 2 == 0);
  if (!strange || !llvm::all_equal(kernel) || !llvm::all_equal(stride)) return;
  Span first = a.written("out"), second = a.written("kernel");
  Diagnostic& diagnostic = a.warn(Diag::InputChannelsGiven, out, kernel[0], stride[0]);
  diagnostic.note("the channels of what comes in are known: leave them out");
  if (first.file == second.file && first.end <= second.begin)
    diagnostic.suggest("leave the first number out", {{{first.file, first.begin, second.begin}, ""}});
}

static Value conv(Application& a) {
  auto channels = a.extent(1);
  int64_t out = a.integer("out"), groups = a.integer("groups");
  auto kernel = a.ints("kernel"), stride = a.ints("stride"), dilation = a.ints("dilation");
  auto padding = a.padding("padding", kernel, stride, dilation);
  if (a.spatial() < 1)
    a.fail("", "expected a picture [N, C, H, W] or a signal [N, C, L], found " + a.type().shapeText());
  if (a.failed()) return Value();
  warnOfChannels(a, *channels, out, kernel, stride);
  checkGroups(a, *channels, out, groups);
  if (a.failed()) return Value();
  llvm::SmallVector<int64_t> shape{out, *channels / groups};
  double fanIn = double(*channels / groups);
  for (int64_t extent : kernel) {
    shape.push_back(extent);
    fanIn *= double(extent);
  }
  llvm::SmallVector<mlir::Value> operands{a.input(), a.parameter("weight", shape, a.uniformByFan(fanIn))};
  if (a.flag("bias")) operands.push_back(a.parameter("bias", {out}, a.uniformByFan(fanIn)));
  return a.build<ConvOp>(operands, [&](ConvOp::Properties& p) {
    p.setStride(a.attributes().getDenseI64ArrayAttr(stride));
    p.setPadding(a.attributes().getDenseI64ArrayAttr(padding));
    p.setDilation(a.attributes().getDenseI64ArrayAttr(dilation));
    p.setGroups(a.attributes().getI64IntegerAttr(groups));
  });
}

/// Applied to each pixel: a convolution with a window of 1.
static Value linearOfPixels(Application& a, llvm::SmallVector<mlir::Value>& operands) {
  operands[1] = a.withOnes(operands[1], a.type().getRank());
  llvm::SmallVector<int64_t> ones(a.spatial(), 1), zeros(2 * a.spatial(), 0);
  return a.build<ConvOp>(operands, [&](ConvOp::Properties& p) {
    p.setStride(a.attributes().getDenseI64ArrayAttr(ones));
    p.setPadding(a.attributes().getDenseI64ArrayAttr(zeros));
    p.setDilation(a.attributes().getDenseI64ArrayAttr(ones));
    p.setGroups(a.attributes().getI64IntegerAttr(1));
  });
}

static Value convTranspose(Application& a) {
  auto channels = a.extent(1);
  int64_t out = a.integer("out"), groups = a.integer("groups");
  auto kernel = a.ints("kernel"), stride = a.ints("stride"), dilation = a.ints("dilation");
  auto padding = a.ints("padding", 0), outputPadding = a.ints("output_padding", 0);
  if (a.spatial() < 1)
    a.fail("", "expected a picture [N, C, H, W] or a signal [N, C, L], found " + a.type().shapeText());
  if (a.failed()) return Value();
  checkGroups(a, *channels, out, groups);
  for (auto [extra, step] : llvm::zip(outputPadding, stride)) {
    if (a.failed() || extra < step) continue;
    a.fail("output_padding",
           "expected less than the stride " + std::to_string(step) + ", found " + std::to_string(extra));
  }
  if (a.failed()) return Value();
  llvm::SmallVector<int64_t> shape{*channels, out / groups};
  double fanIn = double(out / groups); // as PyTorch counts it, by dimension 1 of the weight
  for (int64_t extent : kernel) {
    shape.push_back(extent);
    fanIn *= double(extent);
  }
  llvm::SmallVector<mlir::Value> operands{a.input(), a.parameter("weight", shape, a.uniformByFan(fanIn))};
  if (a.flag("bias")) operands.push_back(a.parameter("bias", {out}, a.uniformByFan(fanIn)));
  padding.append(padding.begin(), padding.end()); // the same at both ends
  return a.build<ConvTransposeOp>(operands, [&](ConvTransposeOp::Properties& p) {
    p.setStride(a.attributes().getDenseI64ArrayAttr(stride));
    p.setPadding(a.attributes().getDenseI64ArrayAttr(padding));
    p.setOutputPadding(a.attributes().getDenseI64ArrayAttr(outputPadding));
    p.setDilation(a.attributes().getDenseI64ArrayAttr(dilation));
    p.setGroups(a.attributes().getI64IntegerAttr(groups));
  });
}

static Value linear(Application& a) {
  int64_t out = a.integer("out");
  int64_t axis = a.has("axis") ? a.integer("axis", INT32_MIN) : 1;
  if (axis != 1) a.fail("axis", "expected 1, the channels, found " + std::to_string(axis));
  if (a.type().getRank() != 2 && !a.has("axis")) {
    bool picture = a.type().getRank() > 2;
    Diagnostic& diagnostic =
        a.fail("", "expected features [N, F], found " + a.type().shapeText() + "; flatten gives them" +
                       (picture ? ", and axis = 1 takes the channels of each pixel" : ""));
    if (picture && a.isPiped()) diagnostic.suggest("flatten before", {{a.before(), "flatten |> "}});
  }
  auto features = a.failed() ? std::nullopt : a.extent(1);
  if (!features) return Value();
  llvm::SmallVector<mlir::Value> operands{a.input(),
                                          a.parameter("weight", {out, *features}, a.uniformByFan(*features))};
  if (a.flag("bias")) operands.push_back(a.parameter("bias", {out}, a.uniformByFan(*features)));
  return a.spatial() > 0 ? linearOfPixels(a, operands) : a.build<LinearOp>(operands);
}

std::vector<Operator> convolutionOperators() {
  return {
      {"conv",
       Family::Layer,
       1,
       {{"out", Takes::Int, "", "output channels"},
        {"kernel", Takes::Ints, "", "size of the window"},
        {"stride", Takes::Ints, "1", "step of the window"},
        {"padding", Takes::Padding, "0", "zeros at each side"},
        {"dilation", Takes::Ints, "1", "distance between the window's taps"},
        {"groups", Takes::Int, "1", "independent groups of channels"},
        {"bias", Takes::Bool, "true", "adds a learned number a channel"}},
       "Cross-correlation. [N, C, H, W] -> [N, out, H', W'], H' = floor((H + 2 padding - dilation (kernel - "
       "1) - 1) / "
       "stride) + 1; a signal [N, C, L] likewise. Parameters weight [out, C / groups, kernel, kernel] and "
       "bias [out].",
       "torch.nn.Conv1d, Conv2d",
       conv},
      {"conv_transpose",
       Family::Layer,
       1,
       {{"out", Takes::Int, "", "output channels"},
        {"kernel", Takes::Ints, "", "size of the window"},
        {"stride", Takes::Ints, "1", "step of the window"},
        {"padding", Takes::Ints, "0", "rows and columns that are cut off at each side"},
        {"output_padding", Takes::Ints, "0", "how many more there are at the end; less than the stride"},
        {"groups", Takes::Int, "1", "independent groups of channels"},
        {"bias", Takes::Bool, "true", "adds a learned number a channel"},
        {"dilation", Takes::Ints, "1", "distance between the window's taps"}},
       "Transposed convolution: each pixel adds the window, scaled, to the result. [N, C, H, W] -> [N, out, "
       "H', W'], H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1; a signal [N, "
       "C, L] likewise. Parameters weight [C, out / groups, kernel, kernel] and bias [out].",
       "torch.nn.ConvTranspose1d, ConvTranspose2d; Dumoulin and Visin 2016",
       convTranspose},
      {"linear",
       Family::Layer,
       1,
       {{"out", Takes::Int, "", "output features"},
        {"bias", Takes::Bool, "true", "adds a learned number a feature"},
        {"axis", Takes::Int, "-", "1: of a picture, takes the channels of each pixel as its features"}},
       "[N, F] -> [N, out]: x weight^T + bias. With axis = 1 also [N, C, H, W] -> [N, out, H, W], each pixel "
       "by itself: a 1x1 convolution with linear's parameters. Parameters weight [out, F] and bias [out].",
       "torch.nn.Linear",
       linear},
  };
}

} // namespace cnn
