//===- bare_model.cpp - A model with parameters and no code -----------------------------------------===//

#include "bare_model.h"

#include "groups_to_llvm/tables.h"

#include <algorithm>

namespace cnn::tools {

void BareModel::add(std::string name, const std::vector<int64_t>& shape, uint64_t offset, uint32_t flags) {
  cnn_parameter& parameter = parameters.emplace_back();
  parameter.name = names.emplace_back(std::move(name)).c_str();
  parameter.rank = static_cast<int32_t>(shape.size());
  parameter.flags = flags;
  std::copy(shape.begin(), shape.end(), parameter.shape);
  parameter.offset = offset;
}

Status BareModel::open(uint64_t floats, const char* meaning) {
  description.size = sizeof(description);
  description.version = CNN_ABI_VERSION;
  description.name = network.c_str();
  description.cnnc_version = cnncVersion;
  description.target = "";
  description.meaning = meaning;
  description.parameters = parameters.data();
  description.parameter_count = static_cast<uint32_t>(parameters.size());
  description.parameter_floats = floats;
  description.max_batch = 1;
  inference.size = sizeof(inference);
  inference.version = CNN_ABI_VERSION;
  inference.description = &description;
  Result<Model> created = Model::create(inference, {.threads = 1});
  if (!created) return std::move(created).error();
  model.emplace(*std::move(created));
  return {};
}

} // namespace cnn::tools
