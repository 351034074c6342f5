// Numbers that are none end a run before they are saved.
#include "../model/finite.h"
#include "evaluate.h"
#include "training_run.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

/// A number that is none, without NaN's sign.
const char* notFiniteText(double value) {
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

} // namespace

/// "epoch 3, step 17 of 94", with the phase before it where there are several.
std::string TrainingRun::place(std::int64_t step) const {
  std::string name = phases() > 1 ? "phase " + std::string(phase().name) + ", " : "";
  return name + "epoch " + std::to_string(at.epoch + 1) + ", step " + std::to_string(step) + " of " +
         std::to_string(schedules[0].steps_per_epoch);
}

Status TrainingRun::checkFirstWeights(const std::string& source) const {
  Text lines;
  if (listNotFinite(model.description(), cnn_model_parameters(model.handle()), lines) == 0) return {};
  return Status::error(CNN_ERROR_FORMAT, "%s: training cannot begin with values that are NaN or infinite:%s",
                       source.c_str(), lines.c_str());
}

/// Nothing that is saved holds a weight or a statistic that is not a number.
Status TrainingRun::checkWeights() const {
  Text lines;
  if (listNotFinite(model.description(), cnn_model_parameters(model.handle()), lines) == 0) return {};
  return Status::error(CNN_ERROR_STATE,
                       "%s: weights are NaN or infinite: training ends, and they are not saved; likely a "
                       "learning rate that is too high (%g): try a lower one, or clip_norm:%s",
                       place(stepsDone()).c_str(), rates[0], lines.c_str());
}

/// A loss that is no number, with what in the batch is the cause or what likely is.
Status TrainingRun::notFinite(const char* what, double value, const Batch& batch, double rate) const {
  std::vector<const cnn_tensor*> inputs = dataInputs(table);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i] || inputs[i]->element != CNN_F32) continue;
    auto elements = static_cast<std::uint64_t>(sampleElements(*inputs[i]));
    const auto* values = static_cast<const float*>(batch.inputs[i]);
    std::uint64_t found = countNotFinite(values, elements * static_cast<std::uint64_t>(batch.count));
    if (found > 0)
      return Status::error(CNN_ERROR_FORMAT,
                           "%s: the %s is %s: the batch's data holds %llu values of %s that are NaN or "
                           "infinite; training ends, and nothing is saved",
                           place(at.position / accumulate + 1).c_str(), what, notFiniteText(value),
                           static_cast<unsigned long long>(found), inputs[i]->name);
  }
  return Status::error(CNN_ERROR_STATE,
                       "%s: the %s is %s: training diverged and ends, and nothing is saved; likely a "
                       "learning rate that is too high (%g): try a lower one, or clip_norm; or data that "
                       "is too large: try mean and std",
                       place(at.position / accumulate + 1).c_str(), what, notFiniteText(value), rate);
}

} // namespace cnn
