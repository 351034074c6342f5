//===- random_networks.cpp - Prints small networks of random shape around one operator -------------------------===//
//
// random_networks FAMILY COUNT SEED prints a .cnn file with the family's nasty shapes and COUNT random ones; without
// arguments it prints the families' names. `cnnc verify` then compares the compiled code with the reference
// interpreter: outputs, loss, every gradient, every statistic.
//
//===------------------------------------------------------------------------------------------------------===//
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace {

std::mt19937_64 engine;

/// A whole number in [low, high]; not std::uniform_int_distribution, whose results differ between libraries.
int64_t pick(int64_t low, int64_t high) { return low + int64_t(engine() % uint64_t(high - low + 1)); }
bool coin() { return pick(0, 1) == 1; }
std::string text(int64_t value) { return std::to_string(value); }

struct Picture {
  int64_t channels, height, width;
};

Picture somePicture(int64_t most = 20) { return {pick(1, most), pick(1, 11), pick(1, 11)}; }

/// A network whose body is `|> op |> ...` behind a 1x1 convolution, so that the op's input has a gradient.
struct Network {
  Picture input{3, 8, 8};
  std::string body;   ///< applied to `x`, the result of the first convolution; ends in [N, F] or a picture
  bool picture = true; ///< flatten before the classifier
  bool first = true;  ///< put the 1x1 convolution in front
  std::string loss = "cross_entropy(y, label)";
};

std::string shape(const Picture& p) {
  return "f32[N, " + text(p.channels) + ", " + text(p.height) + ", " + text(p.width) + "]";
}

/// One side of a window that fits: kernel, stride, padding, dilation for an extent.
struct Window {
  int64_t kernel, stride, padding, dilation;
};

Window someWindow(int64_t extent, bool halfPadding) {
  for (;;) {
    Window w{pick(1, 5), pick(1, 3), pick(0, 3), pick(1, 2)};
    if (halfPadding) w.padding = std::min(w.padding, w.kernel / 2), w.dilation = 1;
    if (extent + 2 * w.padding >= w.dilation * (w.kernel - 1) + 1) return w;
  }
}

std::string pair(int64_t y, int64_t x) { return "[" + text(y) + ", " + text(x) + "]"; }

Network convolution(bool depthwise) {
  Network net;
  net.input = somePicture();
  Window y = someWindow(net.input.height, false), x = someWindow(net.input.width, false);
  int64_t groups = depthwise ? net.input.channels : 1;
  if (!depthwise && net.input.channels % 2 == 0 && coin()) groups = 2;
  int64_t out = groups * pick(1, depthwise ? 2 : 19);
  net.first = coin();
  net.body = "conv(" + text(out) + ", " + pair(y.kernel, x.kernel) + ", stride = " + pair(y.stride, x.stride) +
             ", padding = " + pair(y.padding, x.padding) + ", dilation = " + pair(y.dilation, x.dilation) +
             ", groups = " + text(groups) + (coin() ? ", bias = false" : "") + ")";
  if (coin()) net.body += " |> batch_norm";
  if (coin()) net.body += " |> relu";
  return net;
}

Network pooling(const std::string& name) {
  Network net;
  net.input = somePicture();
  Window y = someWindow(net.input.height, true), x = someWindow(net.input.width, true);
  if (coin()) y = x = {2, 2, 0, 1}, net.input.height += 2, net.input.width += 2;
  net.body = name + "(" + pair(y.kernel, x.kernel) + ", stride = " + pair(y.stride, x.stride) +
             ", padding = " + pair(y.padding, x.padding) + ")";
  return net;
}

Network simple(const std::string& body, bool picture = true) {
  Network net;
  net.input = somePicture();
  net.body = body;
  net.picture = picture;
  return net;
}

struct Family {
  std::string name;
  std::function<Network()> random;
  std::vector<Network> nasty;
};

Network fixed(Picture input, const std::string& body, bool first = true) {
  Network net;
  net.input = input;
  net.body = body;
  net.first = first;
  return net;
}

std::vector<Family> families() {
  std::vector<Family> all;
  all.push_back({"conv", [] { return convolution(false); },
                 {fixed({1, 1, 1}, "conv(1, 1)"), fixed({1, 1, 1}, "conv(1, 3, padding = 1)", false),
                  fixed({3, 2, 2}, "conv(5, 2, stride = 5)"), fixed({17, 5, 7}, "conv(33, 3, padding = 1)"),
                  fixed({2, 3, 40}, "conv(7, [1, 19], padding = [0, 9])"), fixed({6, 9, 9}, "conv(4, 3, dilation = 4)"),
                  fixed({16, 6, 6}, "conv(16, 3, padding = 1) |> relu |> conv(16, 3, padding = 1)"),
                  fixed({1, 12, 12}, "conv(6, 5, padding = 2) |> relu |> max_pool(2)", false)}});
  all.push_back({"depthwise", [] { return convolution(true); },
                 {fixed({1, 4, 4}, "conv(1, 3, padding = 1, groups = 1)"),
                  fixed({24, 7, 7}, "conv(24, 3, padding = 1, groups = 24) |> relu6"),
                  fixed({18, 5, 5}, "conv(18, 5, stride = 2, padding = 2, groups = 18)")}});
  all.push_back({"linear",
                 [] {
                   Network net = simple("flatten |> linear(" + text(pick(1, 40)) + ")", false);
                   if (coin()) net.body += " |> relu |> linear(" + text(pick(1, 20)) + ", bias = false)";
                   return net;
                 },
                 {fixed({1, 1, 1}, "flatten |> linear(1)")}});
  all.push_back({"max_pool", [] { return pooling("max_pool"); }, {fixed({3, 2, 2}, "max_pool(2)"),
                 fixed({5, 7, 7}, "max_pool(3, stride = 2, padding = 1)"), fixed({2, 9, 9}, "max_pool(2, stride = 4)")}});
  all.push_back({"avg_pool", [] { return pooling("avg_pool"); }, {fixed({3, 2, 2}, "avg_pool(2)"),
                 fixed({5, 7, 7}, "avg_pool(3, stride = 2, padding = 1)")}});
  all.push_back({"global_avg_pool", [] { return simple("global_avg_pool", false); }, {}});
  all.push_back({"batch_norm", [] { return simple(coin() ? "batch_norm" : "relu |> batch_norm |> relu"); },
                 {fixed({17, 3, 3}, "batch_norm(eps = 0.001, momentum = 0.3)")}});
  for (const char* name : {"relu", "relu6", "leaky_relu", "sigmoid", "tanh", "silu", "gelu", "softmax", "log_softmax"})
    all.push_back({name, [name] { return simple(name); }, {}});
  all.push_back({"dropout", [] { return simple("dropout(0." + text(pick(1, 9)) + ")"); }, {}});
  all.push_back({"cross_entropy",
                 [] {
                   Network net = simple("relu");
                   net.loss = "cross_entropy(y, label, label_smoothing = 0." + text(pick(0, 9)) + ")";
                   return net;
                 },
                 {}});
  all.push_back({"mse",
                 [] {
                   Network net = simple("tanh");
                   net.loss = "mse(y, target)";
                   return net;
                 },
                 {}});
  // Ops of two operands: the body is a let of its own.
  for (const char* op : {"x + (x |> conv(x.channels, 1) |> batch_norm)", "x - (x |> tanh)",
                         "x * (x |> global_avg_pool(keep_dims = true) |> sigmoid)",
                         "concat([x, x |> conv(5, 1) |> relu, x])"})
    all.push_back({op[0] == 'c' ? "concat" : op[2] == '+' ? "add" : op[2] == '-' ? "sub" : "mul",
                   [op] { return simple(std::string("=") + op); }, {}});
  return all;
}

void print(const std::string& name, const Network& net) {
  bool expression = net.body[0] == '=';
  std::printf("network %s {\n  input picture: %s\n", name.c_str(), shape(net.input).c_str());
  std::string x = net.first ? "picture |> conv(" + text(net.input.channels) + ", 1)" : "picture";
  std::printf("  let x = %s\n", x.c_str());
  if (expression)
    std::printf("  let body = %s\n", net.body.c_str() + 1);
  else
    std::printf("  let body = x |> %s\n", net.body.c_str());
  std::printf("  output y = body%s |> linear(3)\n}\n", net.picture ? " |> flatten" : "");
  bool classes = net.loss.find("label") != std::string::npos;
  std::printf("train %s {\n  input %s\n  loss = %s\n", name.c_str(), classes ? "label: i32[N]" : "target: f32[N, 3]",
              net.loss.c_str());
  if (classes) std::printf("  metric top1 = accuracy(y, label)\n");
  std::printf("  optimizer = sgd(lr = 0.1)\n}\n");
}

} // namespace

int main(int argc, char** argv) {
  std::vector<Family> all = families();
  if (argc != 4) {
    for (const Family& family : all) std::printf("%s\n", family.name.c_str());
    return argc == 1 ? 0 : 2;
  }
  engine.seed(std::strtoull(argv[3], nullptr, 10));
  for (const Family& family : all) {
    if (family.name != argv[1]) continue;
    int number = 0;
    for (const Network& net : family.nasty) print("Nasty" + text(number++), net);
    number = 0;
    for (int64_t i = 0; i < std::atoll(argv[2]); ++i) print("Random" + text(number++), family.random());
    return 0;
  }
  std::fprintf(stderr, "random_networks: there is no family '%s'\n", argv[1]);
  return 2;
}
