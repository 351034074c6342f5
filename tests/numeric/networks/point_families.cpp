//===- point_families.cpp - Linear layers, activations, normalisation, losses --------------------------===//
#include "network.h"

namespace cnn::test {
namespace {

const std::vector<Picture> nastyPictures = {{1, 1, 1}, {17, 1, 3}, {2, 3, 33}};

/// An operator on a whole picture, on a signal or on features.
Family onAnything(const std::string& name, const std::function<std::string()>& application) {
  Family family;
  family.name = name;
  family.random = [=] {
    Network net = chain(somePicture(), application());
    int64_t form = pick(0, 5);
    net.signal = form == 0;
    net.features = form == 1;
    if (net.features) net.body = "x |> flatten |> " + net.body.substr(5);
    return net;
  };
  for (const Picture& picture : nastyPictures) family.nasty.push_back(chain(picture, application()));
  return family;
}

Network withLoss(Network net, const std::string& loss) {
  net.loss = loss;
  return net;
}

std::string list(int64_t count, const std::function<std::string()>& number) {
  std::string text = "[";
  for (int64_t i = 0; i < count; ++i) text.append(i ? ", " : "").append(number());
  return text + "]";
}

/// By one number, or one for each channel.
std::string normalize(const Picture& picture) {
  auto mean = [] { return std::string(coin() ? "-" : "") + "0." + text(pick(0, 9)); };
  auto deviation = [] { return text(pick(0, 2)) + "." + text(pick(1, 9)); };
  std::string both = coin() ? list(picture.channels, mean) : mean();
  return "normalize(" + both + ", " + (coin() ? list(picture.channels, deviation) : deviation()) + ")";
}

Network normalized(const Picture& picture) {
  return chain(picture, coin() ? normalize(picture) : "tanh |> " + normalize(picture) + " |> relu");
}

/// From the input's bytes: straight into a layer that reads plain pictures, or channels side by side, or
/// moved before.
Network fromBytes(const Picture& picture) {
  const std::string after[] = {"to_float",
                               "cast(f32) |> sigmoid",
                               "to_float |> " + normalize(picture),
                               "to_float |> conv(5, 1)",
                               "to_float |> " + normalize(picture) + " |> conv(5, 3, padding = 1) |> relu",
                               "slice(0, 1) |> to_float |> conv(17, 1)",
                               "to_float |> softmax"};
  Network net = chain(picture, after[pick(0, 6)]);
  if (pick(0, 5) == 0) net.body = "concat([x, x]) |> to_float |> conv(3, 1)";
  net.bytes = true;
  return net;
}

/// A class for each pixel, some of which do not count.
Network withMask(Picture picture, const std::string& ignored) {
  Network net = withLoss(chain(picture, "tanh"), "cross_entropy(y, mask" + ignored + ")");
  net.mask = ignored.empty() ? "accuracy(y, mask)" : "accuracy(y, mask, ignore_index = 1)";
  return net;
}

Network masks() {
  std::string smoothing = coin() ? "" : ", label_smoothing = 0." + text(pick(0, 9));
  Network net = withMask(somePicture(), ", ignore_index = " + text(pick(0, 2)) + smoothing);
  net.signal = pick(0, 5) == 0;
  net.maskBytes = coin();
  return net;
}

Network linear() {
  Network net = chain(somePicture(), "flatten |> linear(" + text(pick(1, 40)) + ")");
  net.features = true;
  if (coin()) net.body += " |> relu |> linear(" + text(pick(1, 20)) + ", bias = false)";
  if (coin()) net.body += " |> batch_norm";
  net.first = coin();
  return net;
}

/// Applied to each pixel of a picture or a signal.
Network linearOfPixels() {
  Network net = chain(somePicture(40), "linear(" + text(pick(1, 40)) + ", axis = 1)");
  net.signal = pick(0, 3) == 0;
  const std::string after[] = {" |> gelu |> linear(5, axis = 1, bias = false)", " |> batch_norm |> relu",
                               " |> layer_norm", ""};
  net.body += after[pick(0, 3)];
  net.first = coin();
  return net;
}

/// Two channels, whose values are +-1 once they are normalised, leave nothing but rounding of a gradient; a
/// larger eps keeps it.
std::string layerNorm(const Picture& picture) {
  return picture.channels <= 3 ? "layer_norm(eps = 0.5)" : coin() ? "layer_norm(axis = 1)" : "layer_norm";
}

Network layerNormed() {
  Picture picture = somePicture(40);
  const std::string before[] = {"", "relu |> ", "conv(" + text(picture.channels) + ", 3, padding = 1) |> "};
  const std::string after[] = {"", " |> gelu", " |> conv(3, 3, padding = 1)", " |> linear(5, axis = 1)"};
  Network net = chain(picture, before[pick(0, 2)] + layerNorm(picture) + after[pick(0, 3)]);
  net.signal = pick(0, 5) == 0;
  if (pick(0, 4) == 0) { // over the features of all of the picture
    net = chain(picture, "flatten |> layer_norm(eps = 0.1) |> linear(9)");
    net.features = true;
  }
  return net;
}

Network features(Network net) {
  net.features = true;
  return net;
}

/// One set of parameters for the channels of each pixel and for features: its gradient is the sum of both.
Network sharedLinear() {
  Network net = features(chain({6, 3, 4}, ""));
  net.parameters = "  shared part = linear(6, axis = 1)\n";
  net.body = "part(x) |> tanh |> global_avg_pool |> part";
  return net;
}

} // namespace

std::vector<Family> pointFamilies() {
  std::vector<Family> all;
  all.push_back({"linear",
                 linear,
                 {features(chain({1, 1, 1}, "flatten |> linear(1)")),
                  features(chain({33, 1, 1}, "flatten |> linear(17)", false)),
                  features(chain({3, 7, 5}, "flatten |> linear(257)"))}});
  all.push_back(
      {"linear_of_pixels",
       linearOfPixels,
       {chain({1, 1, 1}, "linear(1, axis = 1)"), chain({33, 2, 5}, "linear(17, axis = 1)", false),
        chain({17, 3, 3}, "linear(35, axis = 1) |> gelu |> linear(17, axis = 1)"), sharedLinear()}});
  all.push_back({"layer_norm",
                 layerNormed,
                 {chain({1, 1, 1}, "layer_norm(eps = 0.5)"), chain({17, 1, 3}, "layer_norm"),
                  chain({5, 3, 13}, "layer_norm |> conv(5, 3, padding = 1) |> layer_norm", false),
                  chain({48, 7, 7}, "layer_norm |> linear(7, axis = 1)"),
                  features(chain({3, 7, 5}, "flatten |> layer_norm |> relu"))}});
  all.push_back(onAnything("batch_norm", [] {
    return std::string(coin() ? "batch_norm" : "relu |> batch_norm(eps = 0.001, momentum = 0.3) |> relu");
  }));
  for (const char* name : {"relu", "relu6", "sigmoid", "tanh", "silu", "hardswish", "hardsigmoid", "softmax",
                           "log_softmax", "identity"})
    all.push_back(onAnything(name, [name] { return std::string(name); }));
  Family normalizing{"normalize", [] { return normalized(somePicture()); }, {}};
  Family bytes{"to_float", [] { return fromBytes(somePicture()); }, {}};
  for (const Picture& picture : nastyPictures) {
    normalizing.nasty.push_back(
        chain(picture, "normalize(" + list(picture.channels, [] { return "0.5"; }) + ", 2)"));
    bytes.nasty.push_back(fromBytes(picture));
  }
  all.push_back(normalizing);
  all.push_back(bytes);
  all.push_back(onAnything("leaky_relu", [] { return "leaky_relu(0." + text(pick(0, 9)) + ")"; }));
  all.push_back(onAnything("gelu", [] { return std::string(coin() ? "gelu" : "gelu(tanh = true)"); }));
  all.push_back(onAnything("dropout", [] { return "dropout(0." + text(pick(0, 9)) + ")"; }));
  all.push_back(onAnything("stochastic_depth", [] {
    return std::string(coin() ? "relu |> " : "stochastic_depth(0) |> ") + "stochastic_depth(0." +
           text(pick(1, 9)) + ")";
  }));
  all.push_back({"cross_entropy",
                 [] {
                   return withLoss(chain(somePicture(), "relu"),
                                   "cross_entropy(y, label, label_smoothing = 0." + text(pick(0, 9)) + ")");
                 },
                 {withLoss(chain({1, 1, 1}, "relu"), "cross_entropy(y, label, label_smoothing = 1.0)")}});
  all.push_back({"mask",
                 masks,
                 {withMask({1, 1, 1}, ", ignore_index = 0"), withMask({3, 17, 9}, ""),
                  withMask({2, 1, 7}, ", ignore_index = 2"), withMask({2, 40, 40}, ", ignore_index = 255")}});
  all.push_back({"mse",
                 [] { return withLoss(chain(somePicture(), "tanh"), "mse(y, target)"); },
                 {withLoss(chain({1, 1, 1}, "tanh"), "mse(y, target)"),
                  withLoss(chain({2, 3, 3}, "tanh"), "mse(y, number |> cast(f32))"),
                  withLoss(chain({3, 5, 2}, "tanh"), "mse(y, 0.5)")}});
  all.push_back({"l1",
                 [] { return withLoss(chain(somePicture(), "tanh"), "l1(y, target)"); },
                 {withLoss(chain({1, 1, 1}, "tanh"), "l1(y, target)"),
                  withLoss(chain({3, 5, 2}, "tanh"), "l1(y, 0.5)")}});
  all.push_back({"huber",
                 [] { return withLoss(chain(somePicture(), "tanh"), "huber(y, target)"); },
                 {withLoss(chain({1, 1, 1}, "tanh"), "huber(y, target)"),
                  withLoss(chain({3, 5, 2}, "tanh"), "huber(y, 0.5, delta = 0.25)")}});
  all.push_back({"bce_with_logits",
                 [] {
                   std::string target = coin() ? "target" : coin() ? "1" : "0.0";
                   return withLoss(chain(somePicture(), "relu"), "bce_with_logits(y, " + target + ")");
                 },
                 {withLoss(chain({1, 1, 1}, "relu"), "bce_with_logits(y, target)"),
                  withLoss(chain({2, 3, 3}, "relu"), "bce_with_logits(y, 1.0) + bce_with_logits(y, 0.0)")}});
  return all;
}

} // namespace cnn::test
