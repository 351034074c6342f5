#include "ast_to_dialect/foreign.h"

#include "ast_to_dialect/operators/operator.h"

#include <algorithm>
#include <array>
#include <string>

namespace cnn {

static constexpr std::string_view channelsKnown = "the channels of what comes in are known: leave it out";
static constexpr std::string_view valuesAnew = "every operator gives a new value: leave it out";

static constexpr Foreign names[] = {
    {"True", "true", ""},
    {"False", "false", ""},
    {"None", "", "an argument that is not given is left out"},
    {"null", "", "an argument that is not given is left out"},
    {"range", "", "a range is written 0..n: it goes from 0 to below n"},
    {"self", "", "layers are made where they are applied: image |> conv(8, 3) @conv1"},
    {"Sequential", "", "a chain in parentheses is a block: (conv(8, 3) |> relu)"},
    {"AdaptiveAvgPool2d", "global_avg_pool", ""},
    {"adaptive_avg_pool2d", "global_avg_pool", ""},
    {"cat", "concat", ""},
    {"DropPath", "stochastic_depth", ""},
    {"Conv2DTranspose", "conv_transpose", ""},
    {"dense", "linear", ""},
    {"Dense", "linear", ""},
    {"Conv1D", "conv", ""},
    {"Conv2D", "conv", ""},
    {"MaxPooling2D", "max_pool", ""},
    {"AveragePooling2D", "avg_pool", ""},
    {"GlobalAveragePooling2D", "global_avg_pool", ""},
    {"BatchNormalization", "batch_norm", ""},
    {"swish", "silu", ""},
    {"bce", "bce_with_logits", "it takes logits: leave the sigmoid before it out"},
    {"BCELoss", "bce_with_logits", "it takes logits: leave the sigmoid before it out"},
    {"binary_cross_entropy", "bce_with_logits", "it takes logits: leave the sigmoid before it out"},
    {"cosine_annealing", "cosine", ""},
    {"he_normal", "kaiming_normal", ""},
    {"he_uniform", "kaiming_uniform", ""},
    {"glorot_normal", "xavier_normal", ""},
    {"glorot_uniform", "xavier_uniform", ""},
    {"print", "", "a value is looked at with |> probe(\"name\") and --probe name"},
    {"int", "", "floor, ceil and round make whole numbers"},
    {"str", "", "a string holds values in braces: \"layer{i}\""},
    {"reshape", "", "flatten is the only change of shape"},
    {"view", "", "flatten is the only change of shape"},
};

static constexpr Foreign argumentNames[] = {
    {"out_channels", "out", ""},
    {"out_features", "out", ""},
    {"filters", "out", ""},
    {"units", "out", ""},
    {"kernel_size", "kernel", ""},
    {"pool_size", "kernel", ""},
    {"strides", "stride", ""},
    {"pad", "padding", ""},
    {"in_channels", "", channelsKnown},
    {"in_features", "", channelsKnown},
    {"num_features", "", channelsKnown},
    {"inplace", "", valuesAnew},
    {"learning_rate", "lr", ""},
    {"dim", "", "the dimension is the channels', number 1", "1"},
    {"affine", "", "scale and shift are always learned", "true"},
    {"track_running_stats", "", "running statistics are always kept", "true"},
    {"padding_mode", "", "pads are zeros", "\"zeros\""},
    {"approximate", "", "gelu(tanh = true) is the approximation by tanh", "\"none\""},
    {"reduction", "", "the mean over the batch is taken by itself", "\"mean\""},
};

static constexpr Foreign settingNames[] = {
    {"batch_size", "batch", ""},      {"num_epochs", "epochs", ""}, {"max_epochs", "epochs", ""},
    {"n_epochs", "epochs", ""},       {"criterion", "loss", ""},    {"scheduler", "schedule", ""},
    {"lr_scheduler", "schedule", ""}, {"dataset", "data", ""},
};

static constexpr Foreign members[] = {
    {"size", "shape", "x.shape[1] is a dimension, x.channels that of the channels"},
    {"view", "", "x |> flatten makes features of a picture"},
    {"reshape", "", "x |> flatten makes features of a picture"},
};

static constexpr std::string_view useCrossEntropy = "cross_entropy takes logits and class numbers";

/// In lower case, without '_' and without the dimensions at the end.
static constexpr Foreign absent[] = {
    {"prelu", "", "leaky_relu has a fixed slope below 0"},
    {"rrelu", "", "leaky_relu has a fixed slope below 0"},
    {"glu", "", "a |> slice and sigmoid make it: a * (b |> sigmoid)"},
    {"softsign", "", ""},
    {"threshold", "", ""},
    {"groupnorm", "", ""},
    {"instancenorm", "", ""},
    {"lrn", "", ""},
    {"localresponsenorm", "", ""},
    {"rmsnorm", "", ""},
    {"spectralnorm", "", ""},
    {"weightnorm", "", ""},
    {"globalmaxpool", "", "max_pool with the picture's size as kernel gives [N, C, 1, 1]"},
    {"globalmaxpooling", "", "max_pool with the picture's size as kernel gives [N, C, 1, 1]"},
    {"adaptivemaxpool", "", "max_pool with the picture's size as kernel gives [N, C, 1, 1]"},
    {"lppool", "", ""},
    {"maxunpool", "", ""},
    {"alphadropout", "", "dropout zeroes single elements"},
    {"spatialdropout", "", "dropout zeroes single elements"},
    {"lstm", "", ""},
    {"gru", "", ""},
    {"rnn", "", ""},
    {"embedding", "", ""},
    {"multiheadattention", "", ""},
    {"attention", "", ""},
    {"transformer", "", ""},
    {"transformerencoder", "", ""},
    {"transformerencoderlayer", "", ""},
    {"bilinear", "", ""},
    {"pixelshuffle", "", ""},
    {"upsample", "", ""},
    {"upsampling", "", ""},
    {"interpolate", "", ""},
    {"pad", "", "conv and the poolings have an argument padding"},
    {"zeropad", "", "conv and the poolings have an argument padding"},
    {"reflectionpad", "", "conv and the poolings pad with zeros"},
    {"fold", "", ""},
    {"unfold", "", ""},
    {"permute", "", ""},
    {"transpose", "", ""},
    {"matmul", "", "linear multiplies by a learned matrix"},
    {"einsum", "", ""},
    {"l1loss", "l1", ""},
    {"mae", "l1", ""},
    {"smoothl1loss", "huber", "with beta = 1 it is the same"},
    {"huberloss", "huber", ""},
    {"nllloss", "", useCrossEntropy},
    {"kldivloss", "", ""},
    {"ctcloss", "", ""},
    {"hingeembeddingloss", "", ""},
    {"tripletmarginloss", "", ""},
    {"focalloss", "", useCrossEntropy},
    {"diceloss", "", ""},
    {"adadelta", "", ""},
    {"adamax", "", ""},
    {"nadam", "", ""},
    {"radam", "", ""},
    {"lion", "", ""},
    {"lbfgs", "", ""},
    {"multistep", "", "step lowers the rate every few epochs"},
    {"multisteplr", "", "step lowers the rate every few epochs"},
    {"exponentiallr", "exponential", ""},
    {"reducelronplateau", "", "stop = patience(metric, epochs) ends training on a plateau"},
    {"cosineannealingwarmrestarts", "", "cosine falls once"},
    {"imagenet", "", "folder(\"path\") reads pictures in train/CLASS/ and test/CLASS/"},
    {"coco", "", ""},
    {"svhn", "", "npy(\"path\") reads arrays"},
    {"colorjitter", "", ""},
    {"randomrotation", "", ""},
    {"randomaffine", "", ""},
    {"randomerasing", "", ""},
    {"autoaugment", "", ""},
    {"randaugment", "", ""},
    {"trivialaugmentwide", "", ""},
    {"mixup", "", ""},
    {"cutmix", "", ""},
};

template <size_t count> static const Foreign* find(const Foreign (&table)[count], std::string_view word) {
  auto at = std::ranges::find(table, word, &Foreign::word);
  return at == std::end(table) ? nullptr : at;
}

/// conv2d of Conv2d, conv_2d.
static std::string squeezed(std::string_view word) {
  std::string result;
  for (char c : word)
    if (c != '_') result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

const Foreign* foreignName(std::string_view word) {
  return find(names, word);
}
const Foreign* foreignArgument(std::string_view word) {
  return find(argumentNames, word);
}
const Foreign* foreignSetting(std::string_view word) {
  return find(settingNames, word);
}
const Foreign* foreignMember(std::string_view word) {
  return find(members, word);
}

const Foreign* absentOperator(std::string_view word) {
  std::string key = squeezed(word);
  if (key == "dropout1d" || key == "dropout2d" || key == "dropout3d") return find(absent, "spatialdropout");
  for (std::string_view dimensions : {"1d", "2d", "3d"})
    if (key.size() > 2 && key.ends_with(dimensions)) key.resize(key.size() - 2);
  return find(absent, key);
}

/// Calls `visit` with each class of PyTorch that a source names: "torch.nn.Conv1d, Conv2d; Author 2000".
template <typename Visit> static void eachTorchClass(std::string_view source, Visit visit) {
  source = source.substr(0, source.find(';'));
  if (!source.starts_with("torch")) return;
  while (!source.empty()) {
    size_t end = source.find(", ");
    std::string_view name = source.substr(0, end);
    name = name.substr(name.rfind('.') + 1);
    if (!name.empty() && name[0] >= 'A' && name[0] <= 'Z') visit(name);
    source = end == std::string_view::npos ? std::string_view() : source.substr(end + 2);
  }
}

std::string_view operatorOfTorch(std::string_view word) {
  if (word.empty()) return {}; // `nn.` with nothing behind it
  if (const Operator* op = findOperator(word)) return op->name;
  if (const Foreign* known = foreignName(word)) return known->meant;
  bool isClass = word[0] >= 'A' && word[0] <= 'Z';
  std::string key = squeezed(word), ofPictures(word);
  if (ofPictures.ends_with("1d")) ofPictures.replace(ofPictures.size() - 2, 1, "2"); // BatchNorm1d
  std::string_view meant;
  for (const Operator& op : allOperators())
    eachTorchClass(op.source, [&](std::string_view name) {
      if (isClass ? name == word || name == ofPictures : squeezed(name) == key) meant = op.name;
    });
  return meant;
}

bool takesInputChannels(std::string_view word) {
  return word == "Linear" || word == "LayerNorm" || word == "Conv1d" || word == "Conv2d" ||
         word == "Conv3d" || word.starts_with("BatchNorm") || word.starts_with("ConvTranspose");
}

bool isLibrary(std::string_view word) {
  static constexpr std::array<std::string_view, 9> words = {
      "nn", "torch", "F", "tf", "keras", "optim", "torchvision", "layers", "functional"};
  return std::ranges::count(words, word) != 0;
}

} // namespace cnn
