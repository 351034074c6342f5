//===- kernel_benchmarks.cpp - Training kernels against the machine's peak ---------------------------===//
//
//   kernel_benchmarks [substring]...        time the kernels whose names contain all substrings
//   kernel_benchmarks --images N ...        with a batch of N: short runs are disturbed less on a busy
//   machine kernel_benchmarks --tile KEY=N ...      with these tiles instead of the chosen ones
//   kernel_benchmarks --assembly ...        print their assembly instead
//   kernel_benchmarks --stmt ...            print their loops instead
//
// One core, the shortest of many runs over all blocks of the batch. Reductions over the batch run as one
// call.
//
//===---------------------------------------------------------------------------------------------------===//

#include "runner.h"
#include "schedules/batch_winograd_plan.h"

#include <cstdio>
#include <ctime>

using namespace cnn;
using namespace cnn::test;

namespace {

struct Benchmark {
  std::string name;
  Kernel kernel;
  double flops; ///< of one image
  int64_t images;
  double bytes = 0; ///< read and written for one image, where that is what counts
};

struct Layer {
  const char* network;
  int64_t in, size, out, kernel, stride, padding, images;
  int64_t groups = 1;
};

const Layer layers[] = {
    {"resnet20", 3, 32, 16, 3, 1, 1, 128},
    {"resnet20", 16, 32, 16, 3, 1, 1, 128},
    {"resnet20", 16, 32, 32, 3, 2, 1, 128},
    {"resnet20", 32, 16, 32, 3, 1, 1, 128},
    {"resnet20", 16, 32, 32, 1, 2, 0, 128},
    {"resnet20", 32, 16, 64, 3, 2, 1, 128},
    {"resnet20", 64, 8, 64, 3, 1, 1, 128},
    {"lenet", 1, 28, 6, 5, 1, 2, 64},
    {"lenet", 6, 14, 16, 5, 1, 0, 64},
    {"resnet50", 64, 56, 64, 3, 1, 1, 16},
    {"resnet50", 256, 14, 256, 3, 1, 1, 16},
    {"resnet50", 256, 56, 64, 1, 1, 0, 16},
    {"resnet50", 64, 56, 256, 1, 1, 0, 16},
    {"resnet50", 3, 224, 64, 7, 2, 3, 16},
    {"mobilenet", 32, 112, 32, 3, 1, 1, 16, 32},
    {"mobilenet", 96, 112, 96, 3, 2, 1, 16, 96},
    {"mobilenet", 24, 56, 144, 1, 1, 0, 16},
    {"mobilenet", 144, 56, 24, 1, 1, 0, 16},
    {"odd", 8, 61, 80, 3, 1, 1, 16},
};

std::vector<Benchmark> convolutions() {
  std::vector<Benchmark> result;
  for (const Layer& l : layers) {
    int64_t outSize = (l.size + 2 * l.padding - l.kernel) / l.stride + 1;
    int haloIn = static_cast<int>(l.padding),
        haloOut = l.kernel == 1 ? 0 : static_cast<int>(l.kernel - 1 - l.padding);
    Tensor x = batchLanes(l.in, l.size, l.size, haloIn), y = batchLanes(l.out, outSize, outSize, haloOut);
    Tensor w = plain({l.out, l.in / l.groups, l.kernel, l.kernel});
    std::map<std::string, std::vector<int64_t>> ints = {
        {"stride", {l.stride, l.stride}},
        {"padding", {l.padding, l.padding, l.padding, l.padding}},
        {"dilation", {1, 1}},
        {"groups", {l.groups}}};
    double flops = 2.0 * double(l.out * outSize * outSize * l.in / l.groups * l.kernel * l.kernel);
    auto add = [&](const std::string& op, std::vector<Tensor> inputs, Tensor output, bool reduces) {
      Kernel k;
      k.target = currentTarget();
      k.inputs = std::move(inputs);
      if (reduces) k.scalars = {{"blocks"}}, k.range = kernel::Range::channel;
      k.ops = {{op, {0, 1}, output.shape, ints}};
      k.results = {2};
      k.outputs = {output};
      std::string name = std::string(l.network) + " " + op + " " + std::to_string(l.in) + "->" +
                         std::to_string(l.out) + " " + std::to_string(l.kernel) + "x" +
                         std::to_string(l.kernel) + "/" + std::to_string(l.stride) + " @" +
                         std::to_string(l.size);
      if (l.groups > 1) name += " depthwise";
      result.push_back({name, k, flops, l.images});
    };
    add("conv", {x, w}, y, false);
    add("conv_backward_input", {y, w}, x, false);
    add("conv_backward_weight", {x, y}, w, true);
    int64_t outputs = l.kernel == 3 && l.stride == 1 && l.groups == 1
                          ? kernel::batchWinogradOutputs({l.in, l.out, outSize, outSize}, currentTarget())
                          : 0;
    if (outputs == 0) continue;
    int64_t n = outputs + 2;
    ints["outputs"] = {outputs};
    add("winograd_conv", {x, plain({n, n, l.in, l.out})}, y, false);
  }
  for (auto [in, out] : {std::pair<int64_t, int64_t>{400, 120}, {120, 84}, {84, 10}, {2048, 1000}}) {
    Tensor x = batchLanes(in, 1, 1), y = batchLanes(out, 1, 1), w = plain({out, in});
    for (auto [op, inputs, output] :
         {std::tuple<std::string, std::vector<Tensor>, Tensor>{"linear", {x, w}, y},
          {"linear_backward_input", {y, w}, x},
          {"linear_backward_weight", {x, y}, w}}) {
      Kernel k;
      k.target = currentTarget();
      k.inputs = inputs;
      if (op == "linear_backward_weight") k.scalars = {{"blocks"}}, k.range = kernel::Range::channel;
      k.ops = {{op, {0, 1}, output.shape}};
      k.results = {2};
      k.outputs = {output};
      result.push_back({"lenet " + op + " " + std::to_string(in) + "->" + std::to_string(out), k,
                        2.0 * double(in * out), 64});
    }
  }
  return result;
}

/// What is bound by memory: bytes count, not products.
std::vector<Benchmark> streams() {
  std::vector<Benchmark> result;
  auto add = [&](const std::string& op, std::vector<Tensor> inputs, Tensor output,
                 std::map<std::string, std::vector<int64_t>> ints = {}) {
    Kernel k;
    k.target = currentTarget();
    k.inputs = std::move(inputs);
    Op o{op, {}, output.shape, std::move(ints)};
    o.element = output.element;
    for (size_t i = 0; i < k.inputs.size(); ++i) o.operands.push_back(static_cast<int>(i));
    k.ops = {o};
    k.results = {static_cast<int>(k.inputs.size())};
    k.outputs = {output};
    if (op == "batch_norm_statistics" || op == "load" || op == "batch_norm_backward_input")
      k.scalars.push_back({"images"});
    if (op == "batch_norm_backward_input") k.scalars.push_back({"inverse_count", kernel::ScalarType::f32});
    if (op == "channel_sum") k.scalars = {{"blocks"}};
    double bytes = 0;
    for (auto* list : {&k.inputs, &k.outputs}) {
      for (const Tensor& t : *list) {
        if (t.layout == Layout::batchLanes)
          bytes += double(blockElements(t)) * (t.element == kernel::Element::u8 ? 1 : 4) / t.lanes;
      }
    }
    result.push_back({op + " " + std::to_string(output.shape[0]) + "@" + std::to_string(output.shape.back()),
                      k, 0, 128, bytes});
  };
  for (auto [channels, size] : {std::pair<int64_t, int64_t>{16, 32}, {64, 8}}) {
    Tensor x = batchLanes(channels, size, size, 1), pair = plain({2, channels}), vector = plain({channels});
    add("relu", {x}, x);
    add("batch_norm_statistics", {x}, pair);
    add("batch_norm_normalize", {x, pair, vector, vector}, x);
    add("batch_norm_backward_statistics", {x, x, pair}, pair);
    add("batch_norm_backward_input", {x, x, pair, vector, vector, vector}, x);
    add("global_avg_pool", {x}, batchLanes(channels, 1, 1));
    add("channel_sum", {x}, vector);
    Tensor pooled = batchLanes(channels, size / 2, size / 2), index = pooled;
    index.element = kernel::Element::u8;
    std::map<std::string, std::vector<int64_t>> pool = {{"kernel", {2, 2}}, {"stride", {2, 2}}};
    add("max_pool", {x}, pooled, pool);
    add("max_pool_index", {x}, index, pool);
    add("max_pool_backward", {pooled, index}, x, pool);
  }
  Tensor loaded = batchLanes(3, 32, 32, 1);
  add("load", {plain({3, 32, 32})}, loaded);
  return result;
}

/// The thread's own time: other programs on the machine do not count.
double now() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

#ifdef __x86_64__
/// Seconds of `rounds` times 12 independent FMAs.
double fmaSeconds(int64_t rounds, bool wide) {
  double start = now();
  if (wide) {
    asm volatile("1:\n.irp r,4,5,6,7,8,9,10,11,12,13,14,15\nvfmadd231ps %%zmm1, %%zmm2, %%zmm\\r\n.endr\n"
                 "dec %0\njnz 1b\n"
                 : "+r"(rounds)
                 :
                 : "xmm1", "xmm2", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
                   "xmm13", "xmm14", "xmm15", "cc");
  } else {
    asm volatile("1:\n.irp r,4,5,6,7,8,9,10,11,12,13,14,15\nvfmadd231ps %%ymm1, %%ymm2, %%ymm\\r\n.endr\n"
                 "dec %0\njnz 1b\n"
                 : "+r"(rounds)
                 :
                 : "xmm1", "xmm2", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
                   "xmm13", "xmm14", "xmm15", "cc");
  }
  return now() - start;
}

double peakFlops() {
  constexpr int64_t rounds = 300000;
  int lanes = kernel::vectorLanes(currentTarget());
  double best = 0;
  for (int i = 0; i < 20; ++i)
    best = std::max(best, 2.0 * 12 * lanes * rounds / fmaSeconds(rounds, lanes == 16));
  return best;
}
#else
double peakFlops() {
  return 0;
}
#endif

void measure(const Benchmark& benchmark, double peak) {
  const Kernel& k = benchmark.kernel;
  Loaded loaded(k);
  bool reduces = !k.scalars.empty() && k.scalars[0].name == "blocks";
  int lanes = 1;
  for (auto* list : {&k.inputs, &k.outputs}) {
    for (const Tensor& t : *list) {
      if (t.layout == Layout::batchLanes) lanes = t.lanes;
    }
  }
  int64_t blocks = (benchmark.images + lanes - 1) / lanes;
  std::vector<Buffer> in, out;
  auto elements = [&](const Tensor& t, bool input, size_t i) {
    bool parts = t.layout == Layout::batchLanes || !input;
    int64_t perBlock = blockElements(t) * (input && kernel::holdsParts(k, i) ? lanes * blocks
                                           : parts                           ? blocks
                                                                             : 1);
    return perBlock;
  };
  for (size_t i = 0; i < k.inputs.size(); ++i) {
    int64_t n = elements(k.inputs[i], true, i);
    if (k.inputs[i].element == kernel::Element::u8)
      in.push_back(Buffer(n));
    else
      in.push_back(pack(plain({n}), randomArray({n}, unsigned(i))));
  }
  for (size_t i = 0; i < k.outputs.size(); ++i) out.emplace_back(4 * elements(k.outputs[i], false, i));
  std::map<std::string, double> scalars = {{"blocks", blocks}, {"images", lanes}, {"inverse_count", 1e-5}};
  auto once = [&] {
    for (int64_t block = 0; block < (reduces ? 1 : blocks); ++block) {
      std::vector<const void*> inputs;
      std::vector<void*> outputs;
      for (size_t i = 0; i < in.size(); ++i) {
        const Tensor& t = k.inputs[i];
        int64_t offset = t.layout == Layout::batchLanes
                             ? block * blockElements(t) * (t.element == kernel::Element::u8 ? 1 : 4)
                             : 0;
        inputs.push_back(static_cast<char*>(in[i].data()) + offset);
      }
      for (size_t i = 0; i < out.size(); ++i) {
        const Tensor& t = k.outputs[i];
        outputs.push_back(static_cast<char*>(out[i].data()) +
                          block * blockElements(t) * (t.element == kernel::Element::u8 ? 1 : 4));
      }
      int32_t extent = k.range == kernel::Range::none ? 0 : static_cast<int32_t>(k.outputs[0].shape[0]);
      loaded.call(inputs, scalars, outputs, {0, extent});
    }
  };
  once();
  double best = 1e30, end = now() + 0.4;
  while (now() < end) {
    double start = now();
    once();
    best = std::min(best, now() - start);
  }
  std::string tiles;
  kernel::Schedule schedule = k.schedule.algorithm.empty() ? chooseSchedule(k) : k.schedule;
  for (auto& [key, value] : schedule.tiles) tiles += " " + key + "=" + std::to_string(value);
  double flops = benchmark.flops * double(benchmark.images) / best,
         bytes = benchmark.bytes * double(blocks * lanes) / best;
  if (benchmark.flops > 0) {
    std::printf("%-58s %9.1f us %7.1f GF/s %5.1f %%  %s\n", benchmark.name.c_str(), best * 1e6, flops / 1e9,
                100 * flops / peak, tiles.c_str());
  } else {
    std::printf("%-58s %9.1f us %7.1f GB/s\n", benchmark.name.c_str(), best * 1e6, bytes / 1e9);
  }
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  std::vector<std::string> filters;
  std::map<std::string, int64_t> tiles;
  bool asText = false;
  int64_t images = 0;
  kernel::Text form = kernel::Text::assembly;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    if (argument == "--assembly")
      asText = true;
    else if (argument == "--stmt")
      asText = true, form = kernel::Text::stmt;
    else if (argument == "--avx2")
      useTarget("x86-64-linux-avx-avx2-f16c-fma-sse41");
    else if (argument == "--images" && i + 1 < argc)
      images = std::max(1, std::atoi(argv[++i]));
    else if (argument == "--tile" && i + 1 < argc) {
      std::string pair = argv[++i];
      size_t at = pair.find('=');
      if (at == std::string::npos)
        return std::fprintf(stderr, "--tile: expected KEY=N, found %s\n", pair.c_str()), 1;
      tiles[pair.substr(0, at)] = std::atoll(pair.c_str() + at + 1);
    } else
      filters.push_back(argument);
  }
  std::vector<Benchmark> benchmarks = convolutions();
  for (Benchmark& benchmark : streams()) benchmarks.push_back(std::move(benchmark));
  double peak = asText ? 0 : peakFlops();
  if (!asText) std::printf("peak: %.1f GF/s on one core, %s\n", peak / 1e9, currentTarget().c_str());
  for (Benchmark& benchmark : benchmarks) {
    bool wanted = true;
    for (const std::string& filter : filters) wanted &= benchmark.name.find(filter) != std::string::npos;
    if (!wanted) continue;
    if (images) benchmark.images = images;
    if (!tiles.empty()) {
      benchmark.kernel.schedule = chooseSchedule(benchmark.kernel);
      for (auto& [key, value] : tiles) benchmark.kernel.schedule.tiles[key] = value;
    }
    if (benchmark.kernel.range != kernel::Range::none) {
      bool given = !benchmark.kernel.schedule.algorithm.empty();
      kernel::Schedule schedule = given ? benchmark.kernel.schedule : chooseSchedule(benchmark.kernel);
      if (schedule.tiles.count("channels")) benchmark.kernel.rangeGranule = schedule.tiles.at("channels");
    }
    if (asText) {
      std::string text, error;
      if (!emitText(benchmark.kernel, form, text, error))
        return std::fprintf(stderr, "%s\n", error.c_str()), 1;
      std::fputs(text.c_str(), stdout);
    } else {
      measure(benchmark, peak);
    }
  }
  return 0;
}
