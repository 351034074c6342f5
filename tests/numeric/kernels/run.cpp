//===- run.cpp - Whole batches through a kernel, with checks -------------------------------------------===//

#include "runner.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace cnn::test {

using kernel::Element;
using kernel::Range;

std::vector<Array> run(const Kernel& kernel, const std::vector<Array>& inputs, int64_t images,
                       std::map<std::string, double> scalars) {
  Loaded loaded(kernel);
  INFO(print(kernel));
  bool reduces = false;
  for (auto& scalar : kernel.scalars) reduces |= scalar.name == "blocks";
  int lanes = 1;
  for (auto* tensors : {&kernel.inputs, &kernel.outputs}) {
    for (const Tensor& t : *tensors) {
      if (t.layout == Layout::batchLanes) lanes = t.lanes;
    }
  }
  int64_t blocks = (images + lanes - 1) / lanes;
  if (reduces) scalars["blocks"] = static_cast<double>(blocks);

  std::vector<Buffer> in, out;
  for (size_t i = 0; i < inputs.size(); ++i) in.push_back(pack(kernel.inputs[i], inputs[i]));
  // Per-block outputs: lane tensors, stored images, and everything plain that a block produces.
  for (const Tensor& t : kernel.outputs) {
    int64_t parts = reduces ? 1 : t.layout == Layout::batchLanes ? blocks : 1;
    bool stored = kernel::isStored(kernel, out.size());
    if (!reduces && t.layout == Layout::plain) parts = stored ? images : blocks;
    if (t.layout == Layout::channelLanes) parts = images;
    out.emplace_back(parts * blockElements(t) * bytesOf(t.element));
  }
  int64_t extent = 0;
  if (kernel.range != Range::none) {
    const Tensor& t = kernel.outputs[0];
    extent = t.shape[kernel.range == Range::row ? (t.layout == Layout::plain ? t.shape.size() - 2 : 1) : 0];
    if (t.layout == Layout::channelLanes && kernel.range == Range::channel)
      extent = (extent + t.lanes - 1) / t.lanes;
  }
  for (int64_t block = 0; block < (reduces ? 1 : blocks); ++block) {
    scalars["images"] = static_cast<double>(std::min<int64_t>(lanes, images - block * lanes));
    scalars.emplace("first_image", 0);
    scalars["first_image"] = static_cast<double>(block * lanes);
    std::vector<const void*> inputPointers;
    for (size_t i = 0; i < in.size(); ++i) {
      const Tensor& t = kernel.inputs[i];
      int64_t perBlock = t.layout != Layout::plain       ? blockElements(t)
                         : kernel::holdsParts(kernel, i) ? blockElements(t) * lanes
                                                         : 0;
      inputPointers.push_back(static_cast<char*>(in[i].data()) + block * perBlock * bytesOf(t.element));
    }
    std::vector<void*> outputPointers;
    for (size_t i = 0; i < out.size(); ++i) {
      const Tensor& t = kernel.outputs[i];
      int64_t perBlock = blockElements(t) * (kernel::isStored(kernel, i) ? lanes : 1);
      outputPointers.push_back(static_cast<char*>(out[i].data()) + block * perBlock * bytesOf(t.element));
    }
    if (kernel.range == Range::none) {
      loaded.call(inputPointers, scalars, outputPointers);
    } else {
      // Uneven chunks, to see that a chunk writes its own part and nothing else.
      int64_t granule = kernel.rangeGranule, step = granule;
      for (int64_t min = 0; min < extent; min += step, step = 2 * granule) {
        Loaded::Range range{static_cast<int32_t>(min), static_cast<int32_t>(std::min(step, extent - min))};
        loaded.call(inputPointers, scalars, outputPointers, range);
        if (min > 0) step = 2 * granule;
      }
    }
  }
  std::vector<Array> results;
  for (size_t i = 0; i < out.size(); ++i) {
    REQUIRE(out[i].guardsIntact());
    const Tensor& t = kernel.outputs[i];
    bool perImage = t.layout != Layout::plain || kernel::isStored(kernel, i);
    results.push_back(unpack(t, out[i], perImage ? images : reduces ? 1 : blocks));
    size_t missing = 0;
    for (double value : results.back().values) missing += std::isnan(value);
    if (t.element == Element::f32) REQUIRE(missing == 0);
  }
  return results;
}

void requireClose(const Array& actual, const Array& expected, double bound) {
  REQUIRE(actual.size() == expected.size());
  double error = 0, norm = 0, largest = 0, largestError = 0;
  for (int64_t i = 0; i < actual.size(); ++i) {
    double difference = actual.values[i] - expected.values[i];
    error += difference * difference;
    norm += expected.values[i] * expected.values[i];
    largest = std::max(largest, std::abs(expected.values[i]));
    largestError = std::max(largestError, std::abs(difference));
  }
  INFO("relative rms error " << std::sqrt(error / std::max(norm, 1e-300)) << ", largest " << largestError
                             << " of " << largest);
  REQUIRE(std::sqrt(error) <= bound * std::sqrt(norm) + 1e-30);
  REQUIRE(largestError <= 100 * bound * largest + 1e-30);
}

} // namespace cnn::test
