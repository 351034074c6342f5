//===- batch_norm_test.cpp - Batch normalisation in training, block by block -------------------------===//

#include "runner.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn;
using namespace cnn::test;
using kernel::ScalarType;

namespace {

Kernel kernelOf(std::vector<Tensor> inputs, Op op, std::vector<Tensor> outputs,
                std::vector<kernel::Scalar> scalars = {}) {
  Kernel k;
  k.target = currentTarget();
  k.inputs = std::move(inputs);
  k.scalars = std::move(scalars);
  k.ops = {std::move(op)};
  k.results.assign(outputs.size(), static_cast<int>(k.inputs.size()));
  k.outputs = std::move(outputs);
  return k;
}

} // namespace

TEST_CASE("Batch norm's kernels together normalise the batch and give its gradients") {
  for (const std::string& target : testTargets()) {
    useTarget(target);
    for (auto [channels, height, width] :
         {std::array<int64_t, 3>{5, 7, 7}, {3, 8, 8}, {7, 1, 1}, {2, 3, 5}}) {
      int lanes = kernel::vectorLanes(target);
      int64_t images = 2 * lanes + 3, pixels = height * width, count = images * pixels, blocks = 3;
      Array x = randomArray({images, channels, height, width}, 1), dy = randomArray(x.shape, 2);
      for (double& value : x.values)
        value = static_cast<float>(value * 2 + 30); // far from zero: two passes matter
      Array gamma = randomArray({channels}, 3), beta = randomArray({channels}, 4);
      double eps = 1e-3, momentum = 0.1;

      auto channelAt = [&, channels = channels](int64_t i) { return i / pixels % channels; };
      std::vector<double> mean(channels), squares(channels), dgamma(channels), dbeta(channels);
      for (int64_t i = 0; i < x.size(); ++i) mean[channelAt(i)] += x.values[i] / double(count);
      for (int64_t i = 0; i < x.size(); ++i)
        squares[channelAt(i)] += std::pow(x.values[i] - mean[channelAt(i)], 2);
      auto invstd = [&](int64_t c) { return 1 / std::sqrt(squares[c] / double(count) + eps); };
      auto xhat = [&](int64_t i) { return (x.values[i] - mean[channelAt(i)]) * invstd(channelAt(i)); };
      for (int64_t i = 0; i < x.size(); ++i) {
        dgamma[channelAt(i)] += dy.values[i] * xhat(i);
        dbeta[channelAt(i)] += dy.values[i];
      }

      Tensor tensor = batchLanes(channels, height, width, 1), pair = plain({2, channels}),
             vector = plain({channels});
      Array partials =
          run(kernelOf({tensor}, {"batch_norm_statistics", {0}, {2, channels}}, {pair}, {{"images"}}), {x},
              images)[0];
      REQUIRE(partials.shape == std::vector<int64_t>{blocks, 2, channels});

      Op combine{"batch_norm_combine", {0}, {2, channels}};
      combine.floats = {{"eps", eps}, {"momentum", momentum}};
      combine.ints = {{"count_per_image", {pixels}}};
      Loaded combined(kernelOf({pair}, combine, {pair, vector, vector}, {{"blocks"}, {"batch"}}));
      Buffer statMemory(8 * channels), runningMean = pack(vector, Array({channels}, 2)),
                                       runningVar = pack(vector, Array({channels}, 3));
      Buffer partialsMemory = pack(pair, partials);
      combined.call({partialsMemory.data()}, {{"blocks", blocks}, {"batch", images}},
                    {statMemory.data(), runningMean.data(), runningVar.data()});
      Array stat({2, channels}), expectedStat({2, channels});
      for (int64_t c = 0; c < channels; ++c) {
        expectedStat.values[c] = mean[c], expectedStat.values[channels + c] = invstd(c);
        REQUIRE(runningMean.floats()[c] == Approx(0.9 * 2 + 0.1 * mean[c]));
        REQUIRE(runningVar.floats()[c] == Approx(0.9 * 3 + 0.1 * squares[c] / double(count - 1)));
      }
      for (int64_t i = 0; i < 2 * channels; ++i) stat.values[i] = statMemory.floats()[i];
      requireClose(stat, expectedStat);

      Array y = x, dx = x;
      for (int64_t i = 0; i < x.size(); ++i) {
        int64_t c = channelAt(i);
        y.values[i] = xhat(i) * gamma.values[c] + beta.values[c];
        dx.values[i] = gamma.values[c] * invstd(c) *
                       (dy.values[i] - dbeta[c] / double(count) - xhat(i) * dgamma[c] / double(count));
      }
      Op normalize{"batch_norm_normalize", {0, 1, 2, 3}, {channels, height, width}};
      requireClose(run(kernelOf({tensor, pair, vector, vector}, normalize, {tensor}), {x, stat, gamma, beta},
                       images)[0],
                   y, 1e-5);

      Op backward{"batch_norm_backward_statistics", {0, 1, 2}, {2, channels}};
      Array sums = run(kernelOf({tensor, tensor, pair}, backward, {pair}), {x, dy, stat}, images)[0];
      Loaded backwardCombined(
          kernelOf({pair}, {"batch_norm_backward_combine", {0}, {channels}}, {vector, vector}, {{"blocks"}}));
      Buffer sumsMemory = pack(pair, sums), dgammaMemory(4 * channels), dbetaMemory(4 * channels);
      backwardCombined.call({sumsMemory.data()}, {{"blocks", blocks}},
                            {dgammaMemory.data(), dbetaMemory.data()});
      Array actualGamma({channels}), actualBeta({channels}), expectedGamma({channels}),
          expectedBeta({channels});
      expectedGamma.values = dgamma, expectedBeta.values = dbeta;
      for (int64_t c = 0; c < channels; ++c) {
        actualGamma.values[c] = dgammaMemory.floats()[c], actualBeta.values[c] = dbetaMemory.floats()[c];
      }
      requireClose(actualGamma, expectedGamma, 1e-5);
      requireClose(actualBeta, expectedBeta, 1e-5);

      Op input{"batch_norm_backward_input", {0, 1, 2, 3, 4, 5}, {channels, height, width}};
      std::vector<kernel::Scalar> scalars = {{"images"}, {"inverse_count", ScalarType::f32}};
      requireClose(run(kernelOf({tensor, tensor, pair, vector, vector, vector}, input, {tensor}, scalars),
                       {x, dy, stat, gamma, expectedGamma, expectedBeta}, images,
                       {{"inverse_count", 1 / double(count)}})[0],
                   dx, 1e-5);
    }
  }
}
