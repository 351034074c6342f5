#include "ast_to_dialect/evaluate/selectors.h"

#include <cnn/path_pattern.hpp>

#include <algorithm>

namespace cnn {

std::string Selector::text() const {
  return owner.empty() ? pattern : owner + (parameter.empty() ? "" : "." + parameter);
}

bool matches(const Selector& selector, std::string_view owner, std::string_view ownerPath,
             std::string_view name) {
  if (!selector.owner.empty())
    return selector.owner == owner && (selector.parameter.empty() || selector.parameter == name);
  std::string path = ownerPath.empty() ? std::string(name) : std::string(ownerPath) + "." + std::string(name);
  return matches_path(selector.pattern, path);
}

bool matches(const Selection& selection, std::string_view owner, std::string_view ownerPath,
             std::string_view name) {
  bool any = std::any_of(selection.selectors.begin(), selection.selectors.end(),
                         [&](const Selector& s) { return matches(s, owner, ownerPath, name); });
  return any != selection.inverted;
}

} // namespace cnn
