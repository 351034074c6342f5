/// Which known name a word may be a slip of.
#include "dsl/diagnostics/diagnostics.h"

#include <algorithm>
#include <array>

namespace cnn {

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

static bool sameIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

constexpr size_t longest = 256; ///< word that anything is near to

/// Optimal string alignment distance, on lower-cased ASCII, of words of at most `longest` letters; more than
/// `most` where it is more than that. Only cells so near to the diagonal are looked at.
static size_t editDistance(std::string_view a, std::string_view b, size_t most) {
  std::array<size_t, longest + 2> rows[3];
  size_t *beforePrevious = rows[0].data(), *previous = rows[1].data(), *current = rows[2].data();
  for (size_t j = 0; j <= std::min(b.size(), most + 1); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t first = i > most ? i - most : 1, last = std::min(b.size(), i + most);
    current[first - 1] = first == 1 ? i : most + 1;
    size_t best = current[first - 1];
    for (size_t j = first; j <= last; ++j) {
      size_t cost = lower(a[i - 1]) != lower(b[j - 1]);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost});
      bool swapped =
          i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], beforePrevious[j - 2] + 1);
      best = std::min(best, current[j]);
    }
    current[last + 1] = most + 1;
    if (best > most) return most + 1;
    std::swap(beforePrevious, previous);
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
  if (longer - shorter > most || longer > longest) return std::nullopt;
  size_t distance = editDistance(word, candidate, most);
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
