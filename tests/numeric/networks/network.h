//===- network.h - Small networks around one operator, and what they are drawn from --------------------===//
#ifndef CNN_TESTS_NUMERIC_NETWORKS_NETWORK_H
#define CNN_TESTS_NUMERIC_NETWORKS_NETWORK_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace cnn::test {

void seed(uint64_t number);
/// A whole number in [low, high]; not std::uniform_int_distribution, whose results differ between libraries.
int64_t pick(int64_t low, int64_t high);
bool coin();
std::string text(int64_t value);
std::string pair(int64_t y, int64_t x);

struct Picture {
  int64_t channels, height, width;
};

Picture somePicture(int64_t mostChannels = 20);

struct Network {
  Picture input{3, 8, 8};
  std::string lets;       ///< lines in front of the body, which may read them
  std::string body;       ///< an expression of `x`, the network's input behind a 1x1 convolution
  std::string parameters; ///< bare parameters that the body reads
  bool signal = false;    ///< [N, C, L] in place of [N, C, H, W]; L is the width
  bool features = false;  ///< the body gives [N, F]
  bool bytes = false;     ///< an input u8; then nothing is in front of the body
  bool first = true;      ///< the 1x1 convolution in front, so that the body's input has a gradient
  std::string kernels;    ///< lines of a kernels section, or none
  std::string loss = "cross_entropy(y, label)";
  std::string mask;       ///< a metric of a loss over pixels, whose labels are a mask; or none
  bool maskBytes = false; ///< the mask is u8 in place of i32
};

/// `x |> operators` around an input.
Network chain(Picture input, const std::string& operators, bool first = true);

/// Networks of one operator: of random shape, and a fixed list of nasty shapes.
struct Family {
  std::string name;
  std::function<Network()> random;
  std::vector<Network> nasty;
};

std::vector<Family> windowFamilies();     ///< convolutions and pooling
std::vector<Family> pointFamilies();      ///< linear layers, activations, normalisation, losses
std::vector<Family> arithmeticFamilies(); ///< arithmetic with broadcasts, data movement, bare parameters
std::vector<Family> kernelFamilies();     ///< algorithms that are chosen
std::vector<Family> mixedFamilies();      ///< graphs of several operators

} // namespace cnn::test

#endif
