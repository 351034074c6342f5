//===- network.cpp - What random networks are drawn from -----------------------------------------------===//
#include "network.h"

#include <random>

namespace cnn::test {

static std::mt19937_64 engine;

void seed(uint64_t number) {
  engine.seed(number);
}
int64_t pick(int64_t low, int64_t high) {
  return low + int64_t(engine() % uint64_t(high - low + 1));
}
bool coin() {
  return pick(0, 1) == 1;
}
std::string text(int64_t value) {
  return std::to_string(value);
}
std::string pair(int64_t y, int64_t x) {
  std::string list = "[";
  return list.append(text(y)).append(", ").append(text(x)).append("]");
}

Picture somePicture(int64_t mostChannels) {
  return {pick(1, mostChannels), pick(1, 11), pick(1, 11)};
}

Network chain(Picture input, const std::string& operators, bool first) {
  Network net;
  net.input = input;
  net.body = "x |> " + operators;
  net.first = first;
  return net;
}

} // namespace cnn::test
