/// Pooling.
#include "ast_to_dialect/operators/application.h"

namespace cnn {

template <typename Op>
static void window(Application& a, typename Op::Properties& p, llvm::ArrayRef<int64_t> kernel,
                   llvm::ArrayRef<int64_t> stride, llvm::ArrayRef<int64_t> padding) {
  p.setKernel(a.attributes().getDenseI64ArrayAttr(kernel));
  p.setStride(a.attributes().getDenseI64ArrayAttr(stride));
  p.setPadding(a.attributes().getDenseI64ArrayAttr(padding));
  p.setCeilMode(a.attributes().getBoolAttr(a.flag("ceil_mode")));
}

static bool fixedForCeil(Application& a) {
  if (!a.flag("ceil_mode")) return true;
  for (unsigned i = 0; i < a.spatial(); ++i)
    if (!a.extent(2 + i)) return false;
  return true;
}

/// PyTorch refuses pads of more than half a window: a window must see the picture.
static void checkPadding(Application& a, llvm::ArrayRef<int64_t> padding, llvm::ArrayRef<int64_t> kernel) {
  for (unsigned i = 0; i < padding.size(); ++i)
    if (2 * padding[i] > kernel[i % kernel.size()]) {
      a.fail("padding", "expected at most half of the window " + std::to_string(kernel[i % kernel.size()]) +
                            ", found " + std::to_string(padding[i]));
      return;
    }
}

static bool isPicture(Application& a) {
  if (a.spatial() < 1)
    a.fail("", "expected a picture [N, C, H, W] or a signal [N, C, L], found " + a.type().shapeText());
  return !a.failed();
}

static Value maxPool(Application& a) {
  if (!isPicture(a)) return Value();
  auto kernel = a.ints("kernel"), stride = a.has("stride") ? a.ints("stride") : kernel,
       dilation = a.ints("dilation");
  auto padding = a.padding("padding", kernel, stride, dilation);
  checkPadding(a, padding, kernel);
  if (!fixedForCeil(a)) return Value();
  return a.build<MaxPoolOp>(a.inputs(), [&](MaxPoolOp::Properties& p) {
    window<MaxPoolOp>(a, p, kernel, stride, padding);
    p.setDilation(a.attributes().getDenseI64ArrayAttr(dilation));
  });
}

static Value avgPool(Application& a) {
  if (!isPicture(a)) return Value();
  auto kernel = a.ints("kernel"), stride = a.has("stride") ? a.ints("stride") : kernel;
  auto padding = a.padding("padding", kernel, stride, llvm::SmallVector<int64_t>(a.spatial(), 1));
  checkPadding(a, padding, kernel);
  if (!fixedForCeil(a)) return Value();
  return a.build<AvgPoolOp>(a.inputs(), [&](AvgPoolOp::Properties& p) {
    window<AvgPoolOp>(a, p, kernel, stride, padding);
    p.setCountIncludePad(a.attributes().getBoolAttr(a.flag("count_include_pad")));
  });
}

static Value globalAvgPool(Application& a) {
  if (!isPicture(a)) return Value();
  return a.build<GlobalAvgPoolOp>(a.inputs(), [&](GlobalAvgPoolOp::Properties& p) {
    p.setKeepDims(a.attributes().getBoolAttr(a.flag("keep_dims")));
  });
}

std::vector<Operator> poolingOperators() {
  return {
      {"max_pool",
       Family::Layer,
       1,
       {{"kernel", Takes::Ints, "", "size of the window"},
        {"stride", Takes::Ints, "-", "step of the window; the window's size when left out"},
        {"padding", Takes::Padding, "0", "pads at each side, which never win"},
        {"dilation", Takes::Ints, "1", "distance between the window's taps"},
        {"ceil_mode", Takes::Bool, "false", "the last window may hang over the end"}},
       "Maximum over windows. [N, C, H, W] -> [N, C, H', W'].",
       "torch.nn.MaxPool2d",
       maxPool},
      {"avg_pool",
       Family::Layer,
       1,
       {{"kernel", Takes::Ints, "", "size of the window"},
        {"stride", Takes::Ints, "-", "step of the window; the window's size when left out"},
        {"padding", Takes::Padding, "0", "zeros at each side"},
        {"ceil_mode", Takes::Bool, "false", "the last window may hang over the end"},
        {"count_include_pad", Takes::Bool, "true", "pads count as zeros; else they do not count"}},
       "Mean over windows. [N, C, H, W] -> [N, C, H', W'].",
       "torch.nn.AvgPool2d",
       avgPool},
      {"global_avg_pool",
       Family::Layer,
       1,
       {{"keep_dims", Takes::Bool, "false", "gives [N, C, 1, 1]"}},
       "Mean over the whole picture. [N, C, H, W] -> [N, C].",
       "Lin et al. 2014, Network In Network",
       globalAvgPool},
  };
}

} // namespace cnn
