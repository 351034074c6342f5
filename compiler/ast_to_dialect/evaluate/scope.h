/// Where an expression is evaluated: the names it sees, and the block that is being applied.
#pragma once

#include "ast_to_dialect/evaluate/value.h"

namespace cnn {

/// Names that a body or block has declared.
struct Environment {
  Environment* parent = nullptr;
  std::map<std::string_view, Value> names;
  Value* find(std::string_view name);
};

/// One application of a block or network: the scope of paths.
struct Instance {
  std::string path; ///< of the application; empty for the network itself
  Instance* caller = nullptr;
  Span callSpan;
  std::string name;      ///< of the block
  bool repeated = false; ///< a further application of shared parameters
  uint32_t depth = 0;
  std::map<std::string, int, std::less<>> counters;
};

/// Where an expression is evaluated.
struct Frame {
  const Module* module = nullptr;
  Environment* environment = nullptr;
  Instance* instance = nullptr; ///< null where no layers can be built
};

/// What is known about the path of an application before its own label is seen.
struct PathHint {
  std::string prefix;                  ///< of the named chain around it
  std::optional<std::string> label;    ///< given with '@' at the application
  std::optional<std::string> position; ///< its place in the named chain
  Span span;
};

/// A path and what is below it; either may be empty.
std::string joined(const std::string& path, std::string_view rest);

} // namespace cnn
