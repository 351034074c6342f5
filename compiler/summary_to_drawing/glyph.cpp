//===- glyph.cpp - A tensor's shape as a small box in perspective -------------------------------------===//

#include "summary_to_drawing/picture.h"

#include <algorithm>
#include <cmath>

namespace cnn {
namespace {

/// By the square root, so that 7 x 7 can still be told from 1 x 1 beside 224 x 224.
int sideOf(const ShapeDimension& dimension, int64_t largest) {
  if (dimension.extent < 0 || largest <= 0) return 21;
  return 2 + int(std::lround(19 * std::sqrt(double(std::min(dimension.extent, largest)) / double(largest))));
}

int logarithm(const ShapeDimension& dimension) {
  return dimension.extent < 1 ? 6 : int(std::lround(std::log2(double(dimension.extent))));
}

} // namespace

void writeShapeGlyph(llvm::raw_ostream& out, const Shape& shape, int64_t largestExtent) {
  if (shape.size() < 2) return;
  int width = 4, height = std::min(6 + 2 * logarithm(shape[1]), 30), depth = 0; // features: a bar
  if (shape.size() > 2) {
    depth = std::clamp(logarithm(shape[1]), 1, 12);
    width = sideOf(shape.back(), largestExtent);
    height = shape.size() > 3 ? sideOf(shape[2], largestExtent) : 4;
  }
  int x = 17 - (width + depth) / 2, y = 17 - (height - depth) / 2;
  out << "<g class=\"glyph\"><path d=\"M" << x << ' ' << y << 'h' << width << 'v' << height << 'h' << -width
      << "z\"/>";
  if (depth)
    out << "<path d=\"M" << x << ' ' << y << 'l' << depth << ' ' << -depth << 'h' << width << 'l' << -depth
        << ' ' << depth << "zM" << x + width << ' ' << y << 'l' << depth << ' ' << -depth << 'v' << height
        << 'l' << -depth << ' ' << depth << "z\"/>";
  out << "</g>";
}

} // namespace cnn
