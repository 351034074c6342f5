//===- inference_kernels.cpp - Times the layers of known networks on one image, one thread -----------===//
//
//   inference_kernels [name prefix] [target] [exact] [no_halo] [pack] [range] [stmt | assembly]
//
// "effective" GF/s count the direct convolution's operations, whatever the algorithm. The least time of many
// calls, weights and pictures warm. no_halo: the padding is not in memory, so that kernels copy what they
// read. pack: the kernels that prepare the weights as well. range: kernels that
// can be cut for threads. stmt, assembly: shows the code instead of timing
// it.
//
//===---------------------------------------------------------------------------------------------------===//

#include "runner.h"

#include "schedules/inference_plan.h"

#include <chrono>
#include <cstdio>
#include <iostream>

using namespace cnn;
using namespace cnn::test;

namespace {

struct Layer {
  const char* name;
  int64_t channels, size, out, kernel, stride = 1, groups = 1, pool = 1;
  bool plainInput = false;
  int64_t padding = -1; ///< -1: keeps the size
};

const Layer layers[] = {
    {"lenet conv1", 1, 28, 6, 5, 1, 1, 2, true},      {"lenet conv2", 6, 14, 16, 5, 1, 1, 2, true, 0},
    {"resnet20 stem", 3, 32, 16, 3, 1, 1, 1, true},   {"resnet20 16@32", 16, 32, 16, 3},
    {"resnet20 16->32@32/2", 16, 32, 32, 3, 2},       {"resnet20 32@16", 32, 16, 32, 3},
    {"resnet20 32->64@16/2", 32, 16, 64, 3, 2},       {"resnet20 64@8", 64, 8, 64, 3},
    {"resnet50 stem", 3, 224, 64, 7, 2, 1, 1, true},  {"resnet50 3x3 64@56", 64, 56, 64, 3},
    {"resnet50 3x3 128@28", 128, 28, 128, 3},         {"resnet50 3x3 256@14", 256, 14, 256, 3},
    {"resnet50 3x3 512@7", 512, 7, 512, 3},           {"resnet50 3x3/2 128@56", 128, 56, 128, 3, 2},
    {"resnet50 3x3/2 512@14", 512, 14, 512, 3, 2},    {"resnet50 1x1 64->64@56", 64, 56, 64, 1},
    {"resnet50 1x1 64->256@56", 64, 56, 256, 1},      {"resnet50 1x1 256->64@56", 256, 56, 64, 1},
    {"resnet50 1x1 256->1024@14", 256, 14, 1024, 1},  {"resnet50 1x1 1024->256@14", 1024, 14, 256, 1},
    {"resnet50 1x1 2048->512@7", 2048, 7, 512, 1},    {"resnet50 1x1/2 1024->2048@14", 1024, 14, 2048, 1, 2},
    {"mobilenet stem", 3, 224, 32, 3, 2, 1, 1, true}, {"mobilenet dw 32@112", 32, 112, 32, 3, 1, 32},
    {"mobilenet dw 96@112/2", 96, 112, 96, 3, 2, 96}, {"mobilenet dw 144@56", 144, 56, 144, 3, 1, 144},
    {"mobilenet dw 576@14", 576, 14, 576, 3, 1, 576}, {"mobilenet dw 960@7", 960, 7, 960, 3, 1, 960},
    {"mobilenet 1x1 16->96@112", 16, 112, 96, 1},     {"mobilenet 1x1 96->24@56", 96, 56, 24, 1},
    {"mobilenet 1x1 24->144@56", 24, 56, 144, 1},     {"mobilenet 1x1 144->24@56", 144, 56, 24, 1},
    {"mobilenet 1x1 384->64@14", 384, 14, 64, 1},     {"mobilenet 1x1 576->160@7", 576, 7, 160, 1},
    {"mobilenet 1x1 320->1280@7", 320, 7, 1280, 1},
};

struct Linear {
  const char* name;
  int64_t channels, size, out;
};

const Linear linears[] = {
    {"lenet linear1", 16, 5, 120},      {"lenet linear2", 120, 1, 84},       {"lenet linear3", 84, 1, 10},
    {"resnet50 linear", 2048, 1, 1000}, {"mobilenet linear", 1280, 1, 1000},
};

kernel::Text shown;
bool shows = false;  ///< instead of timing
bool ranges = false; ///< kernels that take a range, as they are cut for threads

void time(const char* name, const Kernel& kernel, double operations) {
  if (shows) {
    std::string text, error;
    if (!emitText(kernel, shown, text, error)) text = error;
    std::printf("%s%s\n", print(kernel).c_str(), text.c_str());
    return;
  }
  auto compileStart = std::chrono::steady_clock::now();
  Loaded loaded(kernel);
  double compileSeconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - compileStart).count();
  std::vector<Buffer> buffers;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> uniform(-1, 1);
  auto make = [&](const Tensor& tensor) {
    buffers.emplace_back(blockElements(tensor) * sizeof(float));
    for (int64_t i = 0; i < blockElements(tensor); ++i) buffers.back().floats()[i] = uniform(generator);
  };
  for (const Tensor& tensor : kernel.inputs) make(tensor);
  for (const Tensor& tensor : kernel.outputs) make(tensor);
  for (size_t i = 0; i < kernel.inputs.size(); ++i) inputs.push_back(buffers[i].data());
  for (size_t i = kernel.inputs.size(); i < buffers.size(); ++i) outputs.push_back(buffers[i].data());

  const Tensor& result = kernel.outputs[0];
  int64_t extent = kernel.range == kernel::Range::row ? result.shape[1]
                                                      : (result.shape[0] + result.lanes - 1) / result.lanes;
  double least = 1e30;
  using Clock = std::chrono::steady_clock;
  Clock::time_point end = Clock::now() + std::chrono::milliseconds(300);
  int repeat = 1;
  while (Clock::now() < end) {
    auto start = Clock::now();
    loaded.repeat(repeat, inputs, outputs, {0, static_cast<int32_t>(extent)});
    double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    least = std::min(least, seconds / repeat);
    if (seconds < 100e-6) repeat *= 2;
  }
  std::string tiles;
  kernel::Schedule schedule = chooseSchedule(kernel);
  for (auto& [tile, size] : schedule.tiles) tiles += " " + tile + "=" + std::to_string(size);
  tiles += " compiled in " + std::to_string(int(compileSeconds * 1e3)) + " ms";
  auto vectors = kernel.ops[0].ints.find("vectors");
  if (vectors != kernel.ops[0].ints.end()) tiles += " vectors=" + std::to_string(vectors->second[0]);
  std::printf("%-30s %9.2f us %7.1f GF/s  scratch %5llu KB  %s%s\n", name, least * 1e6,
              operations / least / 1e9, static_cast<unsigned long long>(loaded.scratchBytes() / 1024),
              schedule.algorithm.c_str(), tiles.c_str());
  std::fflush(stdout);
}

void timeConvolution(const Layer& l, const std::string& target, bool exact, bool halo, bool packs) {
  int64_t padding = l.padding < 0 ? l.kernel / 2 : l.padding;
  kernel::ConvShape shape{l.channels,
                          l.size,
                          l.size,
                          l.out,
                          l.kernel,
                          l.kernel,
                          {l.stride, l.stride},
                          {padding, padding, padding, padding},
                          {1, 1},
                          l.groups};
  kernel::InferencePlan plan = planConv(shape, {target, exact, {l.pool, l.pool}});
  Kernel k;
  k.target = target;
  k.inputs = {l.plainInput ? plain({l.channels, l.size, l.size})
                           : channelLanes(l.channels, l.size, l.size, halo ? int(padding) : 0),
              plain(plan.packedWeights), plain(plan.packedBias)};
  std::vector<int64_t> result{l.out, shape.outHeight(), shape.outWidth()};
  int value = appendCompute(k, plan, 0, 1, 2, result);
  k.ops.push_back({"relu", {value}, result}), ++value;
  if (l.pool > 1) {
    result[1] /= l.pool, result[2] /= l.pool;
    k.ops.push_back(
        {"max_pool", {value}, result, {{"kernel", {l.pool, l.pool}}, {"stride", {l.pool, l.pool}}}}),
        ++value;
  }
  k.results = {value};
  k.outputs = {plan.outputLayout == Layout::plain ? plain(result)
                                                  : channelLanes(result[0], result[1], result[2])};
  if (ranges) k.range = plan.range, k.rangeGranule = plan.rangeGranule;
  double operations = 2.0 * double(shape.outHeight() * shape.outWidth()) *
                      double(l.out * l.channels / l.groups) * double(l.kernel * l.kernel);
  time(l.name, k, operations);
  if (packs) {
    Kernel pack = packKernel(plan, {{l.out, l.channels / l.groups, l.kernel, l.kernel}, false, true}, target);
    time("  packing", pack, double(l.out * l.channels / l.groups * l.kernel * l.kernel));
  }
}

void timeLinear(const Linear& l, const std::string& target) {
  kernel::InferencePlan plan = planLinear(channelLanes(l.channels, l.size, l.size), l.out, {target});
  Kernel k;
  k.target = target;
  k.inputs = {channelLanes(l.channels, l.size, l.size), plain(plan.packedWeights), plain(plan.packedBias)};
  k.results = {appendCompute(k, plan, 0, 1, 2, {l.out, 1, 1})};
  k.outputs = {channelLanes(l.out, 1, 1)};
  time(l.name, k, 2.0 * double(l.channels * l.size * l.size * l.out));
}

} // namespace

int main(int count, char** arguments) {
  std::string prefix = count > 1 ? arguments[1] : "",
              target = count > 2 ? arguments[2] : kernel::hostTarget();
  bool exact = false, halo = true, packs = false;
  for (int i = 3; i < count; ++i) {
    exact |= std::string(arguments[i]) == "exact";
    packs |= std::string(arguments[i]) == "pack";
    for (auto [word, form] : {std::pair{"stmt", kernel::Text::stmt}, {"assembly", kernel::Text::assembly}}) {
      if (std::string(arguments[i]) == word) shows = true, shown = form;
    }
    ranges |= std::string(arguments[i]) == "range";
    halo &= std::string(arguments[i]) != "no_halo";
  }
  useTarget(target);
  std::printf("target %s, one thread, one image\n", target.c_str());
  for (const Layer& layer : layers) {
    if (std::string(layer.name).starts_with(prefix)) timeConvolution(layer, target, exact, halo, packs);
  }
  for (const Linear& linear : linears) {
    if (std::string(linear.name).starts_with(prefix)) timeLinear(linear, target);
  }
  return 0;
}
