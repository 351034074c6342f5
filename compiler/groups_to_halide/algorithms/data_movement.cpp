//===- data_movement.cpp - Between the caller's memory and lane layouts
//-----------------------------------===//

#include "registry.h"

using namespace Halide;

namespace cnn::kernel {

namespace {

/// Batch lanes to plain images: the output's last dimension is the image, below the scalar `images`.
Value store(Builder& b, const Op& op) {
  Value x = b.operand(op, 0);
  Value value = b.result(op, x, [=](const Coordinates& at) {
    Coordinates read{at.back()};
    read.insert(read.end(), at.begin(), at.end() - 1);
    return x.at(read);
  });
  value.layout = Layout::plain;
  return value;
}

constexpr Operation operations[] = {
    {"store", store},
};

} // namespace

std::span<const Operation> dataMovementOperations() {
  return operations;
}

} // namespace cnn::kernel
