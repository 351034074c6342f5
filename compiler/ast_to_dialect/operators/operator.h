/// The built-in operators: one table for elaboration, suggestions, and documentation.
#pragma once

#include "dsl/diagnostics/diagnostics.h"

#include <span>
#include <string_view>
#include <vector>

namespace cnn {

class Application;
class Value;

/// What kind of thing a name of the table stands for.
enum class Family : uint8_t {
  Layer,     ///< applied to tensors, may have parameters
  Loss,      ///< applied to predictions and targets, gives one value an image
  Metric,    ///< the same, without a gradient
  Optimizer, ///< the rest are settings: a call gives a record of its arguments
  Schedule,
  Data,
  Initialiser,
  Geometry,     ///< of pictures before they reach the network
  Augmentation, ///< the same at random, in training
  Algorithm,    ///< of a convolution, in kernels sections
  Setting,
};

/// What an argument takes.
enum class Takes : uint8_t {
  Int,
  Float,
  Bool,
  String,
  Ints,    ///< one whole number for all spatial dimensions, or a list with one for each
  Padding, ///< Ints, or "same", or "valid"
  Floats,  ///< one number, or a list
  Strings, ///< a list of selectors
  Type,    ///< an element type
  Tile,    ///< a list of two or three whole numbers
  Any,
};

std::string_view describe(Takes takes);

/// Which elements the tensors of a layer may have.
enum class Elements : uint8_t { Real, Bytes, Any };

std::string_view describe(Elements elements);

struct OperatorArgument {
  std::string_view name;
  Takes takes;
  /// As written in the language; empty where the argument must be given, "-" where leaving it out has a
  /// meaning of its own.
  std::string_view defaultText;
  std::string_view documentation;
  std::vector<std::string_view> words = {}; ///< the only strings that it takes, where these are known
  bool namedOnly = false;                   ///< never by its place
  bool required() const { return defaultText.empty(); }
};

struct Operator {
  std::string_view name;
  Family family;
  /// Number of tensors that it is applied to; -1: a list of them. 0 for settings.
  int subjects;
  std::vector<OperatorArgument> arguments;
  /// Shapes and meaning, in a line or two.
  std::string_view documentation;
  /// Where the definition or the default numbers come from.
  std::string_view source;
  /// Builds the ops; null for settings.
  Value (*build)(Application&) = nullptr;
  Elements elements = Elements::Real;

  bool isSetting() const { return subjects == 0; }
  const OperatorArgument* argument(std::string_view argumentName) const;
};

/// All of them, in order of name.
std::span<const Operator> allOperators();
/// The operator of this name, or null.
const Operator* findOperator(std::string_view name);

/// The tables that allOperators is made of, a file each.
std::vector<Operator> convolutionOperators();
std::vector<Operator> poolingOperators();
std::vector<Operator> normalisationOperators();
std::vector<Operator> activationOperators();
std::vector<Operator> composedOperators();
std::vector<Operator> shapeOperators();
std::vector<Operator> pictureOperators();
std::vector<Operator> lossOperators();
std::vector<Operator> trainingSettings();
std::vector<Operator> dataSettings();
std::vector<Operator> pictureSettings();
std::vector<Operator> initialisers();
std::vector<Operator> algorithms();

} // namespace cnn
