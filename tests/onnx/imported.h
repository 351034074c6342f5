/// A model through the importer, the language and the reference interpreter.
#pragma once

#include "evaluator.h"

#include <optional>

namespace cnn::test {

struct Imported {
  std::string refusal;  ///< why there is no network; empty where there is one
  bool mistake = false; ///< the importer's, as it says itself
  std::vector<Array> outputs;
};

/// Imports the bytes of a model and computes its outputs for inputs in the model's order.
Imported importAndRun(const std::string& bytes, const std::vector<Array>& inputs);

} // namespace cnn::test
