//===- profile_command.cpp - cnnc profile: where the time goes, layer by layer -------------------------===//
//
// The drivers are emitted once more with a clock around every call, and run on one thread.
//
//===---------------------------------------------------------------------------------------------------===//

#include "in_process.h"
#include "tensors.h"

#include "dialect_to_summary/summarize.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>

namespace cnn::tools {
namespace {

struct Row {
  std::string source, algorithm;
  double ticks = 0;
  int64_t macs = 0; ///< a sample, where the kernel multiplies weights
};

bool multiplies(const kernel::Kernel& kernel) {
  for (const kernel::Op& op : kernel.ops)
    if (op.name.starts_with("conv") || op.name.starts_with("linear")) return true;
  return false;
}

/// The call's layer is its source, or its source up to the last dot: `conv1`, `conv1.conv_backward_weight`.
int64_t macsOf(const Call& call, const kernel::Kernel& kernel, const std::map<std::string, int64_t>& layers) {
  if (!multiplies(kernel)) return 0;
  auto found = layers.find(call.source);
  if (found == layers.end()) found = layers.find(call.source.substr(0, call.source.rfind('.')));
  return found == layers.end() ? 0 : found->second;
}

std::vector<Row> rowsOf(const FunctionPlan& function, const NetworkPlan& network,
                        const std::map<std::string, int64_t>& layers) {
  std::vector<Row> rows;
  for (const Phase& phase : function.phases)
    for (const ChunkFamily& family : phase.families)
      for (const Call& call : family.calls) {
        const kernel::Kernel& kernel = network.kernels[call.kernel];
        rows.push_back({call.source, kernel.schedule.algorithm, 0, macsOf(call, kernel, layers)});
      }
  return rows;
}

class Profile {
public:
  Profile(const ProfileOptions& options, const LinkedNetwork& linked)
      : options(options), linked(linked), tables(*linked.inference->description),
        trains(options.mode == "train") {}

  /// Leaves the wall time of one iteration in `microseconds`.
  Status run(std::vector<int64_t>& ticks) {
    Options wanted;
    wanted.max_batch = trains ? 1 : options.batch;
    wanted.threads = 1;
    Result<Model> model = Model::create<Model>(*linked.inference, wanted);
    if (!model) return std::move(model).error();
    if (Status bad = model->initialise(1); !bad) return bad;
    if (trains)
      if (Status bad = model->check(cnn_training_attach(model->handle(), linked.training, options.batch));
          !bad)
        return bad;
    makeInputs();
    for (int64_t i = -2; i < options.iterations; ++i) { // the first two find memory and caches cold
      if (i == 0) std::fill(ticks.begin(), ticks.end(), 0);
      auto start = std::chrono::steady_clock::now();
      int code = trains ? cnn_training_forward_backward(model->handle(), from.data(), options.batch, nullptr)
                        : cnn_model_predict(model->handle(), from.data(), to.data(), options.batch);
      if (code) return model->check(code);
      std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
      if (i >= 0) microseconds += taken.count() / static_cast<double>(options.iterations);
    }
    return {};
  }

  double microseconds = 0;

private:
  const ProfileOptions& options;
  const LinkedNetwork& linked;
  const cnn_description& tables;
  bool trains;
  std::vector<Batch> memory;
  std::vector<const void*> from;
  std::vector<void*> to;

  /// Small numbers of both signs; labels are 0.
  void makeInputs() {
    for (uint32_t i = 0; i < tables.input_count; ++i) {
      Batch& batch = memory.emplace_back(allocate(tables.inputs[i], options.batch));
      if (tables.inputs[i].element != CNN_F32) continue;
      auto* values = reinterpret_cast<float*>(batch.bytes.data());
      for (size_t k = 0; k < batch.bytes.size() / 4; ++k)
        values[k] = static_cast<float>(k * 7919 % 1009) / 504 - 1;
    }
    for (uint32_t i = 0; trains && i < linked.training->target_count; ++i)
      memory.push_back(allocate(linked.training->targets[i], options.batch));
    for (Batch& batch : memory) from.push_back(batch.bytes.data());
    std::vector<Batch> outputs;
    for (uint32_t i = 0; i < tables.output_count; ++i)
      outputs.push_back(allocate(tables.outputs[i], options.batch));
    for (Batch& output : outputs) to.push_back(memory.emplace_back(std::move(output)).bytes.data());
  }
};

void print(const std::vector<Row>& rows, double microseconds, int64_t batch) {
  double all = 0;
  for (const Row& row : rows) all += row.ticks;
  size_t width = 6;
  for (const Row& row : rows) width = std::max(width, row.source.size());
  std::printf("  %-*s  %-20s %12s %7s %8s\n", int(width), "layer", "algorithm", "us", "share", "GF/s");
  for (const Row& row : rows) {
    double share = all > 0 ? row.ticks / all : 0, time = share * microseconds;
    std::printf("  %-*s  %-20s %12.1f %6.1f%%", int(width), row.source.c_str(), row.algorithm.c_str(), time,
                100 * share);
    if (row.macs && time > 0)
      std::printf(" %8.1f", 2e-3 * static_cast<double>(row.macs) * static_cast<double>(batch) / time);
    std::putchar('\n');
  }
  std::printf("  %.1f us an iteration on one thread\n", microseconds);
}

} // namespace

int profile(const CompileOptions& given, const ProfileOptions& wanted) {
  CompileOptions compile = given;
  ProfileOptions options = wanted;
  compile.predictOnly = options.mode == "infer";
  Frontend frontend;
  if (!frontend.load(compile)) return 1;
  NetworkOp network = frontend.keepOnlyNetwork();
  if (!network) return 1;
  std::map<std::string, int64_t> layers;
  for (const Layer& layer : summarize(network).layers) layers[layer.path] = layer.cost.macs;

  CompiledNetwork compiled;
  if (!formGroups(frontend, compile) || !planLibrary(frontend, compile, network, compiled.plan)) return 1;
  compiled.plan.timed = true;
  if (!compilePlan(frontend, compile, compiled)) return 1;
  bool trains = options.mode == "train";
  if (trains && !compiled.plan.network.trains())
    return fail(compile.file + ": the network has no train section");
  const FunctionPlan& function = trains ? compiled.plan.network.train.front() : compiled.plan.network.predict;
  std::vector<Row> rows = rowsOf(function, compiled.plan.network, layers);
  // All functions count from 0; only one of them runs.
  size_t most = rowsOf(compiled.plan.network.predict, compiled.plan.network, {}).size();
  for (const FunctionPlan& train : compiled.plan.network.train)
    most = std::max(most, rowsOf(train, compiled.plan.network, {}).size());
  std::vector<int64_t> ticks(most);
  LinkedNetwork linked;
  std::string error;
  if (!linked.link(compiled, error, ticks.data())) return fail(error);
  options.batch = nearestBatch(*linked.inference->description, wanted.batch, trains);
  if (options.batch == 0)
    return fail("no batch near " + std::to_string(wanted.batch) + " keeps what the network asserts");
  Profile profile(options, linked);
  Status done = profile.run(ticks);
  if (!done.ok()) return fail(done.message());
  for (size_t i = 0; i < rows.size(); ++i) rows[i].ticks = static_cast<double>(ticks[i]);
  std::printf("%s, %s, batch %lld\n", compiled.plan.network.name.c_str(), options.mode.c_str(),
              static_cast<long long>(options.batch));
  print(rows, profile.microseconds, options.batch);
  return 0;
}

} // namespace cnn::tools
