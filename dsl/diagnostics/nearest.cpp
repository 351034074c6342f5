/// Which known name a word may be a slip of.
#include "dsl/diagnostics/diagnostics.h"

#include <algorithm>

namespace cnn {

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

static bool sameIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// Optimal string alignment distance, on lower-cased ASCII.
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> beforePrevious, previous(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t cost = lower(a[i - 1]) != lower(b[j - 1]);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost});
      bool swapped =
          i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], beforePrevious[j - 2] + 1);
    }
    beforePrevious = previous;
    std::swap(previous, current);
  }
  return previous[b.size()];
}

/// The distance of two words that a reader would take for each other; nothing for others. Short words differ
/// by their letters: in three of them none is replaced by another. Longer ones may hold two slips.
static std::optional<size_t> nearDistance(std::string_view word, std::string_view candidate) {
  if (sameIgnoringCase(word, candidate)) return 0;
  size_t shorter = std::min(word.size(), candidate.size()), longer = std::max(word.size(), candidate.size());
  size_t most = shorter < 2 ? 0 : shorter < 7 ? 1 : 2;
  if (longer - shorter > most || longer > 256) return std::nullopt;
  size_t distance = editDistance(word, candidate);
  bool replaced = distance == 1 && shorter == longer && [&] {
    std::string a(word), b(candidate); // the same letters in another order are a swap
    std::ranges::transform(a, a.begin(), lower), std::ranges::transform(b, b.begin(), lower);
    std::ranges::sort(a), std::ranges::sort(b);
    return a != b;
  }();
  if (distance > most || (shorter < 4 && replaced)) return std::nullopt;
  return distance;
}

/// conv1 and conv2 differ on purpose.
static bool digitsDiffer(std::string_view a, std::string_view b) {
  auto digits = [](std::string_view word) {
    std::string result;
    for (char c : word)
      if (c >= '0' && c <= '9') result += c;
    return result;
  };
  return digits(a) != digits(b);
}

/// Whether the word is the candidate with one letter typed twice.
static bool hasDoubledLetter(std::string_view word, std::string_view candidate) {
  for (size_t i = 1; i < word.size(); ++i)
    if (word[i] == word[i - 1] &&
        std::string(word.substr(0, i)) + std::string(word.substr(i + 1)) == candidate)
      return true;
  return false;
}

Guess nearest(std::string_view word, std::span<const std::string_view> candidates) {
  Guess best;
  size_t bestDistance = 0;
  bool alone = true;
  for (std::string_view candidate : candidates) {
    if (candidate.empty() || candidate == word || candidate == best.word) continue;
    std::optional<size_t> distance = nearDistance(word, candidate);
    if (!distance) continue;
    if (best.empty() || *distance < bestDistance) {
      best.word = candidate;
      bestDistance = *distance;
      alone = true;
    } else if (*distance == bestDistance) {
      alone = false;
    }
  }
  if (best.empty()) return best;
  bool slip = bestDistance == 0 || hasDoubledLetter(word, best.word) ||
              (bestDistance == 1 && std::min(word.size(), best.word.size()) >= 4 &&
               lower(word[0]) == lower(best.word[0]) && !digitsDiffer(word, best.word));
  best.sure = alone && slip;
  return best;
}

Guess nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return nearest(word, views);
}

} // namespace cnn
