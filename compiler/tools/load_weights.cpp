//===- load_weights.cpp - Weights from a file, with what is likely wrong about them -----------------===//

#include "load_weights.h"

#include "frontend.h"

namespace cnn::tools {

Status loadWeights(Model& model, const std::string& file) {
  if (Status bad = model.load(file.c_str()); !bad) return bad;
  std::string warning = model.warning();
  if (warning.ends_with('\n')) warning.pop_back();
  if (!warning.empty()) warn(warning);
  return {};
}

} // namespace cnn::tools
