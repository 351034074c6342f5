//===- conv_reference.h - Shapes of convolutions, and the plain loops --------------------------------===//
#ifndef CNN_TESTS_NUMERIC_KERNELS_CONV_REFERENCE_H
#define CNN_TESTS_NUMERIC_KERNELS_CONV_REFERENCE_H

#include "runner.h"

namespace cnn::test {

struct ConvShape {
  int64_t channels, height, width, out, kernelY, kernelX;
  int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
  int halo = 0;

  int64_t outHeight() const { return (height + 2 * padding - dilation * (kernelY - 1) - 1) / stride + 1; }
  int64_t outWidth() const { return (width + 2 * padding - dilation * (kernelX - 1) - 1) / stride + 1; }
  std::map<std::string, std::vector<int64_t>> ints() const {
    return {{"stride", {stride, stride}},
            {"padding", {padding, padding, padding, padding}},
            {"dilation", {dilation, dilation}},
            {"groups", {groups}}};
  }
};

inline Array referenceConv(const ConvShape& s, const Array& x, const Array& w, const Array& bias) {
  Array y({x.shape[0], s.out, s.outHeight(), s.outWidth()});
  int64_t outPerGroup = s.out / s.groups, inPerGroup = s.channels / s.groups;
  for (int64_t n = 0; n < x.shape[0]; ++n) {
    for (int64_t o = 0; o < s.out; ++o) {
      for (int64_t oy = 0; oy < s.outHeight(); ++oy) {
        for (int64_t ox = 0; ox < s.outWidth(); ++ox) {
          double sum = bias.values[o];
          for (int64_t i = 0; i < inPerGroup; ++i) {
            for (int64_t ky = 0; ky < s.kernelY; ++ky) {
              for (int64_t kx = 0; kx < s.kernelX; ++kx) {
                int64_t iy = oy * s.stride + ky * s.dilation - s.padding;
                int64_t ix = ox * s.stride + kx * s.dilation - s.padding;
                if (iy < 0 || iy >= s.height || ix < 0 || ix >= s.width) continue;
                sum += x(n, o / outPerGroup * inPerGroup + i, iy, ix) * w(o, i, ky, kx);
              }
            }
          }
          y(n, o, oy, ox) = sum;
        }
      }
    }
  }
  return y;
}

inline const ConvShape convShapes[] = {
    {3, 8, 8, 8, 3, 3, 1, 1, 1, 1, 1},
    {1, 28, 28, 6, 5, 5, 1, 2, 1, 1, 2},
    {6, 14, 14, 16, 5, 5},
    {5, 7, 9, 7, 3, 3, 2, 1},
    {4, 1, 1, 3, 1, 1},
    {2, 5, 5, 3, 3, 3, 1, 4, 2},
    {6, 9, 9, 6, 3, 3, 1, 1, 1, 6, 1},
    {6, 8, 8, 9, 3, 3, 2, 1, 1, 3},
    {2, 10, 10, 4, 1, 1, 3},
    {3, 6, 1, 5, 5, 1, 1, 2},
    {17, 4, 4, 13, 1, 1},
};

} // namespace cnn::test

#endif
