/// Selectors: which parameters of a network a setting is about.
#pragma once

#include "dsl/source/source.h"

#include <string>
#include <string_view>
#include <vector>

namespace cnn {

/// One selector as written: a pattern over paths, or an operator's or block's name with or without a
/// parameter's.
struct Selector {
  std::string pattern;   ///< "layer1", "*.bias"; empty for a selector by operator
  std::string owner;     ///< conv
  std::string parameter; ///< weight; empty: all of them
  Span span;
  std::string text() const;
};

/// A list of selectors, or all but those.
struct Selection {
  std::vector<Selector> selectors;
  bool inverted = false;
};

/// Whether a selector covers the parameter `name` of the operator `owner` at `ownerPath`.
bool matches(const Selector& selector, std::string_view owner, std::string_view ownerPath,
             std::string_view name);
bool matches(const Selection& selection, std::string_view owner, std::string_view ownerPath,
             std::string_view name);

} // namespace cnn
