#include "ast_to_dialect/foreign.h"

#include "ast_to_dialect/operators/operator.h"

#include <algorithm>
#include <array>

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
    {"he_normal", "kaiming_normal", ""},
    {"he_uniform", "kaiming_uniform", ""},
    {"glorot_normal", "xavier_normal", ""},
    {"glorot_uniform", "xavier_uniform", ""},
};

static constexpr Foreign argumentNames[] = {
    {"out_channels", "out", ""},
    {"out_features", "out", ""},
    {"filters", "out", ""},
    {"units", "out", ""},
    {"kernel_size", "kernel", ""},
    {"in_channels", "", channelsKnown},
    {"in_features", "", channelsKnown},
    {"num_features", "", channelsKnown},
    {"inplace", "", valuesAnew},
    {"learning_rate", "lr", ""},
    {"dim", "", "the dimension is the channels', number 1"},
};

static constexpr Foreign members[] = {
    {"size", "shape", "x.shape[1] is a dimension, x.channels that of the channels"},
    {"view", "", "x |> flatten makes features of a picture"},
    {"reshape", "", "x |> flatten makes features of a picture"},
};

template <size_t count> static const Foreign* find(const Foreign (&table)[count], std::string_view word) {
  auto at = std::ranges::find(table, word, &Foreign::word);
  return at == std::end(table) ? nullptr : at;
}

const Foreign* foreignName(std::string_view word) {
  return find(names, word);
}
const Foreign* foreignArgument(std::string_view word) {
  return find(argumentNames, word);
}
const Foreign* foreignMember(std::string_view word) {
  return find(members, word);
}

std::string_view operatorOfTorch(std::string_view word) {
  if (word.empty()) return {}; // `nn.` with nothing behind it
  if (const Operator* op = findOperator(word)) return op->name;
  if (const Foreign* known = foreignName(word)) return known->meant;
  for (const Operator& op : allOperators()) {
    std::string_view source = op.source.substr(0, op.source.find(';'));
    if (!source.starts_with("torch")) continue;
    for (size_t at = source.find(word); at != std::string_view::npos; at = source.find(word, at + 1)) {
      auto letter = [&](size_t i) {
        return i < source.size() && source[i] != '.' && source[i] != ',' && source[i] != ' ';
      };
      bool whole = at > 0 && !letter(at - 1) && !letter(at + word.size());
      bool isClass = word[0] >= 'A' && word[0] <= 'Z'; // not "optim" of torch.optim
      if (whole && isClass) return op.name;
    }
  }
  return {};
}

bool isLibrary(std::string_view word) {
  static constexpr std::array<std::string_view, 9> words = {
      "nn", "torch", "F", "tf", "keras", "optim", "torchvision", "layers", "functional"};
  return std::ranges::count(words, word) != 0;
}

} // namespace cnn
