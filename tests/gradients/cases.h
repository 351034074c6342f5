//===- cases.h - The ops under test, with random and with nasty shapes ---------------------------===//
#ifndef CNN_TESTS_GRADIENTS_CASES_H
#define CNN_TESTS_GRADIENTS_CASES_H

#include "program.h"

#include <functional>

namespace cnn::test {

/// A family of cases: a case of random shape, and cases of one nasty shape each.
struct Family {
  using Build = std::function<std::unique_ptr<Program>(mlir::MLIRContext&, Random&)>;
  std::string name;
  Build random;
  std::vector<std::pair<std::string, Build>> nasty;
};

std::vector<Family> windowFamilies(); ///< convolution, pooling
std::vector<Family> opFamilies();     ///< everything else

} // namespace cnn::test

#endif
