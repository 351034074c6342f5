//===- check.h - Gradients against finite differences --------------------------------------------===//
#ifndef CNN_TESTS_GRADIENTS_CHECK_H
#define CNN_TESTS_GRADIENTS_CHECK_H

#include "program.h"

namespace cnn::test {

/// Compares each parameter's gradient by @train with a five-point central difference of the loss. Returns
/// what differs first, or an empty text. Differentiate first.
std::string compareWithDifferences(Program& program);

/// The names, with their dialect, of @train's ops that the reference interprets.
std::vector<std::string> opsOfTrain(Program& program);

/// A hook for State::afterEach that spoils the results of a function's first op of this name. The first only:
/// some ops are their own gradient's op, and would be wrong alike in both.
std::function<void(mlir::Operation*, std::vector<reference::Tensor>&)> spoil(std::string opName);

} // namespace cnn::test

#endif
