//===- arena.cpp - Places for intermediate tensors -----------------------------------------------------===//
#include "dialect_to_groups/arena.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace cnn {
namespace {

constexpr int64_t alignment = 64;

int64_t aligned(int64_t bytes) {
  return (bytes + alignment - 1) / alignment * alignment;
}

bool before(const ArenaItem& a, const ArenaItem& b) {
  return a.lastPhase < b.firstPhase;
}

/// `a` is read for the last time in the phase that writes `b`, earlier in each block's chain.
bool beforeInChain(const ArenaItem& a, const ArenaItem& b) {
  return a.lastPhase == b.firstPhase && a.readInChain && a.last < b.first;
}

bool mayOverlap(const ArenaItem& a, const ArenaItem& b) {
  return before(a, b) || before(b, a);
}

bool mayCoincide(const ArenaItem& a, const ArenaItem& b) {
  return a.perBlock && a.bytes == b.bytes && (beforeInChain(a, b) || beforeInChain(b, a));
}

bool fits(const ArenaItem& item, int64_t offset, const std::vector<const ArenaItem*>& placed) {
  for (const ArenaItem* other : placed) {
    if (mayOverlap(item, *other)) continue;
    if (offset == other->offset && mayCoincide(item, *other)) continue;
    if (offset < other->offset + aligned(other->bytes) && other->offset < offset + aligned(item.bytes))
      return false;
  }
  return true;
}

int64_t largestLive(const std::vector<ArenaItem>& items) {
  std::map<std::pair<int64_t, int64_t>, int64_t> change; // by phase and place in the order of groups
  for (const ArenaItem& item : items) {
    if (!item.perBlock) continue;
    change[{item.firstPhase, item.first}] += item.bytes;
    change[{item.lastPhase, item.last + 1}] -= item.bytes;
  }
  int64_t live = 0, largest = 0;
  for (auto [place, bytes] : change) largest = std::max(largest, live += bytes);
  return largest;
}

std::vector<size_t> placesIn(int64_t phase, const std::vector<ArenaItem>& items) {
  std::vector<size_t> places;
  for (size_t i = 0; i < items.size(); ++i) {
    if (phase < items[i].firstPhase || items[i].lastPhase < phase) continue;
    bool shares = std::any_of(places.begin(), places.end(), [&](size_t other) {
      return items[other].offset == items[i].offset && items[other].perBlock == items[i].perBlock;
    });
    if (!shares) places.push_back(i);
  }
  return places;
}

std::vector<size_t> fullestPhase(const std::vector<ArenaItem>& items) {
  std::vector<size_t> fullest;
  int64_t most = -1;
  std::set<int64_t> phases;
  for (const ArenaItem& item : items) phases.insert(item.firstPhase);
  for (int64_t phase : phases) {
    std::vector<size_t> places = placesIn(phase, items);
    int64_t bytes = 0;
    for (size_t i : places) bytes += items[i].perBlock ? items[i].bytes : 0;
    if (bytes > most) most = bytes, fullest = std::move(places);
  }
  return fullest;
}

} // namespace

ArenaSizes planArena(std::vector<ArenaItem>& items) {
  ArenaSizes sizes;
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), 0);
  // The largest first: small ones then fill the gaps.
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return items[a].bytes > items[b].bytes; });
  std::vector<const ArenaItem*> placedConstant, placedPerBlock;
  for (size_t i : order) {
    ArenaItem& item = items[i];
    auto& placed = item.perBlock ? placedPerBlock : placedConstant;
    int64_t& size = item.perBlock ? sizes.blockBytes : sizes.constantBytes;
    std::vector<int64_t> candidates = {0};
    for (const ArenaItem* other : placed) {
      candidates.push_back(other->offset);
      candidates.push_back(other->offset + aligned(other->bytes));
    }
    std::sort(candidates.begin(), candidates.end());
    item.offset =
        *std::find_if(candidates.begin(), candidates.end(), [&](int64_t c) { return fits(item, c, placed); });
    size = std::max(size, item.offset + aligned(item.bytes));
    placed.push_back(&item);
  }
  sizes.largestLiveBytes = largestLive(items);
  sizes.fullestPhase = fullestPhase(items);
  return sizes;
}

} // namespace cnn
