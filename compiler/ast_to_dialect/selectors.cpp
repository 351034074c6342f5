#include "ast_to_dialect/selectors.h"

#include <algorithm>

namespace cnn {

std::string Selector::text() const {
  return owner.empty() ? pattern : owner + (parameter.empty() ? "" : "." + parameter);
}

/// `*` within one segment. A star takes as little as it can, and more only when what follows does not fit: no
/// earlier star has to be looked at again, so that the time is at most the product of the lengths.
static bool matchesSegment(std::string_view pattern, std::string_view segment) {
  size_t p = 0, s = 0, star = std::string_view::npos, taken = 0;
  while (s < segment.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = s;
    } else if (p < pattern.size() && pattern[p] == segment[s]) {
      ++p, ++s;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      s = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

static std::pair<std::string_view, std::string_view> split(std::string_view path) {
  size_t dot = path.find('.');
  if (dot == std::string_view::npos) return {path, {}};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

static bool matchesFrom(std::string_view pattern, std::string_view path) {
  while (!pattern.empty()) {
    if (path.empty()) return false;
    auto [wanted, restOfPattern] = split(pattern);
    auto [segment, restOfPath] = split(path);
    if (!matchesSegment(wanted, segment)) return false;
    pattern = restOfPattern;
    path = restOfPath;
  }
  return true;
}

bool matchesPath(std::string_view pattern, std::string_view path) {
  if (!pattern.starts_with("*.")) return matchesFrom(pattern, path);
  for (std::string_view rest = path; !rest.empty(); rest = split(rest).second)
    if (matchesFrom(pattern.substr(2), rest)) return true;
  return false;
}

bool matches(const Selector& selector, std::string_view owner, std::string_view ownerPath,
             std::string_view name) {
  if (!selector.owner.empty())
    return selector.owner == owner && (selector.parameter.empty() || selector.parameter == name);
  std::string path = ownerPath.empty() ? std::string(name) : std::string(ownerPath) + "." + std::string(name);
  return matchesPath(selector.pattern, path);
}

bool matches(const Selection& selection, std::string_view owner, std::string_view ownerPath,
             std::string_view name) {
  bool any = std::any_of(selection.selectors.begin(), selection.selectors.end(),
                         [&](const Selector& s) { return matches(s, owner, ownerPath, name); });
  return any != selection.inverted;
}

} // namespace cnn
