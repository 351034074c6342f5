// Patterns over the paths of parameters: the one meaning that they have in the language and at run time.
#ifndef CNN_PATH_PATTERN_HPP
#define CNN_PATH_PATTERN_HPP

#include <cnn/cxx20.hpp>
#ifdef CNN_CXX20

#include <string_view>
#include <utility>

namespace cnn {
namespace path_pattern {

/// `*` within one segment. A star takes as little as it can, and more only when what follows does not fit: no
/// earlier star has to be looked at again, so that the time is at most the product of the lengths.
inline bool matches_segment(std::string_view pattern, std::string_view segment) {
  std::size_t p = 0, s = 0, star = std::string_view::npos, taken = 0;
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

inline std::pair<std::string_view, std::string_view> split(std::string_view path) {
  std::size_t dot = path.find('.');
  if (dot == std::string_view::npos) return {path, {}};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

inline bool matches_from(std::string_view pattern, std::string_view path) {
  while (!pattern.empty()) {
    if (path.empty()) return false;
    auto [wanted, rest_of_pattern] = split(pattern);
    auto [segment, rest_of_path] = split(path);
    if (!matches_segment(wanted, segment)) return false;
    pattern = rest_of_pattern;
    path = rest_of_path;
  }
  return true;
}

} // namespace path_pattern

/// A pattern matches whole segments and covers all below: "layer1" matches layer1.0.conv1 and not layer10;
/// `*` stands for any run of characters within a segment, and a leading "*." for any number of segments.
inline bool matches_path(std::string_view pattern, std::string_view path) {
  if (!pattern.starts_with("*.")) return path_pattern::matches_from(pattern, path);
  for (std::string_view rest = path; !rest.empty(); rest = path_pattern::split(rest).second)
    if (path_pattern::matches_from(pattern.substr(2), rest)) return true;
  return false;
}

} // namespace cnn
#endif
#endif
