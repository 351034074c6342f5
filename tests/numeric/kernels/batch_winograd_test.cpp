//===- batch_winograd_test.cpp - Training's 3x3 convolutions by Winograd -----------------------------===//

#include "conv_reference.h"

#include "schedules/batch_winograd_plan.h"

#include <catch2/catch.hpp>

using namespace cnn;
using namespace cnn::test;

namespace {

struct Case {
  ConvShape shape;
  int64_t outputs;
};

const Case cases[] = {
    {{16, 32, 32, 16, 3, 3, 1, 1, 1, 1, 1}, 4}, // ResNet-20's, one block a row
    {{64, 8, 8, 64, 3, 3, 1, 1, 1, 1, 1}, 4},
    {{9, 7, 13, 11, 3, 3, 1, 1, 1, 1, 1}, 4}, // tiles hang over, channels divide by nothing
    {{8, 5, 61, 80, 3, 3, 1, 1, 1, 1, 2}, 4}, // several blocks a row, the last one shorter; a wider halo
    {{130, 6, 10, 140, 3, 3, 1, 1, 1, 1, 1}, 2},
    {{8, 9, 6, 8, 3, 3, 1, 0}, 4},            // no pads
    {{8, 4, 4, 8, 3, 3, 1, 2, 1, 1, 2}, 2},   // wide pads
    {{10, 1, 1, 12, 3, 3, 1, 1, 1, 1, 1}, 2}, // one pixel
};

kernel::Kernel weightsKernel(const std::string& target, const Tensor& w, int64_t outputs, bool transposed) {
  int64_t n = outputs + 2, in = w.shape[transposed ? 0 : 1], out = w.shape[transposed ? 1 : 0];
  Kernel k;
  k.target = target;
  k.inputs = {w};
  k.ops = {
      {"winograd_weights", {0}, {n, n, in, out}, {{"outputs", {outputs}}, {"transposed", {transposed}}}}};
  k.results = {1};
  k.outputs = {plain({n, n, in, out})};
  k.schedule = chooseSchedule(k);
  return k;
}

Kernel convKernel(const std::string& target, const ConvShape& s, const Tensor& u, int64_t outputs,
                  bool bias) {
  Kernel k;
  k.target = target;
  k.inputs = {batchLanes(s.channels, s.height, s.width, s.halo), u};
  if (bias) k.inputs.push_back(plain({s.out}));
  int values = int(k.inputs.size());
  std::map<std::string, std::vector<int64_t>> ints = s.ints();
  ints["outputs"] = {outputs};
  Op conv{"winograd_conv", {0, 1}, {s.out, s.outHeight(), s.outWidth()}, ints};
  if (bias) conv.operands.push_back(2);
  k.ops = {conv};
  if (bias) k.ops.push_back({"relu", {values}, conv.shape});
  k.results = {values + int(bias)};
  k.outputs = {batchLanes(s.out, s.outHeight(), s.outWidth(), 1)};
  k.schedule = chooseSchedule(k);
  return k;
}

} // namespace

TEST_CASE("A Winograd convolution over batch lanes is the convolution") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Case& c : cases) {
      const ConvShape& s = c.shape;
      Tensor w = plain({s.out, s.channels, 3, 3});
      Array weights = randomArray(w.shape, 2), bias = randomArray({s.out}, 3);
      Kernel transform = weightsKernel(target, w, c.outputs, false);
      Array u = run(transform, {weights}, 1)[0];
      Kernel k = convKernel(target, s, transform.outputs[0], c.outputs, true);
      int64_t images = 1 + 2 * k.inputs[0].lanes;
      Array x = randomArray({images, s.channels, s.height, s.width}, 1);
      Array expected = referenceConv(s, x, weights, bias);
      for (double& value : expected.values) value = std::max(value, 0.0);
      requireClose(run(k, {x, u, bias}, images)[0], expected, 1e-5);
    }
  }
}

TEST_CASE("With turned weights it is the gradient by the input") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (const Case& c : cases) {
      const ConvShape& forward = c.shape;
      ConvShape s{forward.out,
                  forward.outHeight(),
                  forward.outWidth(),
                  forward.channels,
                  3,
                  3,
                  1,
                  2 - forward.padding,
                  1,
                  1,
                  2};
      Tensor w = plain({forward.out, forward.channels, 3, 3});
      Array weights = randomArray(w.shape, 2), turned({forward.channels, forward.out, 3, 3});
      for (int64_t o = 0; o < forward.out; ++o)
        for (int64_t i = 0; i < forward.channels; ++i)
          for (int64_t ky = 0; ky < 3; ++ky)
            for (int64_t kx = 0; kx < 3; ++kx) turned(i, o, ky, kx) = weights(o, i, 2 - ky, 2 - kx);
      Kernel transform = weightsKernel(target, w, c.outputs, true);
      Array u = run(transform, {weights}, 1)[0];
      Kernel k = convKernel(target, s, transform.outputs[0], c.outputs, false);
      Array dy = randomArray({3, s.channels, s.height, s.width}, 1);
      requireClose(run(k, {dy, u}, 3)[0], referenceConv(s, dy, turned, Array({s.out})), 1e-5);
    }
  }
}

TEST_CASE("Winograd is chosen where it saves products, and fits in the cache") {
  std::string target = testTargets().front();
  REQUIRE(kernel::batchWinogradOutputs({16, 16, 32, 32}, target) == 4);
  REQUIRE(kernel::batchWinogradOutputs({64, 64, 8, 8}, target) == 4);
  REQUIRE(kernel::batchWinogradOutputs({3, 16, 32, 32}, target) == 0);
  REQUIRE(kernel::batchWinogradOutputs({64, 64, 1, 1}, target) == 0);
  REQUIRE(kernel::batchWinogradOutputs({4096, 4096, 7, 7}, target) == 0);
}
