//===- bench_command.cpp - cnnc bench: runs on request and says how long each took ---------------------===//
//
// Prints `ready`; for each line `run K` on stdin runs K iterations and prints their K times in microseconds
// on one line; `quit` or the end of input ends it. Files that hold several batches are gone through, over and
// over. After the first request --output is written: the first output of the last iteration (infer), or the
// loss of each iteration (train).
//
//===---------------------------------------------------------------------------------------------------===//

#include "in_process.h"
#include "load_weights.h"
#include "tensors.h"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <sstream>

namespace cnn::tools {
namespace {

class Bench {
public:
  Bench(const BenchOptions& options, LinkedNetwork& linked)
      : options(options), linked(linked), trains(options.mode == "train") {}

  Status prepare() {
    const cnn_description& tables = *linked.inference->description;
    std::vector<const cnn_tensor*> inputs, targets;
    for (std::uint32_t i = 0; i < tables.input_count; ++i) inputs.push_back(&tables.inputs[i]);
    if (trains) {
      if (!linked.training) return Status::error(CNN_ERROR_ARGUMENT, "the network has no train section");
      for (std::uint32_t i = 0; i < linked.training->target_count; ++i)
        targets.push_back(&linked.training->targets[i]);
    }
    if (Status bad = read(options.inputs, inputs, "--input"); !bad) return bad;
    if (Status bad = read(options.targets, targets, "--target-input"); !bad) return bad;
    if (samples < options.batch || samples % options.batch != 0)
      return Status::error(CNN_ERROR_ARGUMENT,
                           "--input: expected whole batches of %lld samples (--batch), found %lld samples",
                           static_cast<long long>(options.batch), static_cast<long long>(samples));
    for (std::uint32_t i = 0; i < tables.output_count; ++i)
      outputs.push_back(allocate(tables.outputs[i], options.batch));
    for (Batch& output : outputs) to.push_back(output.bytes.data());

    Options wanted;
    wanted.max_batch = trains ? 1 : options.batch;
    wanted.threads = options.threads;
    Result<Model> created = Model::create<Model>(*linked.inference, wanted);
    if (!created) return std::move(created).error();
    model.emplace(*std::move(created));
    Status bad = options.weights.empty() ? model->initialise(1) : loadWeights(*model, options.weights);
    if (!bad) return bad;
    if (trains) return model->check(cnn_training_attach(model->handle(), linked.training, options.batch));
    return {};
  }

  Status serve() {
    std::puts("ready");
    std::fflush(stdout);
    bool first = true;
    for (std::string line; std::getline(std::cin, line);) {
      std::istringstream words(line);
      std::string verb, rest;
      long count = 0;
      if (line == "quit") break;
      if (!(words >> verb >> count) || verb != "run" || count < 1 || count > 100'000'000 || words >> rest)
        return Status::error(CNN_ERROR_ARGUMENT, "expected 'run K' or 'quit', found '%s'", line.c_str());
      if (Status bad = run(count); !bad) return bad;
      if (first && !options.output.empty())
        if (Status bad = writeOutput(); !bad) return bad;
      first = false;
    }
    return {};
  }

private:
  const BenchOptions& options;
  LinkedNetwork& linked;
  bool trains;
  std::optional<Model> model;
  std::int64_t samples = 0; ///< in each input: one batch or several
  std::vector<Batch> given, outputs;
  std::vector<void*> to;
  std::vector<float> losses;

  Status read(const std::vector<std::string>& files, const std::vector<const cnn_tensor*>& tensors,
              const char* option) {
    std::vector<Batch> batches(tensors.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
      std::string file;
      Result<std::size_t> which = whichTensor(files[i], tensors, i, file);
      if (!which) return std::move(which).error();
      Result<Batch> read = readBatch(file, *tensors[*which], samples);
      if (!read) return std::move(read).error();
      batches[*which] = *std::move(read);
    }
    for (std::size_t i = 0; i < batches.size(); ++i) {
      if (!batches[i].tensor)
        return Status::error(CNN_ERROR_ARGUMENT, "'%s' is missing: give %s %s=FILE.npy", tensors[i]->name,
                             option, tensors[i]->name);
      given.push_back(std::move(batches[i]));
    }
    return {};
  }

  /// The batch that iteration `i` takes of each input.
  std::vector<const void*> batchOf(long i) const {
    std::int64_t first = i % (samples / options.batch) * options.batch;
    std::vector<const void*> from;
    for (const Batch& input : given)
      from.push_back(input.bytes.data() + static_cast<std::size_t>(first) * sampleBytes(*input.tensor));
    return from;
  }

  Status run(long count) {
    losses.clear();
    std::vector<double> times;
    std::vector<float> results(trains ? linked.training->results_count : 0);
    for (long i = 0; i < count; ++i) {
      std::vector<const void*> from = batchOf(i);
      auto start = std::chrono::steady_clock::now();
      int code = trains
                     ? cnn_training_step(model->handle(), from.data(), options.batch, nullptr, results.data())
                     : cnn_model_predict(model->handle(), from.data(), to.data(), options.batch);
      std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
      if (code) return model->check(code);
      times.push_back(time.count());
      if (trains) losses.push_back(results[0]);
    }
    for (std::size_t i = 0; i < times.size(); ++i) std::printf(i ? " %.3f" : "%.3f", times[i]);
    std::putchar('\n');
    std::fflush(stdout);
    return {};
  }

  Status writeOutput() {
    return trains ? writeFloats(options.output, losses) : writeBatch(options.output, outputs.front());
  }
};

} // namespace

int bench(const CompileOptions& given, const BenchOptions& options) {
  CompileOptions compile = given;
  compile.predictOnly = options.mode == "infer";
  LinkedNetwork linked;
  if (!compileAndLink(compile, linked)) return 1;
  Bench bench(options, linked);
  Status done = bench.prepare();
  if (done.ok()) done = bench.serve();
  return done.ok() ? 0 : fail(done.message());
}

} // namespace cnn::tools
