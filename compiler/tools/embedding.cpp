//===- embedding.cpp - Weights that become part of the library --------------------------------------===//

#include "embedding.h"

#include "frontend.h"

#include <cnn/model.hpp>

#include <algorithm>

namespace cnn::tools {
namespace {

std::vector<cnn_parameter> parametersOf(const NetworkPlan& network) {
  std::vector<cnn_parameter> all;
  for (const ParameterInfo& info : network.parameters) {
    cnn_parameter& parameter = all.emplace_back();
    parameter.name = info.name.c_str();
    parameter.rank = static_cast<int32_t>(info.shape.size());
    parameter.flags = info.trainingOnly ? CNN_TRAINING_ONLY : 0;
    std::copy(info.shape.begin(), info.shape.end(), parameter.shape);
    parameter.offset = static_cast<uint64_t>(info.offset);
  }
  return all;
}

} // namespace

// The runtime reads the file into a model that has parameters and no code, so that what fits, and what is
// said of what does not, is the same as when a program loads it. The code itself may be for another machine.
bool readWeightsToEmbed(const std::string& file, const NetworkPlan& network, std::vector<float>& masters) {
  std::vector<cnn_parameter> parameters = parametersOf(network);
  cnn_description description{};
  description.size = sizeof(description);
  description.version = CNN_ABI_VERSION;
  description.name = network.name.c_str();
  description.target = network.target.c_str();
  description.parameters = parameters.data();
  description.parameter_count = static_cast<uint32_t>(parameters.size());
  description.parameter_floats = static_cast<uint64_t>(network.parameterFloats);
  description.max_batch = 1;
  cnn_inference inference{};
  inference.size = sizeof(inference);
  inference.version = CNN_ABI_VERSION;
  inference.description = &description;

  Result<Model> model = Model::create(inference, {.threads = 1});
  if (!model) return fail(model.message()) == 0;
  if (Status loaded = model->load(file.c_str()); !loaded) return fail(loaded.message()) == 0;
  const float* floats = cnn_model_parameters(model->handle());
  masters.assign(floats, floats + network.parameterFloats);
  return true;
}

} // namespace cnn::tools
