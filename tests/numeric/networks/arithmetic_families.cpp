//===- arithmetic_families.cpp - Arithmetic with broadcasts, data movement, bare parameters ------------===//
#include "network.h"

namespace cnn::test {
namespace {

Network expression(Picture input, const std::string& body, const std::string& parameters = "") {
  Network net;
  net.input = input;
  net.body = body;
  net.parameters = parameters;
  return net;
}

std::string parameter(const std::string& shape) {
  return "  param p: f32[" + shape + "] = uniform(-1, 1)\n";
}

/// Every shape that broadcasts to [C, H, W], for a bare parameter, and to [N, C, H, W], for a tensor.
std::string parameterShape(const Picture& p, int64_t which) {
  std::string c = text(p.channels), h = text(p.height), w = text(p.width);
  const std::string shapes[] = {c + ", 1, 1",
                                "1",
                                c + ", " + h + ", " + w,
                                h + ", " + w,
                                w,
                                h + ", 1",
                                "1, " + c + ", 1, 1",
                                "1, 1, 1, " + w,
                                c + ", 1, " + w,
                                "1, " + h + ", " + w,
                                c + ", " + h + ", 1"};
  return shapes[which];
}
constexpr int64_t parameterShapes = 11;

/// A tensor of a smaller shape, made of x.
std::string smaller(const Picture& p, int64_t which) {
  std::string window = pair(p.height, p.width);
  const std::string tensors[] = {"(x |> global_avg_pool(keep_dims = true) |> sigmoid)", // [N, C, 1, 1]
                                 "(x |> conv(1, 1) |> tanh)",                           // [N, 1, H, W]
                                 "(x |> conv(1, " + window + "))",                      // [N, 1, 1, 1]
                                 "(x |> avg_pool(" + pair(p.height, 1) + "))",          // [N, C, 1, W]
                                 "(x |> conv(1, " + pair(1, p.width) + "))"};           // [N, 1, H, 1]
  return tensors[which];
}
constexpr int64_t smallerTensors = 5;

/// x with an operand of its own shape, or of a smaller one on either side.
Family arithmetic(const std::string& name, const std::string& sign) {
  auto both = [sign](const std::string& other, bool left) {
    return left ? other + " " + sign + " x" : "x " + sign + " " + other;
  };
  Family family{name, nullptr, {}};
  family.random = [=] {
    Picture input = somePicture();
    switch (pick(0, 2)) {
    case 0:
      return expression(input, both("(x |> conv(x.channels, 1) |> batch_norm)", coin()));
    case 1:
      return expression(input, both(smaller(input, pick(0, smallerTensors - 1)), coin()));
    default:
      return expression(input, both("p", coin()),
                        parameter(parameterShape(input, pick(0, parameterShapes - 1))));
    }
  };
  family.nasty.push_back(expression({3, 4, 5}, both("x", true)));
  family.nasty.push_back(expression({1, 1, 1}, both(smaller({1, 1, 1}, 0), false)));
  family.nasty.push_back(expression({1, 1, 1}, both("p", true), parameter("1, 1, 1")));
  Picture input{18, 3, 5};
  for (int64_t i = 0; i < smallerTensors; ++i)
    family.nasty.push_back(expression(input, both(smaller(input, i), i % 2)));
  for (int64_t i = 0; i < parameterShapes; ++i)
    family.nasty.push_back(expression(input, both("p", i % 2), parameter(parameterShape(input, i))));
  return family;
}

std::string number() {
  return text(pick(1, 9)) + "." + text(pick(0, 9));
}

Network numbers() {
  const std::string bodies[] = {"x / " + number(), "x * " + number(), "x + " + number(),
                                "x - " + number(), number() + " - x", "-x * " + number() + " + 1"};
  return expression(somePicture(), bodies[pick(0, 5)]);
}

Network concat() {
  const std::string bodies[] = {"concat([x, x |> conv(5, 1) |> relu, x])", "concat([x, x |> tanh])",
                                "concat([x])",
                                "concat([x |> conv(16, 1), x |> conv(17, 1), x |> conv(1, 1)])",
                                "concat([x |> relu, x |> relu]) |> conv(4, 1)"};
  return expression(somePicture(), bodies[pick(0, 4)]);
}

Network slice() {
  Network net = chain(somePicture(), "");
  int64_t begin = pick(0, net.input.channels - 1), end = pick(begin + 1, net.input.channels);
  net.body = "x |> slice(" + text(begin) + ", " + text(end) + ")";
  if (coin()) net.body = "concat([" + net.body + ", x])";
  return net;
}

Network flatten() {
  Network net = chain(somePicture(), coin() ? "flatten |> relu" : "relu |> flatten |> batch_norm |> tanh");
  net.features = true;
  return net;
}

/// Vectors of features, which broadcast over the images.
Network bare() {
  Network net = chain(somePicture(), "flatten |> linear(7)");
  net.features = true;
  const std::string bodies[] = {"(x |> flatten |> linear(7)) * p + p", "p - (x |> flatten |> linear(7))",
                                "(x |> flatten |> linear(7)) * (p * p)"};
  net.body = bodies[pick(0, 2)];
  const std::string shapes[] = {"7", "1", "1, 7", "1, 1"};
  net.parameters = parameter(shapes[pick(0, 3)]);
  return net;
}

/// Functions of one number and choices, where they and their slopes are defined, fused behind a convolution
/// and in front of another.
const std::string functions[] = {"exp(x |> tanh)",
                                 "log(abs(x) + 0.5)",
                                 "log1p(x * x)",
                                 "expm1(x |> tanh)",
                                 "sqrt(x * x + 1)",
                                 "(abs(x) + 0.5) ** 1.7",
                                 "x ** 3 / 8",
                                 "1 / (2 + x * x)",
                                 "x / (1 + abs(x))",
                                 "(x |> tanh) / (1 + (x |> global_avg_pool(keep_dims = true) |> sigmoid))",
                                 "max(x, 0.5)",
                                 "min(0.5, x, x * x)",
                                 "max(x, x |> global_avg_pool(keep_dims = true))",
                                 "select(x > 0.3, x * x, 0.1 * x)",
                                 "x |> elu(0.5)",
                                 "x |> selu",
                                 "x |> mish",
                                 "x |> softplus(beta = 2.0)",
                                 "x |> celu(2.0)",
                                 "x |> logsigmoid",
                                 "x |> hardtanh",
                                 "select(x <= (x |> tanh) + 0.2, 0, x)"};
Network someFunction(const std::string& body) {
  return expression(somePicture(), "(" + body + ") |> conv(3, 1)");
}
Network functionOfOne() {
  return someFunction(functions[pick(0, std::size(functions) - 1)]);
}
/// Each of them by itself, on pads and on an image alone.
std::vector<Network> allFunctions() {
  std::vector<Network> all;
  for (const std::string& body : functions)
    all.push_back(expression({17, 2, 3}, "(" + body + ") |> conv(3, 1)"));
  return all;
}

/// Parts with one set of parameters, applied several times: their gradients are summed, and running
/// statistics move with each application.
Network sharedPart() {
  Network net;
  net.input = somePicture(6);
  std::string channels = text(net.input.channels);
  net.parameters = "  shared part = (conv(" + channels + ", 3, padding = 1" +
                   (coin() ? ", bias = false" : "") + ")" + (coin() ? " |> batch_norm" : "") + " |> tanh)\n";
  const std::string bodies[] = {"part(x) - part(x |> relu)", "x |> part |> part |> part",
                                "concat([part(x), x |> part |> part])"};
  net.body = bodies[pick(0, 2)];
  return net;
}

Network sharedNorm() {
  Network net = expression({17, 3, 3}, "part(x) - part(x |> relu) + part(x |> tanh)");
  net.parameters = "  shared part = (conv(5, 1) |> batch_norm)\n";
  return net;
}

} // namespace

std::vector<Family> arithmeticFamilies() {
  return {
      arithmetic("add", "+"),
      arithmetic("sub", "-"),
      arithmetic("mul", "*"),
      {"functions", functionOfOne, allFunctions()},
      {"number", numbers, {expression({1, 1, 1}, "x / 3")}},
      {"concat", concat, {expression({17, 1, 1}, "concat([x, x, x])")}},
      {"slice",
       slice,
       {chain({33, 2, 3}, "slice(15, 17)"), chain({33, 2, 3}, "slice(16)"), chain({1, 1, 1}, "slice(0, 1)")}},
      {"flatten", flatten, {}},
      {"param", bare, {}},
      {"shared", sharedPart, {sharedNorm()}}};
}

} // namespace cnn::test
