//===- random_networks.cpp - Prints small networks of random shape around one operator -----------------===//
//
// random_networks FAMILY COUNT SEED prints a .cnn file with COUNT random networks of the family, or, where
// COUNT is `nasty`, with its nasty ones; FAMILY `all` prints those of every family. Without arguments it
// prints the families' names. `cnnc verify` then compares the compiled code with the reference interpreter:
// outputs, loss, every gradient, every statistic.
//
//===---------------------------------------------------------------------------------------------------===//
#include "network.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace cnn::test;

namespace {

std::vector<Family> families() {
  std::vector<Family> all;
  for (const auto& some :
       {windowFamilies(), pointFamilies(), arithmeticFamilies(), kernelFamilies(), mixedFamilies()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

std::string typeOf(const Network& net) {
  const Picture& p = net.input;
  std::string height = net.signal ? "" : ", " + text(p.height);
  return std::string(net.bytes ? "u8" : "f32") + "[N, " + text(p.channels) + height + ", " + text(p.width) +
         "]";
}

std::string maskOf(const Network& net) {
  return std::string("mask: ") + (net.maskBytes ? "u8" : "i32") + "[N, " +
         (net.signal ? "" : text(net.input.height) + ", ") + text(net.input.width) + "]";
}

void print(const std::string& name, const Network& net) {
  std::printf("network %s {\n  input picture: %s\n%s", name.c_str(), typeOf(net).c_str(),
              net.parameters.c_str());
  std::string x =
      net.first && !net.bytes ? "picture |> conv(" + text(net.input.channels) + ", 1)" : "picture";
  std::printf("  let x = %s\n%s  let body = %s\n", x.c_str(), net.lets.c_str(), net.body.c_str());
  bool pixels = !net.mask.empty();
  std::printf("  output y = body%s\n}\n", pixels         ? " |> conv(3, 1)"
                                          : net.features ? " |> linear(3)"
                                                         : " |> flatten |> linear(3)");
  bool classes = !pixels && net.loss.find("label") != std::string::npos;
  bool whole = net.loss.find("number") != std::string::npos;
  std::printf("train %s {\n  input %s\n  loss = %s\n", name.c_str(),
              pixels    ? maskOf(net).c_str()
              : classes ? "label: i32[N]"
              : whole   ? "number: i32[N, 3]"
                        : "target: f32[N, 3]",
              net.loss.c_str());
  if (classes) std::printf("  metric top1 = accuracy(y, label)\n");
  if (pixels) std::printf("  metric right = %s\n", net.mask.c_str());
  std::printf("  optimizer = sgd(lr = 0.1)\n}\n");
  if (!net.kernels.empty()) std::printf("kernels %s { %s }\n", name.c_str(), net.kernels.c_str());
}

/// A network's name: Conv3, LeakyRelu0.
std::string nameOf(const std::string& family, int64_t number) {
  std::string name;
  bool upper = true;
  for (char c : family) {
    if (c != '_') name += upper ? char(c - 'a' + 'A') : c;
    upper = c == '_';
  }
  return name + text(number);
}

void print(const Family& family, const char* count) {
  int64_t number = 0;
  if (std::strcmp(count, "nasty") == 0)
    for (const Network& net : family.nasty) print(nameOf(family.name, number++), net);
  for (int64_t i = 0; i < std::atoll(count); ++i) print(nameOf(family.name, number++), family.random());
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    for (const Family& family : families()) std::printf("%s\n", family.name.c_str());
    return argc == 1 ? 0 : 2;
  }
  seed(std::strtoull(argv[3], nullptr, 10));
  bool found = false;
  for (const Family& family : families()) {
    if (std::strcmp(argv[1], "all") != 0 && family.name != argv[1]) continue;
    print(family, argv[2]);
    found = true;
  }
  if (!found) std::fprintf(stderr, "random_networks: there is no family '%s'\n", argv[1]);
  return found ? 0 : 2;
}
