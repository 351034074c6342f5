//===- train_command.cpp - cnnc train and eval: the runtime's loop on code linked in process -----------===//

#include "in_process.h"
#include "interruption.h"
#include "load_weights.h"
#include "tensor_statistics.h"
#include "tensors.h"

#include "runtime/checkpoint/checkpoint.h"
#include "runtime/files/lock.h"
#include "runtime/files/replacement.h"

#include <cnn/cnn.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

namespace cnn::tools {
namespace {

TrainerOptions trainerOptions(const CompileOptions& compile, const TrainOptions& options) {
  TrainerOptions trainer;
  trainer.folder = std::filesystem::path(compile.file).parent_path().string();
  trainer.epochs = options.epochs;
  trainer.batch = options.batch;
  trainer.lr = options.lr;
  trainer.validation = options.validation;
  trainer.clip_norm = options.clipNorm;
  trainer.ema = options.ema;
  trainer.accumulate = options.accumulate;
  if (size_t comma = options.stop.rfind(','); comma != std::string::npos) {
    trainer.stop_metric = options.stop.substr(0, comma);
    trainer.stop_epochs = std::atoll(options.stop.c_str() + comma + 1);
  }
  trainer.seed = options.seed;
  trainer.data = options.data;
  trainer.checkpoint = options.checkpoint;
  trainer.checkpoint_steps = options.checkpointSteps;
  trainer.resume = options.resume;
  trainer.overwrite = options.force;
  trainer.initialise = options.weights.empty();
  trainer.quiet = options.quiet;
  return trainer;
}

/// Compiled code and a model on it; the code lives as long as the model.
struct Session {
  LinkedNetwork linked;
  std::optional<Model> model;

  bool open(const CompileOptions& compile, const TrainOptions& options) {
    if (!compileAndLink(compile, linked)) return false;
    if (!linked.training) return fail(compile.file + ": the network has no train section") == 0;
    Options wanted;
    wanted.max_batch = options.batch;
    for (uint32_t i = 0; !options.batch && i < linked.training->phase_count; ++i)
      wanted.max_batch = std::max(wanted.max_batch, linked.training->phases[i].batch);
    wanted.threads = options.threads;
    Result<Model> created = Model::create<Model>(*linked.inference, wanted);
    if (!created) return fail(created.message()) == 0;
    model.emplace(*std::move(created));
    if (options.weights.empty()) return true;
    Status loaded = loadWeights(*model, options.weights);
    return loaded.ok() || fail(loaded.message()) == 0;
  }
};

/// Tells before the training that its result could not be written. Takes nothing and leaves nothing.
bool writable(const std::string& path, bool isCheckpoint) {
  if (path.empty()) return true;
  struct stat file;
  if (stat(path.c_str(), &file) == 0 && !S_ISREG(file.st_mode)) return fail(path + ": not a file") == 0;
  Text why;
  int32_t status = checkReplaceable(path.c_str(), why);
  if (!status && isCheckpoint) status = FileLock::check(path.c_str(), checkpointInUse, why);
  return !status || fail(why.message()) == 0;
}

/// Whether a file begins as safetensors do: the length of a header, and the header.
bool holdsTensors(const std::string& path, std::uintmax_t bytes) {
  unsigned char start[9] = {};
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(start), sizeof(start));
  std::uint64_t header = 0;
  for (int i = 8; i-- > 0;) header = header << 8 | start[i];
  return bytes > 8 && header <= bytes - 8 && start[8] == '{';
}

/// Tells before the training what it would overwrite that nobody meant.
bool mayReplace(const TrainOptions& options) {
  namespace fs = std::filesystem;
  std::error_code failed;
  auto place = [&](const std::string& path) {
    return fs::weakly_canonical(fs::absolute(path, failed), failed);
  };
  if (!options.save.empty() && !options.checkpoint.empty() &&
      place(options.save) == place(options.checkpoint))
    return fail("--save and --checkpoint are one file: " + options.save) == 0;
  if (options.force) return true;
  for (const std::string& path : {options.save, options.checkpoint}) {
    std::uintmax_t bytes = path.empty() ? 0 : fs::file_size(path, failed);
    if (path.empty() || failed || bytes == 0 || holdsTensors(path, bytes)) continue;
    return fail(path + ": would be overwritten, and holds no weights: give another name, or --force") == 0;
  }
  if (options.resume || options.checkpoint.empty() || !fs::exists(options.checkpoint, failed)) return true;
  return fail(options.checkpoint +
              ": there is a checkpoint already: --resume goes on from it, --force begins anew over it") == 0;
}

/// Loss and metrics, and the statistics of probes, which are the last outputs.
int printTest(Trainer& trainer, const LinkedNetwork& linked) {
  const cnn_description& tables = *linked.inference->description;
  const std::size_t first = tables.output_count - linked.probes;
  std::vector<TensorStatistics> statistics(linked.probes);
  OutputCallback each;
  if (linked.probes > 0)
    each = [&](std::span<const void* const> outputs, std::int64_t count) {
      for (std::size_t i = 0; i < statistics.size(); ++i)
        statistics[i].add(static_cast<const float*>(outputs[first + i]),
                          static_cast<std::size_t>(sampleElements(tables.outputs[first + i]) * count));
    };
  Result<std::vector<MetricValue>> metrics = trainer.test(each);
  if (!metrics) return fail(metrics.message());
  print_metrics(*trainer.tested_split(), *metrics);
  for (std::size_t i = 0; i < statistics.size(); ++i)
    std::printf("%s\n", statistics[i].line(tables.outputs[first + i]).c_str());
  return 0;
}

} // namespace

int train(const CompileOptions& compile, const TrainOptions& options) {
  setQuiet(options.quiet);
  if (!writable(options.save, false) || !writable(options.checkpoint, true) || !mayReplace(options)) return 1;
  Session session;
  if (!session.open(compile, options)) return 1;
  Trainer trainer(*session.model, *session.linked.training, trainerOptions(compile, options));
  if (Status read = trainer.load(); !read.ok()) return fail(read.message());
  Status trained;
  {
    Interruption interruption(trainer, !options.save.empty() && options.checkpoint.empty());
    trained = trainer.run();
  }
  if (!trained.ok()) {
    fail(trained.message());
    if (trained.code() == CNN_ERROR_INTERRUPTED) Interruption::endBySignal();
    return 1;
  }
  if (!options.save.empty()) {
    Status saved = session.model->save(options.save.c_str());
    if (!saved.ok()) return fail(saved.message());
    if (!options.quiet) std::fprintf(stderr, "saved %s\n", options.save.c_str());
  }
  if (Result<const char*> split = trainer.tested_split(); split.ok() && !*split) {
    if (!options.quiet) std::fprintf(stderr, "no test data\n");
    return 0;
  }
  return printTest(trainer, session.linked);
}

int eval(const CompileOptions& compile, const TrainOptions& options) {
  setQuiet(options.quiet);
  Session session;
  if (!session.open(compile, options)) return 1;
  Trainer trainer(*session.model, *session.linked.training, trainerOptions(compile, options));
  if (Result<const char*> split = trainer.tested_split(); !split) return fail(split.message());
  if (!options.quiet)
    for (const std::string& line : trainer.notes()) std::fprintf(stderr, "%s\n", line.c_str());
  return printTest(trainer, session.linked);
}

} // namespace cnn::tools
