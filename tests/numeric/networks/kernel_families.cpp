//===- kernel_families.cpp - Convolutions by the algorithms that kernels sections choose ---------===//
#include "network.h"

#include <algorithm>

namespace cnn::test {
namespace {

/// `conv(…)` under the path `chosen`, and the picture that it makes.
struct Convolution {
  std::string text;
  Picture result;
};

Convolution convolution(Picture in, int64_t out, int64_t kernelY, int64_t kernelX, int64_t stride,
                        int64_t padding, const std::string& rest = "") {
  auto extent = [&](int64_t size, int64_t kernel) { return (size + 2 * padding - kernel) / stride + 1; };
  return {"conv(" + text(out) + ", " + pair(kernelY, kernelX) + ", stride = " + text(stride) +
              ", padding = " + text(padding) + rest + ") @chosen",
          {out, extent(in.height, kernelY), extent(in.width, kernelX)}};
}

/// What may run in the convolution's store.
std::string after(Picture picture) {
  std::string text;
  if (coin()) text += " |> batch_norm";
  if (coin()) text += " |> relu";
  int64_t pool = pick(1, 4);
  if (pool > 1 && picture.height >= pool && picture.width >= pool)
    text += " |> max_pool(" + test::text(pool) + ")";
  return text;
}

Network byWinograd() {
  Network net;
  bool five = pick(0, 2) == 0;
  net.input = {pick(five ? 2 : 1, 40), pick(5, 14), pick(7, 14)};
  net.first = coin();
  Convolution conv = convolution(net.input, pick(1, 40), five ? 5 : 3, five ? pick(1, 7) : 3, 1, pick(0, 3));
  net.body = "x |> " + conv.text + after(conv.result);
  net.kernels = "\"chosen\" = winograd(" + text(!five && coin() ? 4 : 2) + ")";
  return net;
}

Network byTile() {
  Network net;
  net.input = {pick(1, 20), pick(5, 14), pick(5, 14)};
  net.first = coin();
  bool depthwise = pick(0, 3) == 0;
  int64_t vectors = depthwise ? 1 : pick(1, 2), kernel = pick(1, 5);
  // Whole vectors, and an even number of them, for vectors of 16 and fewer.
  int64_t out = depthwise ? net.input.channels : vectors == 2 ? 32 * pick(1, 2) : pick(1, 50);
  Convolution conv = convolution(net.input, out, kernel, kernel, pick(1, 2), pick(0, kernel / 2),
                                 depthwise ? ", groups = " + text(out) : "");
  // 12 sums and their operands fit in 16 registers.
  int64_t columns = pick(1, std::min<int64_t>(conv.result.width, 6));
  int64_t rows = pick(1, std::min<int64_t>(conv.result.height, 12 / vectors / columns));
  net.body = "x |> " + conv.text + after(conv.result);
  net.kernels =
      "\"chosen\" = direct(tile = [" + text(vectors) + ", " + text(columns) + ", " + text(rows) + "])";
  return net;
}

Network byKernels(Picture input, const std::string& operators, const std::string& kernels) {
  Network net = chain(input, operators, false);
  net.kernels = kernels;
  return net;
}

} // namespace

std::vector<Family> kernelFamilies() {
  return {
      {"kernels",
       [] { return coin() ? byWinograd() : byTile(); },
       {byKernels({1, 1, 1}, "conv(1, 3, padding = 1)", "conv = winograd(4)"),
        byKernels({1, 3, 3}, "conv(17, 3)", "conv = winograd(2)"),
        byKernels({33, 6, 7}, "conv(33, 3, padding = 2)", "conv = winograd(4)"),
        byKernels({3, 8, 8}, "conv(16, 3, padding = 1) |> relu |> max_pool(4)", "conv = winograd(4)"),
        byKernels({3, 9, 9}, "conv(16, 3, padding = 1) |> relu |> max_pool(3)", "conv = winograd(4)"),
        byKernels({2, 2, 9}, "conv(5, [5, 7], padding = [2, 3])", "conv = winograd(2)"),
        byKernels({20, 12, 12}, "conv(20, 5, padding = 2) |> relu |> max_pool(2)", "conv = direct"),
        byKernels({2, 6, 30}, "conv(3, 3, padding = 1)", "conv = direct(tile = [1, 12])"),
        byKernels({24, 7, 7}, "conv(24, 3, padding = 1, groups = 24)", "conv = direct(tile = [1, 7, 2])"),
        byKernels({32, 5, 5}, "conv(64, 3, padding = 1, groups = 2)", "conv = direct(tile = [2, 5])"),
        byKernels({16, 6, 6}, "conv(32, 3, padding = 1) |> max_pool(2)", "conv = direct(tile = [1, 1, 1])"),
        byKernels({16, 9, 9}, "conv(16, 3, padding = 1) |> relu |> conv(16, 3, padding = 1)",
                  "conv = winograd(2); \"conv2\" = direct; \"conv1\" = auto")}}};
}

} // namespace cnn::test
