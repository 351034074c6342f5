/// The names that are part of the language, without those of operators.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cnn {

/// Functions on values that are known at compile time; max, min and select are also of tensors.
inline constexpr std::array<std::string_view, 12> builtinFunctions = {
    "ceil", "enumerate", "except", "floor", "len", "max", "min", "reversed", "round", "select", "sum", "zip"};

inline constexpr std::array<std::string_view, 7> elementTypeNames = {"f32", "f64", "bf16", "u8",
                                                                     "i8",  "i32", "i64"};

/// Members of a tensor.
inline constexpr std::array<std::string_view, 5> tensorMembers = {"channels", "height", "rank", "shape",
                                                                  "width"};

inline constexpr std::array<std::string_view, 14> trainSettings = {
    "accumulate", "batch",     "clip_norm", "data", "ema",  "epochs",     "freeze",
    "loss",       "optimizer", "schedule",  "seed", "stop", "validation", "weights"};
inline constexpr std::array<std::string_view, 8> phaseSettings = {
    "accumulate", "batch", "clip_norm", "epochs", "freeze", "optimizer", "schedule", "stop"};
inline constexpr std::array<std::string_view, 5> stepSettings = {"clip_norm", "loss", "optimizer", "schedule",
                                                                 "update"};
inline constexpr std::array<std::string_view, 2> groupSettings = {"lr_scale", "weight_decay"};
inline constexpr std::array<std::string_view, 3> budgetSettings = {"inference_memory", "parameters",
                                                                   "training_memory"};

/// What a setting of a section is about, for editors.
struct SettingMeaning {
  std::string_view name, meaning;
};
inline constexpr std::array<SettingMeaning, 20> settingMeanings = {
    {{"accumulate", "so many batches make one step"},
     {"batch", "images a step"},
     {"clip_norm", "largest norm of the gradients"},
     {"data", "where the training and test data come from"},
     {"ema", "decay of moving averages of all weights, which are evaluated and saved"},
     {"epochs", "passes over the training data"},
     {"freeze", "selectors of what stays as it is"},
     {"inference_memory", "most bytes that inference may hold beside the parameters"},
     {"loss", "what is made small: one value an image, of which the mean is taken"},
     {"lr_scale", "factor of the learning rate"},
     {"optimizer", "how a step changes the parameters"},
     {"parameters", "most numbers that the network may learn"},
     {"schedule", "how the learning rate changes"},
     {"seed", "of first values, shuffling, augmentation, dropout and drawn inputs"},
     {"stop", "an early end: patience(metric, epochs)"},
     {"training_memory", "most bytes that training may hold beside the parameters"},
     {"update", "selectors of what the step changes"},
     {"validation", "share of the training data that is held out and measured after each epoch"},
     {"weight_decay", "share of a parameter that a step takes away"},
     {"weights", "first values from a file: load(…)"}}};
constexpr std::string_view settingMeaning(std::string_view name) {
  for (const SettingMeaning& setting : settingMeanings)
    if (setting.name == name) return setting.meaning;
  return {};
}

/// A kind of machine that budget and kernels sections can be for.
struct Machine {
  std::string_view name;
  int64_t lanes;     ///< f32 values in a vector
  int64_t registers; ///< for vectors
};
inline constexpr std::array<Machine, 4> machines = {
    {{"arm-64", 4, 32}, {"x86-64", 4, 16}, {"x86-64-avx2", 8, 16}, {"x86-64-avx512", 16, 32}}};

} // namespace cnn
