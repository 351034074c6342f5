//===- window_families.cpp - Convolutions and pooling --------------------------------------------------===//
#include "network.h"

#include <algorithm>

namespace cnn::test {
namespace {

/// One side of a window: kernel, stride, padding, dilation.
struct Window {
  int64_t kernel, stride, padding, dilation;
};

/// One that fits into an extent.
Window someWindow(int64_t extent, bool halfPadding) {
  for (;;) {
    Window w{pick(1, 5), pick(1, 3), pick(0, 3), pick(1, 2)};
    if (halfPadding) w.padding = std::min(w.padding, w.kernel / 2);
    if (extent + 2 * w.padding >= w.dilation * (w.kernel - 1) + 1) return w;
  }
}

/// `name(out, kernel, …)` of a picture, or of a signal, which has a width only.
std::string windowText(const std::string& name, const Window& y, const Window& x, bool signal, bool dilates,
                       const std::string& padding, const std::string& rest) {
  auto both = [&](int64_t Window::* side) { return signal ? text(x.*side) : pair(y.*side, x.*side); };
  std::string result = name + both(&Window::kernel) + ", stride = " + both(&Window::stride) + ", padding = ";
  result += padding.empty() ? both(&Window::padding) : padding;
  if (dilates) result += ", dilation = " + both(&Window::dilation);
  return result + rest + ")";
}

Network convolution(bool depthwise) {
  Network net;
  net.input = somePicture();
  net.signal = pick(0, 5) == 0;
  Window y = someWindow(net.input.height, false), x = someWindow(net.input.width, false);
  // Pads of an even window are one more at the end; "same" fits any window.
  bool same = pick(0, 3) == 0;
  if (same) y.kernel = pick(1, 6), x.kernel = pick(1, 6);
  int64_t groups = depthwise ? net.input.channels : 1;
  if (!depthwise && net.input.channels % 2 == 0 && coin()) groups = coin() ? 2 : net.input.channels / 2;
  int64_t out = groups * pick(1, depthwise ? 2 : 19);
  net.first = coin();
  std::string rest = ", groups = " + text(groups) + (coin() ? ", bias = false" : "");
  net.body =
      "x |> " + windowText("conv(" + text(out) + ", ", y, x, net.signal, true, same ? "\"same\"" : "", rest);
  if (coin()) net.body += " |> batch_norm";
  if (coin()) net.body += " |> relu";
  if (!net.signal && pick(0, 3) == 0) net.body += " |> max_pool([1, 1])";
  return net;
}

/// A side of a transposed window of which something is left behind its padding, and what is added at the end.
Window someTransposed(int64_t extent, int64_t& extra) {
  for (;;) {
    Window w{pick(1, 5), pick(1, 3), pick(0, 3), pick(1, 2)};
    extra = pick(0, w.stride - 1);
    if ((extent - 1) * w.stride - 2 * w.padding + w.dilation * (w.kernel - 1) + extra >= 0) return w;
  }
}

Network transposed() {
  Network net;
  net.input = somePicture();
  net.input.height = std::min<int64_t>(net.input.height, 7),
  net.input.width = std::min<int64_t>(net.input.width, 7);
  net.signal = pick(0, 5) == 0;
  int64_t extraY = 0, extraX = 0;
  Window y = someTransposed(net.input.height, extraY), x = someTransposed(net.input.width, extraX);
  if (pick(0, 3) == 0) y = x = {2, 2, 0, 1}, extraY = extraX = 0; // as in U-Net
  if (pick(0, 3) == 0) y = x = {4, 2, 1, 1}, extraY = extraX = 0; // as in DCGAN
  int64_t groups = net.input.channels % 2 == 0 && coin() ? 2 : pick(0, 3) == 0 ? net.input.channels : 1;
  net.first = coin();
  std::string rest = ", output_padding = " + (net.signal ? text(extraX) : pair(extraY, extraX)) +
                     ", groups = " + text(groups) + (coin() ? ", bias = false" : "");
  net.body = "x |> " + windowText("conv_transpose(" + text(groups * pick(1, 19)) + ", ", y, x, net.signal,
                                  true, "", rest);
  if (coin()) net.body += " |> batch_norm";
  if (coin()) net.body += " |> relu";
  return net;
}

std::vector<Network> nastyTransposed() {
  return {chain({1, 1, 1}, "conv_transpose(1, 1)"),
          chain({3, 1, 1}, "conv_transpose(5, 4)", false),
          chain({3, 2, 2}, "conv_transpose(5, 2, stride = 5)"),
          chain({17, 5, 3}, "conv_transpose(33, 3, padding = 1)"),
          chain({32, 14, 14}, "conv_transpose(32, 3, padding = 1)"),
          chain({16, 7, 7}, "conv_transpose(16, 2, stride = 2) |> batch_norm |> relu"),
          chain({33, 4, 4}, "conv_transpose(65, 2, stride = 2)"),
          chain({2, 4, 4}, "conv_transpose(3, 4, stride = 2, padding = 1) |> tanh", false),
          chain({5, 3, 4}, "conv_transpose(4, 3, stride = 2, padding = 1, output_padding = 1)"),
          chain({32, 3, 3}, "conv_transpose(64, 3, stride = 2, groups = 2)"),
          chain({6, 4, 4}, "conv_transpose(6, 4, stride = 2, padding = 1, groups = 6)"),
          chain({2, 5, 5}, "conv_transpose(3, 2, padding = 2)"),
          chain({2, 3, 3}, "conv_transpose(3, 3, stride = 2, dilation = 2)"),
          chain({2, 3, 3}, "conv_transpose(3, 2, stride = [3, 1], dilation = [3, 2])"),
          chain({128, 3, 3}, "conv_transpose(96, 2, stride = 2)", false),
          chain({40, 20, 9}, "conv_transpose(16, 2, stride = 2)", false),
          chain({40, 17, 9}, "conv_transpose(48, 3, stride = 2, padding = 1)", false)};
}

Network pooling(const std::string& name) {
  Network net;
  net.input = somePicture();
  net.signal = pick(0, 5) == 0;
  Window y = someWindow(net.input.height, true), x = someWindow(net.input.width, true);
  if (pick(0, 2) == 0) y = x = {2, 2, 0, 1}, net.input.height += 2, net.input.width += 2;
  bool dilates = name == "max_pool";
  // A window that lies in the pad alone has the maximum minus infinity.
  if (!dilates || y.dilation > net.input.height) y.dilation = 1;
  if (!dilates || x.dilation > net.input.width) x.dilation = 1;
  std::string rest = coin() ? ", ceil_mode = true" : "";
  if (!dilates && coin()) rest += ", count_include_pad = false";
  net.body = "x |> " + windowText(name + "(", y, x, net.signal, dilates, "", rest);
  return net;
}

/// A convolution with a pooling behind it that does not overlap, which may run in its store: windows of all
/// sizes, few and many channels.
Network pooledConvolution() {
  Network net;
  int64_t size = pick(2, 9), kernel = pick(1, 3) * 2 - 1;
  net.input = {pick(1, 9), size * pick(1, 4) + pick(0, 1), size * pick(1, 4) + pick(0, 1)};
  net.body = "x |> conv(" + text(coin() ? pick(1, 9) : pick(10, 40)) + ", " + text(kernel) +
             ", padding = " + text(kernel / 2) + ")";
  if (coin()) net.body += " |> batch_norm";
  if (coin()) net.body += coin() ? " |> relu" : " |> tanh";
  net.body += std::string(" |> ") + (coin() ? "max_pool(" : "avg_pool(") + text(size) + ")";
  return net;
}

Network same(Picture input, const std::string& operators) {
  return chain(input, operators, false);
}

std::vector<Network> nastyConvolutions() {
  return {chain({1, 1, 1}, "conv(1, 1)"),
          same({1, 1, 1}, "conv(1, 3, padding = 1)"),
          chain({3, 2, 2}, "conv(5, 2, stride = 5)"),
          chain({17, 5, 7}, "conv(33, 3, padding = 1)"),
          chain({32, 14, 14}, "conv(32, 3, padding = 1)"),
          chain({33, 9, 9}, "conv(65, 3, padding = 1)"),
          chain({17, 7, 13}, "conv(16, 5, padding = 2)"),
          same({32, 5, 5}, "conv(64, 3, padding = 1, groups = 2)"),
          chain({2, 3, 40}, "conv(7, [1, 19], padding = [0, 9])"),
          chain({2, 40, 3}, "conv(5, [33, 1])"),
          chain({6, 9, 9}, "conv(4, 3, dilation = 4)"),
          chain({16, 6, 6}, "conv(16, 3, padding = 1) |> relu |> conv(16, 3, padding = 1)"),
          same({1, 12, 12}, "conv(6, 5, padding = 2) |> relu |> max_pool(2)"),
          chain({3, 5, 8}, "conv(4, [2, 4], padding = \"same\")"),
          chain({5, 7, 6}, "conv(4, [4, 5], stride = [3, 2], padding = \"same\")"),
          chain({12, 4, 4}, "conv(6, 3, padding = 1, groups = 3)"),
          chain({34, 3, 3}, "conv(34, 3, padding = 2, groups = 2)"),
          chain({3, 1, 9}, "conv(2, 1, stride = 4)")};
}

} // namespace

std::vector<Family> windowFamilies() {
  return {{"conv", [] { return convolution(false); }, nastyConvolutions()},
          {"depthwise",
           [] { return convolution(true); },
           {chain({1, 4, 4}, "conv(1, 3, padding = 1, groups = 1)"),
            chain({24, 7, 7}, "conv(24, 3, padding = 1, groups = 24) |> relu6"),
            chain({18, 5, 5}, "conv(18, 5, stride = 2, padding = 2, groups = 18)"),
            chain({5, 6, 6}, "conv(15, 4, padding = \"same\", groups = 5)"),
            chain({17, 1, 1}, "conv(17, 3, padding = 1, groups = 17)")}},
          {"conv_transpose", transposed, nastyTransposed()},
          {"conv_pool",
           pooledConvolution,
           {same({3, 34, 34}, "conv(8, 3) |> max_pool(6)"), same({3, 34, 34}, "conv(8, 3) |> avg_pool(8)"),
            same({3, 30, 30}, "conv(16, 3, padding = 1) |> relu |> max_pool(5)"),
            same({3, 12, 36}, "conv(4, 3, padding = 1) |> relu |> max_pool(4)"),
            same({3, 14, 7}, "conv(20, 1) |> max_pool(7)")}},
          {"max_pool",
           [] { return pooling("max_pool"); },
           {chain({3, 2, 2}, "max_pool(2)"), chain({5, 7, 7}, "max_pool(3, stride = 2, padding = 1)"),
            chain({2, 9, 9}, "max_pool(2, stride = 4)"), chain({17, 5, 5}, "max_pool(2, ceil_mode = true)"),
            chain({3, 6, 9}, "max_pool(3, stride = 1, padding = \"same\")"),
            chain({2, 20, 20}, "max_pool(17, stride = 3)"),
            chain({1, 6, 5}, "max_pool(2, stride = 3, dilation = 3, ceil_mode = true)")}},
          {"avg_pool",
           [] { return pooling("avg_pool"); },
           {chain({3, 2, 2}, "avg_pool(2)"), chain({5, 7, 7}, "avg_pool(3, stride = 2, padding = 1)"),
            chain({5, 7, 7}, "avg_pool(3, stride = 2, padding = 1, count_include_pad = false)"),
            chain({17, 5, 6}, "avg_pool(2, ceil_mode = true, count_include_pad = false)"),
            chain({4, 6, 6}, "avg_pool(4, stride = 3, padding = 2, ceil_mode = true)"),
            chain({2, 18, 18}, "avg_pool(17)")}},
          {"global_avg_pool",
           [] {
             Network net =
                 chain(somePicture(), coin() ? "global_avg_pool" : "global_avg_pool(keep_dims = true)");
             net.features = net.body.find("keep_dims") == std::string::npos;
             net.signal = pick(0, 5) == 0;
             return net;
           },
           {chain({1, 1, 1}, "global_avg_pool(keep_dims = true)"),
            chain({33, 13, 17}, "global_avg_pool(keep_dims = true)")}}};
}

} // namespace cnn::test
