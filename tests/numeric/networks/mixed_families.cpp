//===- mixed_families.cpp - Graphs of several operators, with values that are used more than once ------===//
#include "network.h"

namespace cnn::test {
namespace {

/// A picture that the network has made so far.
struct Made {
  std::string name;
  Picture shape;
};

std::string list(const std::string& first, const std::string& second) {
  return "[" + first + ", " + second + "]";
}

/// Builds a graph line by line; each op reads any picture made before.
class Graph {
public:
  Network build() {
    net.input = somePicture();
    if (pick(0, 3) == 0) net.input.width = pick(16, 40); // rows wide enough for vectors along them
    net.first = coin();
    made.push_back({"x", net.input});
    for (int64_t ops = pick(2, 7); ops > 0; --ops) add();
    net.body = made.back().name;
    if (coin()) net.body = "concat([" + net.body + " |> flatten, " + any().name + " |> flatten])";
    net.features = net.body != made.back().name;
    return net;
  }

private:
  Network net;
  std::vector<Made> made;

  static std::string text(int64_t value) { return test::text(value); }

  /// Often the last one, so that chains form.
  const Made& any() { return coin() ? made.back() : made[size_t(pick(0, int64_t(made.size()) - 1))]; }

  void let(const std::string& value, Picture shape) {
    std::string name = "v";
    name += text(int64_t(made.size()));
    net.lets += "  let " + name + " = " + value + "\n";
    made.push_back({name, shape});
  }

  void add() {
    const Made from = any();
    switch (pick(0, 9)) {
    case 0:
    case 1:
      return convolution(from);
    case 2:
      return pooling(from);
    case 3:
      return let(from.name + " |> batch_norm", from.shape);
    case 4:
    case 5:
      return activation(from);
    case 6:
      return arithmetic(from);
    case 7:
      return concatenation(from);
    case 8:
      return squeeze(from);
    default:
      return slice(from);
    }
  }

  void convolution(const Made& from) {
    Picture shape = from.shape;
    int64_t kernel = pick(1, 3), groups = 1;
    shape.channels = pick(1, 20);
    if (pick(0, 2) == 0) groups = shape.channels = from.shape.channels;
    std::string tail = pick(0, 2) == 0 ? " |> batch_norm |> relu" : coin() ? " |> relu6" : "";
    let(from.name + " |> conv(" + text(shape.channels) + ", " + text(kernel) +
            ", padding = \"same\", groups = " + text(groups) + ")" + tail,
        shape);
  }

  void pooling(const Made& from) {
    Picture shape = from.shape;
    bool halves = shape.height > 1 && shape.width > 1 && coin();
    std::string name = coin() ? "max_pool" : "avg_pool";
    if (halves) shape.height /= 2, shape.width /= 2;
    let(from.name + " |> " + name + (halves ? "(2)" : "(3, stride = 1, padding = 1)"), shape);
  }

  void activation(const Made& from) {
    const char* const names[] = {"relu",
                                 "silu",
                                 "sigmoid",
                                 "tanh",
                                 "gelu",
                                 "hardswish",
                                 "softmax",
                                 "leaky_relu",
                                 "dropout(0.3)",
                                 "identity",
                                 "layer_norm(eps = 0.5)",
                                 "stochastic_depth(0.3)"};
    let(from.name + " |> " + names[pick(0, 11)], from.shape);
  }

  /// With another picture of the same shape, or of the same size through a 1x1 convolution, or with itself.
  void arithmetic(const Made& from) {
    const char* const signs[] = {" + ", " - ", " * "};
    const Made other = any();
    std::string second = other.name;
    bool same = other.shape.height == from.shape.height && other.shape.width == from.shape.width;
    if (!same)
      second = from.name;
    else if (other.shape.channels != from.shape.channels)
      second = "(" + other.name + " |> conv(" + text(from.shape.channels) + ", 1))";
    // x - x is constant, and normalising what is constant multiplies nothing but rounding.
    std::string sign = second == from.name ? " + " : signs[pick(0, 2)];
    let(from.name + sign + second, from.shape);
  }

  void concatenation(const Made& from) {
    Made other = any();
    bool same = other.shape.height == from.shape.height && other.shape.width == from.shape.width;
    if (!same) other = from;
    Picture shape = from.shape;
    shape.channels += other.shape.channels;
    if (shape.channels > 40) return activation(from);
    let("concat(" + list(from.name, other.name) + ")", shape);
  }

  void squeeze(const Made& from) {
    let(from.name + " * (" + from.name + " |> global_avg_pool(keep_dims = true) |> conv(" +
            text(from.shape.channels) + ", 1) |> sigmoid)",
        from.shape);
  }

  void slice(const Made& from) {
    Picture shape = from.shape;
    int64_t begin = pick(0, shape.channels - 1), end = pick(begin + 1, shape.channels);
    shape.channels = end - begin;
    let(from.name + " |> slice(" + text(begin) + ", " + text(end) + ")", shape);
  }
};

} // namespace

std::vector<Family> mixedFamilies() {
  return {{"mixed", [] { return Graph().build(); }, {}}};
}

} // namespace cnn::test
