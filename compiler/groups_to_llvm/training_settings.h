//===- training_settings.h - A train section as plain data ---------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_TRAINING_SETTINGS_H
#define CNN_COMPILER_GROUPS_TO_LLVM_TRAINING_SETTINGS_H

#include <cnn/recipe.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace mlir {
class ArrayAttr;
class DictionaryAttr;
} // namespace mlir

namespace cnn {

/// Fields as in cnn_training (runtime/abi/include/cnn/abi.h), numbers of enums included.
struct TrainingSettings {
  struct Argument {
    std::string name, value;
  };
  struct Setting {
    std::string name;
    std::vector<Argument> arguments;
  };
  struct Augment : Setting {
    std::vector<int64_t> inputs; ///< indices of @train's arguments, the network's inputs first
  };
  struct Metric {
    std::string name, kind;
    int32_t output = 0, target = 0;
    bool percent = false, higherIsBetter = false;
  };
  struct Group {
    std::vector<std::string> parameters;
    double lrScale = std::numeric_limits<double>::quiet_NaN();
    double weightDecay = std::numeric_limits<double>::quiet_NaN();
  };

  struct Draw {
    int64_t input = 0; ///< index among the network's inputs
    std::string kind = "normal";
    double a = 0, b = 1;
  };

  /// What the labels of an input may be.
  struct Labels {
    int32_t input = 0, classes = 0;
    std::optional<int32_t> ignored;
  };

  /// A phase, or a step.
  struct Phase {
    std::string name;                ///< empty where the section has neither
    std::vector<std::string> frozen; ///< parameters that only others train
    int32_t optimizer = CNN_SGD;
    cnn_hyper hyper = {};
    int32_t schedule = CNN_CONSTANT;
    cnn_schedule_arguments scheduleArguments = {};
    int64_t batch = 1, epochs = 1, accumulate = 1;
    int32_t stopMetric = 0; ///< index into metrics
    int64_t stopEpochs = 0; ///< 0: no early end
    std::vector<Group> groups;
  };

  std::vector<Phase> phases; ///< at least one
  bool steps = false;        ///< they are steps: all of them run on each batch
  uint64_t seed = 0;
  double validation = 0, ema = 0;
  std::optional<Setting> data, weights;
  std::vector<Augment> augments;
  std::vector<Draw> draws;
  std::vector<Labels> labels;
  std::vector<Metric> metrics; ///< the loss, or the steps' losses, first

  size_t losses() const { return steps ? phases.size() : 1; }
};

/// Reads a list of changes of pictures: `augments` of `training`, or a network's `preprocess`.
bool readPictureChanges(mlir::ArrayAttr list, std::vector<TrainingSettings::Augment>& changes,
                        std::string& error);

/// Reads a network's `training` attribute (compiler/dialect/README.md). False, with a message, when a key is
/// missing or of another type.
bool readTrainingSettings(mlir::DictionaryAttr attribute, TrainingSettings& settings, std::string& error);

} // namespace cnn

#endif
