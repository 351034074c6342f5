//===- pooling.cpp - Max and average pooling, forward and backward -----------------------------------===//

#include "registry.h"
#include "strict_float.h"

#include "schedules/inference_plan.h"

#include <algorithm>
#include <limits>

using namespace Halide;

namespace cnn::kernel {

namespace {

struct Window {
  int kernelY, kernelX, strideY, strideX, top, left, bottom, right, dilationY, dilationX;
  int height, width;       ///< of the picture
  int outHeight, outWidth; ///< of the pooled one

  int64_t area() const { return int64_t(kernelY) * kernelX; }
  /// How far windows reach past the picture's lower and right border.
  int below() const { return (outHeight - 1) * strideY + (kernelY - 1) * dilationY - top - (height - 1); }
  int beyond() const { return (outWidth - 1) * strideX + (kernelX - 1) * dilationX - left - (width - 1); }
};

Window windowOf(const Op& op, const std::vector<int64_t>& picture, const std::vector<int64_t>& pooled) {
  auto at = [&](const char* name, size_t i, int64_t otherwise) {
    return static_cast<int>(intOf(op, name, i, otherwise));
  };
  Window w;
  w.kernelY = at("kernel", 0, 1), w.kernelX = at("kernel", 1, 1);
  w.strideY = at("stride", 0, w.kernelY), w.strideX = at("stride", 1, w.kernelX);
  w.top = at("padding", 0, 0), w.left = at("padding", 1, 0), w.bottom = at("padding", 2, 0),
  w.right = at("padding", 3, 0);
  w.dilationY = at("dilation", 0, 1), w.dilationX = at("dilation", 1, 1);
  w.height = int(picture[1]), w.width = int(picture[2]), w.outHeight = int(pooled[1]),
  w.outWidth = int(pooled[2]);
  return w;
}

/// `visit(tap, x, y)` for the picture's coordinates of each tap of the window of output (x, y), in scan
/// order.
template <typename Visit> void forEachTap(const Window& w, const Expr& x, const Expr& y, Visit visit) {
  for (int ky = 0; ky < w.kernelY; ++ky) {
    for (int kx = 0; kx < w.kernelX; ++kx) {
      visit(ky * w.kernelX + kx, x * w.strideX + (kx * w.dilationX - w.left),
            y * w.strideY + (ky * w.dilationY - w.top));
    }
  }
}

/// Windows up to this area are written out, as all in a convolution's store have to be; larger ones are
/// loops.
constexpr int64_t unrolledArea = largestFusedWindow * largestFusedWindow;

/// What pads count as; what a window gives that covers nothing else.
const Expr lowest = -std::numeric_limits<float>::infinity();

/// Where x stands among coordinates: plain ones have no lane in front of it.
size_t xAt(const Coordinates& at) {
  return at.size() == 3 ? 0 : 1;
}

Coordinates moved(const Coordinates& at, const Expr& x, const Expr& y) {
  Coordinates result = at;
  result[xAt(at)] = x, result[xAt(at) + 1] = y;
  return result;
}

/// Where the tap of a loop over the window is read.
Coordinates tapCoordinates(Builder& b, const Window& w, const RDom& taps) {
  return {b.lane, b.x * w.strideX + taps[0] * w.dilationX - w.left,
          b.y * w.strideY + taps[1] * w.dilationY - w.top, b.c};
}

/// `value`, or NaN where `isNaN`.
Expr orNaN(const Expr& isNaN, const Expr& value) {
  return reinterpret<float>(select(isNaN, Expr(~0u), reinterpret<uint32_t>(value)));
}

/// The maximum of one window. One instruction a tap, which forgets a NaN at the next tap but one, and one for
/// every two taps that notes it. `relu`: of the maximum.
Expr largestOf(const std::vector<Expr>& taps, bool relu) {
  Expr largest = taps[0], isNaN = Internal::const_false();
  for (size_t i = 1; i < taps.size(); ++i) {
    Expr before = largest;
    largest = strict::larger(before, taps[i]);
    // NaN on either side of the comparison: the maximum so far, or this tap.
    Expr found = strict::notAtMost(before, largest);
    if (i % 2 == 1 || i + 1 == taps.size()) isNaN = isNaN || found;
  }
  if (relu) largest = strict::larger(0.0f, largest);
  return taps.size() == 1 ? largest : orNaN(isNaN, largest);
}

/// Whether a tap is where the maximum is, given the maximum of those before it: the first of equal ones, the
/// last NaN, as in PyTorch.
Expr isTaken(const Expr& tap, const Expr& before) {
  return strict::less(before, tap) || !strict::equal(tap, tap);
}

std::vector<Expr> tapsOf(const Value& x, const Window& w, const Coordinates& at) {
  std::vector<Expr> taps;
  forEachTap(w, at[xAt(at)], at[xAt(at) + 1],
             [&](int, const Expr& column, const Expr& row) { taps.push_back(x.at(moved(at, column, row))); });
  return taps;
}

/// The relu whose result is pooled, in a kernel that needs it nowhere else. It may as well be taken of the
/// maximum, once a window: it keeps the order of numbers, and NaN.
const Op* pooledRelu(Builder& b, const Op& op) {
  int producer = op.operands.at(0) - static_cast<int>(b.kernel.inputs.size());
  if (producer < 0 || b.kernel.ops[producer].name != "relu") return nullptr;
  int uses = static_cast<int>(std::ranges::count(b.kernel.results, op.operands[0]));
  for (const Op& user : b.kernel.ops)
    uses += static_cast<int>(std::ranges::count(user.operands, op.operands[0]));
  return uses == 1 ? &b.kernel.ops[producer] : nullptr;
}

Value maxPool(Builder& b, const Op& op) {
  Window w = windowOf(op, b.operand(op, 0).shape, op.shape);
  bool pads = w.top > 0 || w.left > 0 || w.below() > 0 || w.beyond() > 0;
  const Op* activation = pads ? nullptr : pooledRelu(b, op);
  bool relu = activation != nullptr;
  Value x = b.padded(b.operand(relu ? *activation : op, 0), w.top, w.left, w.below(), w.beyond(), lowest);
  std::function<Expr(const Coordinates&)> largest;
  if (w.area() <= unrolledArea) {
    largest = [=](const Coordinates& at) { return largestOf(tapsOf(x, w, at), relu); };
  } else {
    RDom taps = b.rdom({w.kernelX, w.kernelY}, "window");
    Func best = b.func("window");
    best(b.lane, b.x, b.y, b.c) = lowest;
    Expr before = best(b.lane, b.x, b.y, b.c), tap = x.at(tapCoordinates(b, w, taps));
    Expr after = strict::larger(before, tap);
    best(b.lane, b.x, b.y, b.c) = orNaN(strict::notAtMost(before, after), after);
    b.funcs["window"] = best;
    b.domains["window"] = taps;
    largest = [=](const Coordinates& at) { return relu ? strict::larger(0.0f, best(at)) : Expr(best(at)); };
  }
  return b.result(op, b.operand(op, 0), largest);
}

/// Which tap of its window the maximum is.
Value maxPoolIndex(Builder& b, const Op& op) {
  Window w = windowOf(op, b.operand(op, 0).shape, op.shape);
  Value x = b.padded(b.operand(op, 0), w.top, w.left, w.below(), w.beyond(), lowest);
  if (w.area() <= unrolledArea) {
    return b.result(op, b.operand(op, 0), [=](const Coordinates& at) {
      std::vector<Expr> taps = tapsOf(x, w, at);
      Expr best = taps[0], index = 0;
      for (size_t i = 1; i < taps.size(); ++i) {
        Expr taken = isTaken(taps[i], best);
        best = select(taken, taps[i], best);
        index = select(taken, static_cast<int>(i), index);
      }
      return index;
    });
  }
  RDom taps = b.rdom({w.kernelX, w.kernelY}, "window");
  // The index stands before the maximum: Halide 21 does not see that one needs the other through a strict
  // operation, and stores them in this order.
  Func best = b.func("window");
  best(b.lane, b.x, b.y, b.c) = Tuple(0, lowest);
  Expr index = best(b.lane, b.x, b.y, b.c)[0], before = best(b.lane, b.x, b.y, b.c)[1];
  Expr tap = x.at(tapCoordinates(b, w, taps)), taken = isTaken(tap, before);
  best(b.lane, b.x, b.y, b.c) =
      Tuple(select(taken, taps[1] * w.kernelX + taps[0], index), select(taken, tap, before));
  b.funcs["window"] = best;
  b.domains["window"] = taps;
  return b.result(op, b.operand(op, 0), [=](const Coordinates& at) { return best(at)[0]; });
}

/// What one window adds up to is divided by: all its taps, or those that count (see the op's reference).
Expr divisor(const Window& w, bool countPads, const Expr& x, const Expr& y) {
  auto along = [&](const Expr& at, int stride, int kernel, int before, int extent, int after) {
    Expr start = at * stride - before;
    Expr end = min(start + kernel, countPads ? extent + after : extent);
    return countPads ? end - start : end - max(start, 0);
  };
  Expr taps = along(y, w.strideY, w.kernelY, w.top, w.height, w.bottom) *
              along(x, w.strideX, w.kernelX, w.left, w.width, w.right);
  return cast<float>(max(taps, 1));
}

/// Every window has all its taps, or pads that count.
bool dividesEvenly(const Window& w, bool countPads) {
  if (countPads) return w.below() <= w.bottom && w.beyond() <= w.right;
  return w.top == 0 && w.left == 0 && w.below() <= 0 && w.beyond() <= 0;
}

Value avgPool(Builder& b, const Op& op) {
  Window w = windowOf(op, b.operand(op, 0).shape, op.shape);
  bool countPads = intOf(op, "count_include_pad", 0, 1) != 0;
  Value x = b.padded(b.operand(op, 0), w.top, w.left, w.below(), w.beyond(), 0.0f);
  std::function<Expr(const Coordinates&)> sum;
  if (w.area() <= unrolledArea) {
    sum = [=](const Coordinates& at) {
      Expr total;
      forEachTap(w, at[xAt(at)], at[xAt(at) + 1], [&](int, const Expr& column, const Expr& row) {
        Expr value = x.at(moved(at, column, row));
        total = total.defined() ? total + value : value;
      });
      return total;
    };
  } else {
    RDom taps = b.rdom({w.kernelX, w.kernelY}, "window");
    Func total = b.func("window");
    total(b.lane, b.x, b.y, b.c) = 0.0f;
    total(b.lane, b.x, b.y, b.c) +=
        x.at({b.lane, b.x * w.strideX + taps[0] - w.left, b.y * w.strideY + taps[1] - w.top, b.c});
    b.funcs["window"] = total;
    b.domains["window"] = taps;
    sum = [=](const Coordinates& at) { return total(at); };
  }
  return b.result(op, x, [=](const Coordinates& at) {
    if (dividesEvenly(w, countPads)) return sum(at) * (1.0f / static_cast<float>(w.area()));
    return sum(at) / divisor(w, countPads, at[xAt(at)], at[xAt(at) + 1]);
  });
}

/// dx as a sum over the windows that read a pixel: `term(tap, at)` is what output `at` passes to its tap. The
/// picture's phases modulo the stride meet different taps, so each is a region of the output.
Value gatherWindows(Builder& b, const Op& op, const Window& w,
                    const std::function<Expr(int, const Coordinates&)>& term) {
  for (int py = 0; py < std::min(w.strideY, w.height); ++py) {
    for (int px = 0; px < std::min(w.strideX, w.width); ++px)
      b.regions.push_back({w.strideY, w.strideX, py, px});
  }
  Builder* builder = &b;
  Value like = b.operand(op, 0);
  return b.result(op, like, [=](const Coordinates& at) {
    const Builder::Region& phase = builder->regions[builder->region->index];
    Expr total;
    for (int ky = 0; ky < w.kernelY; ++ky) {
      for (int kx = 0; kx < w.kernelX; ++kx) {
        int row = int(phase.y) + w.top - ky * w.dilationY, column = int(phase.x) + w.left - kx * w.dilationX;
        if (row % w.strideY != 0 || column % w.strideX != 0) continue;
        Expr value = term(ky * w.kernelX + kx, {at[0], builder->region->x + column / w.strideX,
                                                builder->region->y + row / w.strideY, at[3]});
        total = total.defined() ? total + value : value;
      }
    }
    return total.defined() ? total : Expr(0.0f);
  });
}

/// dy, zero where a window would start before the first output or after the last.
Value paddedGradient(Builder& b, const Op& op, const Window& w) {
  // Output coordinates run from (0 + top - (k - 1) d) / stride to (extent - 1 + top) / stride.
  int above = std::max(0, ((w.kernelY - 1) * w.dilationY - w.top + w.strideY - 1) / w.strideY);
  int before = std::max(0, ((w.kernelX - 1) * w.dilationX - w.left + w.strideX - 1) / w.strideX);
  int below = (w.height - 1 + w.top) / w.strideY - (w.outHeight - 1);
  int beyond = (w.width - 1 + w.left) / w.strideX - (w.outWidth - 1);
  return b.padded(b.operand(op, 0), above, before, below, beyond, 0.0f);
}

Value maxPoolBackward(Builder& b, const Op& op) {
  Window w = windowOf(op, op.shape, b.operand(op, 0).shape);
  Value dy = paddedGradient(b, op, w), index = b.operand(op, 1);
  return gatherWindows(b, op, w, [=](int tap, const Coordinates& at) {
    Coordinates inside = moved(at, clamp(at[1], 0, w.outWidth - 1), clamp(at[2], 0, w.outHeight - 1));
    return select(cast<int>(index.at(inside)) == tap, dy.at(at), 0.0f);
  });
}

Value avgPoolBackward(Builder& b, const Op& op) {
  Window w = windowOf(op, op.shape, b.operand(op, 0).shape);
  bool countPads = intOf(op, "count_include_pad", 0, 1) != 0;
  Value dy = paddedGradient(b, op, w);
  return gatherWindows(b, op, w, [=](int, const Coordinates& at) {
    if (dividesEvenly(w, countPads)) return dy.at(at) * (1.0f / static_cast<float>(w.area()));
    return dy.at(at) / divisor(w, countPads, at[1], at[2]);
  });
}

Schedule choosePool(const Kernel&, const Op&) {
  return {"windows", {{"x", 4}}};
}

constexpr Operation operations[] = {
    {"max_pool", maxPool, choosePool},
    {"max_pool_index", maxPoolIndex, choosePool},
    {"max_pool_backward", maxPoolBackward, choosePool},
    {"avg_pool", avgPool, choosePool},
    {"avg_pool_backward", avgPoolBackward, choosePool},
};

} // namespace

std::span<const Operation> poolingOperations() {
  return operations;
}

} // namespace cnn::kernel
