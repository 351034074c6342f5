/// Random ONNX models with inputs for them: most are well formed, some are broken in one place.
#pragma once

#include "evaluator.h"

#include <random>

namespace cnn::test {

/// What a random thing is made of: numbers that are given, or drawn by a seed. All zeros give the simplest.
class Choices {
public:
  explicit Choices(std::vector<uint32_t> given) : given(std::move(given)) {}
  explicit Choices(uint64_t seed) : random(seed), draws(true) {}

  /// From 0 to below `count`.
  size_t below(size_t count) { return next() % count; }
  bool oneIn(size_t count) { return below(count) == count - 1; }
  template <typename T> const T& of(const std::vector<T>& list) { return list[below(list.size())]; }

private:
  std::vector<uint32_t> given;
  std::mt19937_64 random;
  bool draws = false;
  size_t at = 0;

  uint32_t next() {
    if (draws) return static_cast<uint32_t>(random() >> 32);
    return at < given.size() ? given[at++] : 0;
  }
};

struct RandomGraph {
  onnx::ModelProto model;
  Arrays inputs; ///< by name
};

RandomGraph randomGraph(Choices& choices);

} // namespace cnn::test
