//===- loops.cpp - Sliding windows and broadcasts ------------------------------------------------===//
#include "dialect/reference/loops.h"

namespace cnn::reference {

static int64_t product(llvm::ArrayRef<int64_t> extents) {
  int64_t result = 1;
  for (int64_t extent : extents) result *= extent;
  return result;
}

/// The row-major index `flat` taken apart.
static std::vector<int64_t> unravel(int64_t flat, llvm::ArrayRef<int64_t> extents) {
  std::vector<int64_t> index(extents.size());
  for (size_t i = extents.size(); i-- > 0; flat /= extents[i]) index[i] = flat % extents[i];
  return index;
}

Planes::Planes(const Tensor& tensor)
    : images(tensor.shape[0]), channels(tensor.shape[1]),
      pixels(product(llvm::ArrayRef(tensor.shape).drop_front(2))) {}

Window::Window(const std::vector<int64_t>& inputShape, const std::vector<int64_t>& resultShape,
               llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> stride,
               llvm::ArrayRef<int64_t> padding, llvm::ArrayRef<int64_t> dilation)
    : picture(inputShape.begin() + 2, inputShape.end()), places(resultShape.begin() + 2, resultShape.end()),
      kernel(kernel), stride(stride), padding(padding), dilation(dilation) {}

std::vector<std::vector<Tap>> Window::taps() const {
  std::vector<std::vector<Tap>> result(product(places));
  for (int64_t place = 0; place < product(places); ++place) {
    std::vector<int64_t> corner = unravel(place, places);
    for (int64_t k = 0; k < product(kernel); ++k) {
      std::vector<int64_t> step = unravel(k, kernel);
      int64_t pixel = 0;
      bool inside = true;
      for (size_t i = 0; i < kernel.size(); ++i) {
        int64_t at =
            corner[i] * stride[i] - paddingLow(padding, i) + step[i] * (dilation.empty() ? 1 : dilation[i]);
        inside = inside && at >= 0 && at < picture[i];
        pixel = pixel * picture[i] + at;
      }
      if (inside) result[place].push_back({k, pixel});
    }
  }
  return result;
}

std::vector<int64_t> Window::sizesWithPads() const {
  std::vector<int64_t> result;
  for (int64_t place = 0; place < product(places); ++place) {
    std::vector<int64_t> corner = unravel(place, places);
    int64_t size = 1;
    for (size_t i = 0; i < kernel.size(); ++i) {
      int64_t begin = corner[i] * stride[i] - paddingLow(padding, i);
      int64_t end = std::min(begin + kernel[i], picture[i] + paddingHigh(padding, i));
      size *= end - begin;
    }
    result.push_back(size);
  }
  return result;
}

int64_t broadcastIndex(int64_t i, const std::vector<int64_t>& shape, const std::vector<int64_t>& other) {
  std::vector<int64_t> index = unravel(i, shape);
  size_t gap = shape.size() - other.size();
  int64_t result = 0;
  for (size_t d = 0; d < other.size(); ++d) result = result * other[d] + (other[d] == 1 ? 0 : index[gap + d]);
  return result;
}

} // namespace cnn::reference
