//===- bare_model.h - A model with parameters and no code -------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_BARE_MODEL_H
#define CNN_COMPILER_TOOLS_BARE_MODEL_H

#include <cnn/model.hpp>

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace cnn::tools {

/// Reads and writes files of weights as a program with the network's library does, with the same messages.
/// Add all parameters, then open it.
class BareModel {
public:
  explicit BareModel(std::string network) : network(std::move(network)) {}
  BareModel(const BareModel&) = delete;

  /// `offset` in floats.
  void add(std::string name, const std::vector<int64_t>& shape, uint64_t offset, uint32_t flags = 0);
  /// `meaning`: see cnn_description; it must stay.
  Status open(uint64_t floats, const char* meaning = nullptr);
  Model& operator*() { return *model; }
  Model* operator->() { return &*model; }
  float* floats() { return cnn_model_parameters(model->handle()); }

private:
  std::string network;
  std::deque<std::string> names;
  std::vector<cnn_parameter> parameters;
  cnn_description description{};
  cnn_inference inference{};
  std::optional<Model> model;
};

} // namespace cnn::tools

#endif
