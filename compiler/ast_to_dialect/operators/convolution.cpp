/// Convolutions and linear layers.
#include "ast_to_dialect/elaborator.h"

namespace cnn {

static Value conv(Application& a) {
  auto channels = a.extent(1);
  int64_t out = a.integer("out"), groups = a.integer("groups");
  auto kernel = a.ints("kernel"), stride = a.ints("stride"), dilation = a.ints("dilation");
  auto padding = a.padding("padding", kernel, stride, dilation);
  if (a.spatial() < 1)
    a.fail("", "expected a picture [N, C, H, W] or a signal [N, C, L], found " + a.type().shapeText());
  if (a.failed()) return Value();
  if (*channels % groups != 0)
    a.fail("groups", "expected a divisor of the input's " + std::to_string(*channels) + " channels, found " +
                         std::to_string(groups));
  else if (out % groups != 0)
    a.fail("groups",
           "expected a divisor of 'out' " + std::to_string(out) + ", found " + std::to_string(groups));
  if (a.failed()) return Value();
  llvm::SmallVector<int64_t> shape{out, *channels / groups};
  int64_t fanIn = *channels / groups;
  for (int64_t extent : kernel) {
    shape.push_back(extent);
    fanIn *= extent;
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

static Value linear(Application& a) {
  int64_t out = a.integer("out");
  if (a.type().getRank() != 2) {
    Diagnostic& diagnostic =
        a.fail("", "expected features [N, F], found " + a.type().shapeText() + "; flatten gives them");
    if (a.type().getRank() > 2 && a.isPiped())
      diagnostic.fix("flatten before", {{a.before(), "flatten |> "}});
  }
  auto features = a.failed() ? std::nullopt : a.extent(1);
  if (!features) return Value();
  llvm::SmallVector<mlir::Value> operands{a.input(),
                                          a.parameter("weight", {out, *features}, a.uniformByFan(*features))};
  if (a.flag("bias")) operands.push_back(a.parameter("bias", {out}, a.uniformByFan(*features)));
  return a.build<LinearOp>(operands);
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
      {"linear",
       Family::Layer,
       1,
       {{"out", Takes::Int, "", "output features"},
        {"bias", Takes::Bool, "true", "adds a learned number a feature"}},
       "[N, F] -> [N, out]: x weight^T + bias. Parameters weight [out, F] and bias [out].",
       "torch.nn.Linear",
       linear},
  };
}

} // namespace cnn
