#include "ast_to_dialect/operators/reference.h"

#include <algorithm>

namespace cnn {

std::string operatorSignature(const Operator& op) {
  std::string text;
  for (const OperatorArgument& argument : op.arguments) {
    text += (text.empty() ? "" : ", ") + std::string(argument.name);
    if (argument.defaultText == "-")
      text += " = …";
    else if (!argument.required())
      text += " = " + std::string(argument.defaultText);
  }
  return std::string(op.name) + (text.empty() ? "" : "(" + text + ")");
}

/// The operator with a value for each argument that it needs.
static std::string use(const Operator& op, std::string_view tensors) {
  std::string text(tensors);
  for (const OperatorArgument& argument : op.arguments) {
    if (!argument.required()) continue;
    text += text.empty() ? "" : ", ";
    switch (argument.takes) {
    case Takes::String:
      text += "\"path\"";
      break;
    case Takes::Any:
      text += "top1";
      break;
    case Takes::Type:
      text += "f32";
      break;
    case Takes::Float:
      text += "0.1";
      break;
    default: {
      bool size = op.family == Family::Augmentation || op.family == Family::Geometry;
      text += argument.name == "begin" ? "1" : size ? "8" : op.name == "winograd" ? "4" : "3";
    }
    }
  }
  return std::string(op.name) + (text.empty() && !op.isSetting() ? "" : "(" + text + ")");
}

/// A network and its training with one line of the train section.
static std::string training(const std::string& line, bool optimizer) {
  return "network Example {\n  input x: f32[N, 4, 8, 8]\n  output logits = x |> flatten |> linear(10)\n}\n"
         "train Example {\n  input label: i32[N]\n  loss = cross_entropy(logits, label)\n"
         "  metric top1 = accuracy(logits, label)\n" +
         std::string(optimizer ? "  optimizer = adam()\n" : "") + "  " + line + "\n}\n";
}

std::string operatorExample(const Operator& op) {
  switch (op.family) {
  case Family::Layer: {
    std::string before = op.name == "linear" ? "flatten |> " : "";
    std::string value = op.subjects < 0 ? use(op, "[x, x]") : "x |> " + before + use(op, "");
    std::string element = op.elements == Elements::Bytes || op.name == "cast" ? "u8" : "f32";
    return "network Example {\n  input x: " + element + "[N, 4, 8, 8]\n  output y = " + value + "\n}\n";
  }
  case Family::Loss:
  case Family::Metric: {
    static constexpr std::string_view ofValues[] = {"bce_with_logits", "huber", "l1", "mse"};
    std::string target = std::ranges::count(ofValues, op.name) ? "f32[N, 10]" : "i32[N]";
    std::string line =
        op.family == Family::Loss
            ? "loss = " + use(op, "logits, label")
            : "loss = cross_entropy(logits, label)\n  metric measure = " + use(op, "logits, label");
    return "network Example {\n  input x: f32[N, 4, 8, 8]\n  output logits = x |> flatten |> linear(10)\n}\n"
           "train Example {\n  input label: " +
           target + "\n  " + line + "\n  optimizer = adam()\n}\n";
  }
  case Family::Optimizer:
    return training("optimizer = " + use(op, ""), false);
  case Family::Schedule:
    return training("schedule = " + use(op, ""), true);
  case Family::Data:
    return training("data = " + use(op, ""), true);
  case Family::Geometry: {
    std::string after = op.name == "resize" ? " |> center_crop(8)" : "";
    return "network Example {\n  input x: u8[N, 4, 8, 8]\n  preprocess x = " + use(op, "") + after +
           "\n  output y = x |> to_float\n}\n";
  }
  case Family::Augmentation:
    return training("augment x = " + use(op, ""), true);
  case Family::Setting:
    return training((op.name == "load" ? "weights = " : "validation = 0.1; stop = ") + use(op, ""), true);
  case Family::Algorithm:
    return "network Example {\n  input x: f32[N, 4, 8, 8]\n  output y = x |> conv(8, 3)\n}\n"
           "kernels Example { conv = " +
           use(op, "") + " }\n";
  case Family::Initialiser:
    return "network Example {\n  input x: f32[N, 4, 8, 8]\n  init [conv] = " + use(op, "") +
           "\n  output y = x |> conv(8, 3)\n}\n";
  }
  return "";
}

static std::string entry(const Operator& op) {
  std::string text = "**`" + operatorSignature(op) + "`** — " + std::string(op.documentation);
  if (!op.source.empty()) text += " (" + std::string(op.source) + ")";
  text += "\n";
  for (const OperatorArgument& argument : op.arguments)
    text += "- `" + std::string(argument.name) + "`: " + std::string(argument.documentation) + " (" +
            std::string(describe(argument.takes)) + (argument.namedOnly ? ", by name only" : "") + ")\n";
  return text + "\n";
}

std::string operatorReference() {
  static constexpr std::pair<Family, std::string_view> families[] = {
      {Family::Layer, "Layers"},
      {Family::Loss, "Losses"},
      {Family::Metric, "Metrics"},
      {Family::Optimizer, "Optimizers"},
      {Family::Schedule, "Schedules"},
      {Family::Initialiser, "First values"},
      {Family::Data, "Data"},
      {Family::Geometry, "Pictures"},
      {Family::Augmentation, "Pictures in training"},
      {Family::Algorithm, "Kernels"},
      {Family::Setting, "Other settings"}};
  std::string text;
  for (auto& [family, title] : families) {
    text += "### " + std::string(title) + "\n\n";
    for (const Operator& op : allOperators())
      if (op.family == family) text += entry(op);
  }
  return text;
}

} // namespace cnn
