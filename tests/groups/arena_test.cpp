//===- arena_test.cpp - No two tensors that are alive at once share memory -----------------------------===//
#include "dialect_to_groups/arena.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <rapidcheck/catch.h>

namespace {

using cnn::ArenaItem;

struct Memory {
  int64_t begin, end;
};

/// Where block `block` of an item lies when the batch has `blocks` blocks.
Memory memoryOf(const ArenaItem& item, int64_t block, int64_t blocks) {
  int64_t begin = item.offset * blocks + item.bytes * block;
  return {begin, begin + item.bytes};
}

/// Whether some order of chunks has a's block i written or read between b's first and last use of its block
/// j.
bool maybeAliveTogether(const ArenaItem& a, int64_t i, const ArenaItem& b, int64_t j) {
  if (a.lastPhase < b.firstPhase || b.lastPhase < a.firstPhase) return false;
  if (i != j) return true;
  // One block's chain is in order; what reads whole tensors runs beside the chain.
  bool aFirst = a.lastPhase == b.firstPhase && a.readInChain && a.last < b.first;
  bool bFirst = b.lastPhase == a.firstPhase && b.readInChain && b.last < a.first;
  return !aFirst && !bFirst;
}

std::vector<ArenaItem> someItems() {
  std::vector<ArenaItem> items;
  int64_t place = 0, phase = 0;
  int count = *rc::gen::inRange(1, 24);
  for (int i = 0; i < count; ++i) {
    ArenaItem item;
    item.bytes = 64 * *rc::gen::inRange<int64_t>(1, 6);
    if (*rc::gen::inRange(0, 5) == 0) item.bytes -= 24; // partial sums are no multiple of a line
    phase += *rc::gen::inRange(0, 2);
    item.firstPhase = phase;
    item.first = place++;
    item.lastPhase = phase + *rc::gen::inRange(0, 4);
    item.last = *rc::gen::inRange(0, 30);
    if (item.lastPhase == item.firstPhase) item.last = item.first + item.last % 6;
    item.readInChain = *rc::gen::arbitrary<bool>();
    items.push_back(item);
  }
  return items;
}

} // namespace

TEST_CASE("tensors that may be alive at once never overlap, for any number of blocks", "[arena]") {
  rc::prop("no overlap", [] {
    std::vector<ArenaItem> items = someItems();
    cnn::ArenaSizes sizes = cnn::planArena(items);
    for (int64_t blocks : {1, 2, 5})
      for (size_t a = 0; a < items.size(); ++a)
        for (size_t b = 0; b < a; ++b)
          for (int64_t i = 0; i < blocks; ++i)
            for (int64_t j = 0; j < blocks; ++j) {
              if (!maybeAliveTogether(items[a], i, items[b], j)) continue;
              Memory x = memoryOf(items[a], i, blocks), y = memoryOf(items[b], j, blocks);
              RC_ASSERT(x.end <= y.begin || y.end <= x.begin);
            }
    for (const ArenaItem& item : items) RC_ASSERT(memoryOf(item, 4, 5).end <= sizes.blockBytes * 5);
    RC_ASSERT(sizes.largestLiveBytes <= sizes.blockBytes);
  });
}

TEST_CASE("a chain of equal tensors needs the memory of two", "[arena]") {
  std::vector<ArenaItem> items(10);
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].bytes = 1024;
    items[i].first = int64_t(i);
    items[i].last = int64_t(i) + 1;
  }
  REQUIRE(cnn::planArena(items).blockBytes == 2048);
}

TEST_CASE("what is not one a block lies apart, and makes room when its last phase is over", "[arena]") {
  std::vector<ArenaItem> items(4);
  for (ArenaItem& item : items) item.bytes = 100, item.perBlock = false, item.lastPhase = 2;
  // Read for the last time in the phase that writes the fourth: by which block, and when, is not known.
  items[1].lastPhase = items[2].lastPhase = 1;
  items[3].firstPhase = items[3].lastPhase = 2;
  items[2].first = 1, items[2].last = 2, items[3].first = 3;
  cnn::ArenaSizes sizes = cnn::planArena(items);
  REQUIRE(sizes.constantBytes == 3 * 128);
  REQUIRE(sizes.blockBytes == 0);
  REQUIRE(items[2].offset == 256);
  REQUIRE(items[3].offset == 128);
  items[3].firstPhase = 1;
  REQUIRE(cnn::planArena(items).constantBytes == 4 * 128);
}

TEST_CASE("the fullest phase is given with one item for each place", "[arena]") {
  std::vector<ArenaItem> items(5);
  for (size_t i = 0; i < items.size(); ++i) {
    items[i].bytes = 64;
    items[i].first = int64_t(i);
    items[i].last = int64_t(i) + 1;
  }
  items[0].lastPhase = 1, items[0].last = 9; // alive in both phases, to the end
  items[1].bytes = 128;                      // of phase 0 alone
  for (size_t i : {2u, 3u, 4u}) items[i].firstPhase = items[i].lastPhase = 1;
  items[3].bytes = 256;
  items[4].first = 6, items[4].last = 7; // begins when item 2 is over, and takes its place
  cnn::ArenaSizes sizes = cnn::planArena(items);
  REQUIRE(items[4].offset == items[2].offset);
  REQUIRE(sizes.fullestPhase == std::vector<size_t>{0, 2, 3});
}
