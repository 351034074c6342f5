// Data for digits.cnn: the four IDX files that mnist() reads, in a folder that goes away with the object.
#pragma once

#include "../runtime/handles.h"

#include "../../runtime/model/philox.h"

struct DigitsData {
  static constexpr std::uint32_t trained = 230, tested = 40, side = 12, classes = 5;
  TemporaryFolder folder;

  DigitsData() {
    write("train", trained, 1);
    write("t10k", tested, 2);
  }

private:
  static std::string extents(std::initializer_list<std::uint32_t> shape) {
    std::string bytes{0, 0, 8, static_cast<char>(shape.size())};
    for (std::uint32_t extent : shape)
      for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(extent >> shift);
    return bytes;
  }

  /// Noise; the brighter, the higher the class.
  void write(const std::string& part, std::uint32_t count, std::uint64_t stream) const {
    std::string pictures = extents({count, side, side}), labels = extents({count});
    for (std::uint32_t n = 0; n < count; ++n) {
      std::uint32_t label = cnn::philox(7, stream, n)[0] % classes;
      labels += static_cast<char>(label);
      for (std::uint32_t i = 0; i < side * side; ++i) {
        std::uint32_t noise = cnn::philox(8, stream, n * side * side + i)[0] % 100;
        pictures += static_cast<char>(30 * label + noise);
      }
    }
    writeFile(folder / (part + "-images-idx3-ubyte"), pictures);
    writeFile(folder / (part + "-labels-idx1-ubyte"), labels);
  }
};
