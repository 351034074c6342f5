#include "dsl/fmt/diff.h"

#include <algorithm>
#include <vector>

namespace cnn {

namespace {

/// With their line ends, so that a missing last one is a difference.
std::vector<std::string_view> linesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

/// Lines [beginA, endA) of the one text stand where lines [beginB, endB) of the other do.
struct Change {
  size_t beginA, endA, beginB, endB;
};

/// Beyond so many edits the search would take long, and its result would be no better to read.
constexpr int maxEdits = 1000;

/// The shortest list of changes (Myers 1986, "An O(ND) Difference Algorithm and Its Variations").
class Comparison {
public:
  Comparison(std::string_view before, std::string_view after) : a(linesOf(before)), b(linesOf(after)) {}

  std::vector<Change> run() {
    size_t head = 0, tail = 0, most = std::min(a.size(), b.size());
    while (head < most && a[head] == b[head]) ++head;
    while (tail < most - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
    offset = static_cast<int>(head);
    sizeA = static_cast<int>(a.size() - head - tail);
    sizeB = static_cast<int>(b.size() - head - tail);
    if (!search()) return {{head, a.size() - tail, head, b.size() - tail}};
    return trace();
  }

  const std::vector<std::string_view> a, b;

private:
  /// reached[d][k + d]: how far in `a` diagonal k = x - y gets with d edits.
  bool search() {
    for (int d = 0; d <= std::min(maxEdits, sizeA + sizeB); ++d) {
      std::vector<int> row(static_cast<size_t>(2 * d + 1));
      for (int k = -d; k <= d; k += 2) {
        int x = d == 0 ? 0 : fromAbove(d, k) ? at(d - 1, k + 1) : at(d - 1, k - 1) + 1;
        while (x < sizeA && x - k < sizeB && same(x, x - k)) ++x;
        row[static_cast<size_t>(k + d)] = x;
        if (x < sizeA || x - k < sizeB) continue;
        reached.push_back(std::move(row));
        return true;
      }
      reached.push_back(std::move(row));
    }
    return false;
  }

  bool same(int x, int y) const {
    return a[static_cast<size_t>(offset + x)] == b[static_cast<size_t>(offset + y)];
  }
  int at(int d, int k) const { return reached[static_cast<size_t>(d)][static_cast<size_t>(k + d)]; }
  /// The last edit on the way to diagonal k inserted a line of `b`, rather than removing one of `a`.
  bool fromAbove(int d, int k) const { return k == -d || (k != d && at(d - 1, k - 1) < at(d - 1, k + 1)); }

  std::vector<Change> trace() const {
    std::vector<Change> changes;
    int k = sizeA - sizeB;
    for (int d = static_cast<int>(reached.size()) - 1; d > 0; --d) {
      bool inserted = fromAbove(d, k);
      k += inserted ? 1 : -1;
      int x = at(d - 1, k), y = x - k;
      auto place = [&](int i) { return static_cast<size_t>(offset + i); };
      Change one{place(x), place(x + !inserted), place(y), place(y + inserted)};
      if (!changes.empty() && changes.back().beginA == one.endA && changes.back().beginB == one.endB)
        changes.back().beginA = one.beginA, changes.back().beginB = one.beginB;
      else
        changes.push_back(one);
    }
    std::reverse(changes.begin(), changes.end());
    return changes;
  }

  std::vector<std::vector<int>> reached;
  int offset = 0, sizeA = 0, sizeB = 0;
};

void append(std::string& out, char mark, const std::vector<std::string_view>& lines, size_t begin,
            size_t end) {
  for (size_t i = begin; i < end; ++i) {
    out += mark;
    out += lines[i];
    if (!lines[i].ends_with('\n')) out += "\n\\ No newline at end of file\n";
  }
}

/// "12,3", or by custom "11,0" for an empty range before line 12.
std::string range(size_t begin, size_t end) {
  return std::to_string(begin == end ? begin : begin + 1) + "," + std::to_string(end - begin);
}

} // namespace

std::string unifiedDiff(std::string_view name, std::string_view before, std::string_view after) {
  if (before == after) return "";
  constexpr size_t context = 3;
  Comparison texts(before, after);
  std::vector<Change> changes = texts.run();
  std::string out = "--- " + std::string(name) + "\n+++ " + std::string(name) + "\n";
  for (size_t first = 0; first < changes.size();) {
    size_t last = first;
    while (last + 1 < changes.size() && changes[last + 1].beginA - changes[last].endA <= 2 * context) ++last;
    size_t lead = std::min(context, changes[first].beginA);
    size_t trail = std::min(context, texts.a.size() - changes[last].endA);
    out += "@@ -" + range(changes[first].beginA - lead, changes[last].endA + trail) + " +" +
           range(changes[first].beginB - lead, changes[last].endB + trail) + " @@\n";
    append(out, ' ', texts.a, changes[first].beginA - lead, changes[first].beginA);
    for (size_t i = first; i <= last; ++i) {
      append(out, '-', texts.a, changes[i].beginA, changes[i].endA);
      append(out, '+', texts.b, changes[i].beginB, changes[i].endB);
      append(out, ' ', texts.a, changes[i].endA, i < last ? changes[i + 1].beginA : changes[i].endA + trail);
    }
    first = last + 1;
  }
  return out;
}

} // namespace cnn
