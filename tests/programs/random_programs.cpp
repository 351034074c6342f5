//===- random_programs.cpp - Prints random programs with all that a train section may hold -------------===//
//
// random_programs COUNT SEED prints COUNT programs, each after a line `//// NAME SET…`, where SET are the
// values that its free sizes need. The networks' bodies are those of random_networks, a few for many
// programs, so that most kernels are compiled once; around them names, inputs, outputs, losses, settings,
// phases and changes of pictures differ.
//
//===---------------------------------------------------------------------------------------------------===//
#include "../numeric/networks/network.h"
#include "names.h"

#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <set>

using namespace cnn::test;

namespace {

constexpr int64_t programsOfBody = 25;

std::vector<Family> families() {
  std::vector<Family> all;
  for (const auto& some :
       {windowFamilies(), pointFamilies(), arithmeticFamilies(), mixedFamilies(), mixedFamilies()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

/// What a program may have more of needs pictures of one size and an input with gradients.
bool suits(const Network& net) {
  return net.mask.empty() && net.kernels.empty() && net.loss == "cross_entropy(y, label)" &&
         net.input.channels <= 8;
}

Network someBody() {
  static const std::vector<Family> all = families();
  for (;;) {
    Network net = all[size_t(pick(0, int64_t(all.size()) - 1))].random();
    if (suits(net)) return net;
  }
}

bool oneIn(int64_t chances) {
  return pick(1, chances) == 1;
}

template <size_t count> std::string oneOf(const char* const (&texts)[count]) {
  return texts[pick(0, int64_t(count) - 1)];
}

/// Prints one program.
class Program {
public:
  Program(const Network& net, std::string name, int64_t number)
      : net(net), name(std::move(name)), number(number) {}

  void print() {
    names();
    sizes();
    std::printf("//// %s%s\n", name.c_str(), settings.c_str());
    blocks();
    network();
    train();
  }

private:
  const Network& net;
  const std::string name;
  const int64_t number;
  std::set<std::string> taken = {"x", "body", "picture"};
  std::string in, second, out, other, target, numbers, metric;
  std::string height, width, settings; ///< the sizes as numbers or as names
  bool hasSecond = false, drawn = false, hasOther = false, free = false, block = false, reconstructs = false,
       onlyTrained = false;

  std::string line(const std::string& text) { return "  " + text + "\n"; }

  std::string newName(const char* plain) {
    for (int tries = 0; tries < 8; ++tries) {
      std::string found = oneIn(3) ? plain : oneOf(oddNames);
      if (taken.insert(found).second) return found;
    }
    std::string found = plain + text(int64_t(taken.size()));
    taken.insert(found);
    return found;
  }

  void names() {
    in = newName("image"), second = newName("noise"), out = newName("logits"), other = newName("score");
    target = newName("label"), numbers = newName("numbers"), metric = newName("top1");
    hasSecond = !net.bytes && oneIn(3), drawn = hasSecond && coin();
    hasOther = oneIn(3), free = !net.signal && oneIn(3), block = oneIn(3);
    reconstructs = !net.bytes && oneIn(4), onlyTrained = oneIn(4);
  }

  void sizes() {
    height = text(net.input.height), width = text(net.input.width);
    if (!free) return;
    settings = " H" + text(number) + "=" + height + " W" + text(number) + "=" + width;
    height = "H" + text(number), width = "W" + text(number);
  }

  std::string shape() const {
    return "[N, " + text(net.input.channels) + (net.signal ? "" : ", " + height) + ", " + width + "]";
  }

  void blocks() const {
    if (block)
      std::printf("block Tail%lld(t, classes: int = 3) = t |> %slinear(classes)\n",
                  static_cast<long long>(number), net.features ? "" : "flatten |> ");
  }

  std::string tail() const {
    if (block) return "Tail" + text(number) + "(3)";
    return net.features ? "linear(3)" : "flatten |> linear(3)";
  }

  void network() {
    std::printf("network %s {\n", name.c_str());
    std::printf("  input %s: %s%s\n", in.c_str(), net.bytes ? "u8" : "f32", shape().c_str());
    if (hasSecond) std::printf("  input %s: f32%s\n", second.c_str(), shape().c_str());
    if (!net.signal && !free && !hasSecond && isPicture() && oneIn(4))
      std::printf("  preprocess %s = resize([%s, %s])\n", in.c_str(), height.c_str(), width.c_str());
    if (oneIn(5)) std::printf("  assert N <= 64\n");
    std::string x = in + (hasSecond ? " + " + second : "");
    if (net.first && !net.bytes)
      x = (hasSecond ? "(" + x + ")" : x) + " |> conv(" + text(net.input.channels) + ", 1)";
    std::printf("%s  let x = %s\n%s  let body = %s\n", net.parameters.c_str(), x.c_str(), net.lets.c_str(),
                net.body.c_str());
    if (oneIn(4)) {
      std::printf("  shared head = (%s)\n  output %s = head(body) |> probe(\"seen\")\n", tail().c_str(),
                  out.c_str());
    } else {
      std::printf("  output %s = body |> %s\n", out.c_str(), tail().c_str());
    }
    if (hasOther)
      std::printf("  %soutput %s = %s |> relu |> linear(2)\n", onlyTrained ? "train " : "", other.c_str(),
                  out.c_str());
    if (reconstructs)
      std::printf("  train output again = x |> conv(%s, 1)\n", text(net.input.channels).c_str());
    std::printf("}\n");
  }

  bool isPicture() const { return net.input.channels == 1 || net.input.channels == 3; }

  std::string loss(bool classes) const {
    std::string loss = classes ? "cross_entropy(" + out + ", " + target +
                                     (oneIn(4) ? ", label_smoothing = 0.1" : "") +
                                     (oneIn(4) ? ", ignore_index = 2" : "") + ")"
                               : (coin() ? "mse(" : "bce_with_logits(") + out + ", " + target + ")";
    if (hasOther) loss = loss + " + 0.5 * mse(" + other + ", " + numbers + ")";
    if (reconstructs) loss = loss + " + " + (coin() ? "mse" : "bce_with_logits") + "(again, " + in + ")";
    return loss;
  }

  static std::string optimizer() {
    static const char* const all[] = {"sgd(lr = 0.1)",
                                      "sgd(lr = 0.1, momentum = 0.9, nesterov = true, weight_decay = 5e-4)",
                                      "sgd(lr = 0.1, momentum = 0.9)",
                                      "adam(lr = 1e-3)",
                                      "adam(lr = 1e-3, betas = [0.5, 0.999])",
                                      "adamw(lr = 1e-3, weight_decay = 0.01)"};
    return oneOf(all);
  }

  static std::string schedule() {
    static const char* const all[] = {"constant", "step(3, 0.1)", "cosine(warmup = 1)",
                                      "one_cycle(max_lr = 0.1)"};
    return oneOf(all);
  }

  void train() {
    bool classes = coin();
    std::string text = "train " + name + " {\n";
    text += line("input " + target + (classes ? ": i32[N]" : ": f32[N, 3]"));
    if (hasOther) text += line("input " + numbers + ": f32[N, 2]");
    if (drawn) text += line("input " + second + (coin() ? " = normal(std = 0.5)" : " = uniform()"));
    bool steps = oneIn(6);
    if (!steps) text += line("loss = " + loss(classes));
    if (oneIn(2))
      text += line("metric " + metric + " = " +
                   (classes ? "accuracy(" + out + ", " + target + ")" : "mse(" + out + ", " + target + ")"));
    text += line("optimizer = " + optimizer());
    bool validation = oneIn(3);
    if (oneIn(2)) text += line("schedule = " + schedule());
    if (oneIn(4)) text += line("clip_norm = 1.0");
    if (oneIn(4)) text += line("ema = 0.9");
    if (oneIn(4)) text += line("seed = 7");
    if (oneIn(2)) text += line("batch = " + cnn::test::text(pick(2, 32)) + "; epochs = 3");
    if (!steps && oneIn(4)) text += line("accumulate = 2");
    if (validation) text += line("validation = 0.2");
    if (validation && !steps && !hasOther && !reconstructs && oneIn(2))
      text += line("stop = patience(loss, 3)");
    if (isPicture() && !net.signal && oneIn(2))
      text += line("augment " + in + " = random_crop([" + height_() + ", " + width_() +
                   "], padding = 1) |> random_hflip");
    if (oneIn(4)) text += line("group [\"*.bias\"] { weight_decay = 0 }");
    if (steps) {
      text += line("step " + newName("one") + " { update = [\"*.weight\"]; loss = " + loss(classes) + " }");
      text +=
          line("step " + newName("two") + " { update = except(\"*.weight\"); loss = " + loss(classes) + " }");
    } else if (oneIn(4)) {
      text += line("phase " + newName("head") + " { epochs = 1; freeze = [\"*.weight\"] }");
      text += line("phase " + newName("all") + " { optimizer = " + optimizer() + " }");
    }
    std::printf("%s}\n", text.c_str());
  }

  std::string height_() const { return cnn::test::text(net.input.height); }
  std::string width_() const { return cnn::test::text(net.input.width); }
  static std::string text(int64_t value) { return cnn::test::text(value); }
};

/// No two networks have one name in lower case, and none has that of an input: names of a file's top level
/// are seen everywhere in it.
std::string networkName(int64_t number) {
  static std::set<std::string> taken;
  std::string name = oneOf(oddNames);
  bool usable = name.size() > 1 && name[0] >= 'a' && name[0] <= 'z' && taken.insert(name).second;
  if (usable) name[0] = char(name[0] - 'a' + 'A');
  for (const char* other : oddNames) usable = usable && name != other;
  return usable ? name : "Net" + text(number);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  int64_t count = std::atoll(argv[1]);
  seed(std::strtoull(argv[2], nullptr, 10));
  std::vector<Network> bodies;
  for (int64_t i = 0; i < count; i += programsOfBody) bodies.push_back(someBody());
  for (int64_t i = 0; i < count; ++i)
    Program(bodies[size_t(pick(0, int64_t(bodies.size()) - 1))], networkName(i), i).print();
}
