//===- data_movement_test.cpp - Load, store, halos and channels --------------------------------------===//

#include "runner.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include <cmath>
#include <cstring>

using namespace cnn;
using namespace cnn::test;
using kernel::Element;

namespace {

Kernel kernelOf(std::vector<Tensor> inputs, Op op, Tensor output, std::vector<kernel::Scalar> scalars = {}) {
  Kernel k;
  k.target = currentTarget();
  k.inputs = std::move(inputs);
  k.scalars = std::move(scalars);
  k.results = {static_cast<int>(k.inputs.size())};
  k.ops = {std::move(op)};
  k.outputs = {std::move(output)};
  return k;
}

} // namespace

TEST_CASE(
    "load brings images into lanes, the last one into the empty lanes and zeros into the halo, and store "
    "brings them back") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (Element element : {Element::u8, Element::f32, Element::i32}) {
      for (auto [channels, height, width] : {std::array<int64_t, 3>{3, 7, 5}, {1, 28, 28}, {1, 1, 1}}) {
        Element kept = element == Element::i32 ? Element::i32 : Element::f32;
        Tensor outside = plain({channels, height, width}, element),
               inside = batchLanes(channels, height, width, 2, kept);
        int64_t images = inside.lanes + 3;
        Array x = randomArray({images, channels, height, width}, 1);
        for (double& value : x.values) value = std::abs(std::round(value * 40));
        Op load{"load", {0}, {channels, height, width}};
        load.element = kept;
        Loaded loaded(kernelOf({outside}, load, inside, {{"images"}}));
        Buffer in = pack(outside, x), out(4 * blockElements(inside));
        for (int64_t present : {int64_t(3), int64_t(inside.lanes)}) {
          loaded.call({in.data()}, {{"images", double(present)}}, {out.data()});
          REQUIRE(out.guardsIntact());
          Array first({inside.lanes, channels, height, width});
          int64_t size = channels * height * width;
          for (int64_t image = 0; image < inside.lanes; ++image)
            std::copy_n(x.values.begin() + std::min(image, present - 1) * size, size,
                        first.values.begin() + image * size);
          Buffer expected = pack(inside, first);
          REQUIRE(std::memcmp(expected.data(), out.data(), out.size()) == 0);
        }
        if (kept != Element::f32) continue;
        Tensor result = plain({channels, height, width});
        requireClose(run(kernelOf({inside}, {"store", {0}, {channels, height, width}}, result, {{"images"}}),
                         {x}, images)[0],
                     x, 0);
      }
    }
  }
}

TEST_CASE("fill_halo writes zeros around the picture and leaves the picture alone") {
  for (int halo : {1, 3}) {
    Tensor t = batchLanes(3, 4, 5, halo);
    Kernel k;
    k.target = currentTarget();
    k.ops = {{"fill_halo", {}, {3, 4, 5}}};
    k.results = {0};
    k.outputs = {t};
    Loaded loaded(k);
    Buffer out(4 * blockElements(t));
    for (int64_t i = 0; i < blockElements(t); ++i) out.floats()[i] = 7;
    loaded.call({}, {}, {out.data()});
    REQUIRE(out.guardsIntact());
    Buffer expected = pack(t, Array({t.lanes, 3, 4, 5}, 7));
    REQUIRE(std::memcmp(expected.data(), out.data(), out.size()) == 0);
  }
}

TEST_CASE("concat, slice and slice_backward move channels, reshape keeps the order C, H, W") {
  int64_t images = 19;
  Array a = randomArray({images, 3, 4, 5}, 1), b = randomArray({images, 1, 4, 5}, 2),
        c = randomArray({images, 7, 4, 5}, 3);
  Array all({images, 11, 4, 5}), part({images, 5, 4, 5}), spread({images, 11, 4, 5});
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t ch = 0; ch < 11; ++ch) {
      for (int64_t y = 0; y < 4; ++y) {
        for (int64_t x = 0; x < 5; ++x) {
          double value = ch < 3 ? a(n, ch, y, x) : ch < 4 ? b(n, ch - 3, y, x) : c(n, ch - 4, y, x);
          all(n, ch, y, x) = value;
          if (ch >= 2 && ch < 7) part(n, ch - 2, y, x) = spread(n, ch, y, x) = value;
        }
      }
    }
  }
  Tensor whole = batchLanes(11, 4, 5, 1), slice = batchLanes(5, 4, 5);
  Kernel concat = kernelOf({batchLanes(3, 4, 5), batchLanes(1, 4, 5, 1), batchLanes(7, 4, 5)},
                           {"concat", {0, 1, 2}, {11, 4, 5}}, whole);
  requireClose(run(concat, {a, b, c}, images)[0], all, 0);
  Op cut{"slice", {0}, {5, 4, 5}}, back{"slice_backward", {0}, {11, 4, 5}};
  cut.ints = back.ints = {{"begin", {2}}, {"end", {7}}};
  requireClose(run(kernelOf({whole}, cut, slice), {all}, images)[0], part, 0);
  requireClose(run(kernelOf({slice}, back, whole), {part}, images)[0], spread, 0);
  Array reshaped = all;
  reshaped.shape = {images, 2, 11, 10};
  requireClose(
      run(kernelOf({whole}, {"reshape", {0}, {2, 11, 10}}, batchLanes(2, 11, 10, 1)), {all}, images)[0],
      reshaped, 0);
}
