//===- embedding.cpp - Weights that become part of the library --------------------------------------===//

#include "embedding.h"

#include "bare_model.h"
#include "frontend.h"
#include "load_weights.h"

namespace cnn::tools {

bool readWeightsToEmbed(const std::string& file, LibraryPlan& plan) {
  const NetworkPlan& network = plan.network;
  BareModel model(network.name); // the code itself may be for another machine
  for (const ParameterInfo& info : network.parameters)
    model.add(info.name, info.shape, static_cast<uint64_t>(info.offset),
              info.trainingOnly ? CNN_TRAINING_ONLY : 0);
  if (Status bad = model.open(static_cast<uint64_t>(network.parameterFloats), plan.meaning.c_str()); !bad)
    return fail(bad.message()) == 0;
  if (Status bad = loadWeights(*model, file); !bad) return fail(bad.message()) == 0;
  plan.weights.assign(model.floats(), model.floats() + network.parameterFloats);
  if (plan.labels.empty())
    while (const char* name = model->class_name(static_cast<int64_t>(plan.labels.size())))
      plan.labels.push_back(name);
  return true;
}

} // namespace cnn::tools
