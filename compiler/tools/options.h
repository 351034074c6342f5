//===- options.h - What the command line asks for ---------------------------------------------------===//
//
// Plain data between the command line's parser (cnnc.cpp) and the commands. A command returns the exit
// status: 0, or 1 after an error that it has printed.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_OPTIONS_H
#define CNN_COMPILER_TOOLS_OPTIONS_H

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace cnn::tools {

struct CompileOptions {
  std::string file;                  ///< .cnn, or the dialect's text form .mlir
  std::string network;               ///< empty: all
  std::vector<std::string> settings; ///< name=value
  std::vector<std::string> probes;   ///< paths or patterns
  std::string target;                ///< a Halide target string; empty: this machine
  bool exact = false;
  bool predictOnly = false; ///< leave the train section out
  bool trains = false;      ///< for training: what augment makes of pictures has to fit
  std::string prefix;       ///< the library's name; empty: made from the network's
  std::string cache;        ///< empty: the default folder
  bool noCache = false;
  bool everyMachine = false; ///< check the budgets for other machines too
  unsigned jobs = 0;
};

struct BuildOptions {
  std::string folder = ".";
  std::string embed; ///< .safetensors: the weights to compile in
  std::string emit;  ///< ast, cnn, groups, schedule, stmt, llvm, asm, object; empty: the library
};

struct ExportOptions {
  std::string weights; ///< .safetensors
  std::string output;  ///< .onnx; empty: named like the .cnn file, in this folder
};

struct ImportOptions {
  std::string model;   ///< .onnx
  std::string output;  ///< .cnn; empty: named like the model, in this folder
  std::string network; ///< its name; empty: made from the model's
};

struct FormatOptions {
  std::vector<std::string> files; ///< "-": stdin to stdout
  bool check = false;             ///< name the files that are not formatted
  bool diff = false;              ///< show what would change
};

struct CheckOptions {
  bool json = false;
  bool fix = false;
};

struct SummaryOptions {
  bool json = false;
  int64_t depth = -1; ///< of blocks that are shown as their layers; -1: all
};

struct DrawOptions {
  std::string output; ///< .svg or .html; empty: NAME.html of each network
  int depth = -1;     ///< of blocks that are open; -1: as many as stay readable
};

/// NaN and 0 mean: as the train section says.
struct TrainOptions {
  static constexpr double unset = std::numeric_limits<double>::quiet_NaN();
  int64_t epochs = 0, batch = 0, seed = -1;
  int64_t accumulate = 0;
  double lr = unset, validation = unset, clipNorm = unset, ema = unset;
  std::string stop; ///< METRIC,EPOCHS
  std::string data, weights, save, checkpoint;
  int64_t checkpointSteps = 0;
  bool resume = false, force = false, quiet = false;
  int threads = 0;
};

struct PredictOptions {
  std::string weights;
  std::vector<std::string> inputs, outputs; ///< name=file.npy
  std::vector<std::string> pictures;        ///< PNG or JPEG, for the first input
  int threads = 0;
  int top = 5;
};

struct BenchOptions {
  std::string mode = "infer", weights, output;
  std::vector<std::string> inputs, targets; ///< file.npy, or name=file.npy
  int64_t batch = 1;
  int threads = 1;
};

struct ProfileOptions {
  std::string mode = "infer";
  int64_t batch = 1, iterations = 20;
};

struct VerifyOptions {
  std::vector<int64_t> batches = {1, 3};
  uint64_t seed = 1;
  bool checked = false; ///< kernels with Halide's assertions
  bool mutate = false;  ///< also spoil each op of the reference, which must be noticed
};

int build(const CompileOptions& compile, const BuildOptions& options);
int format(const FormatOptions& options);
int explain(const std::string& id); ///< an id or name of a diagnostic; empty: a list of all
int import(const ImportOptions& options);
int exportOnnx(const CompileOptions& compile, const ExportOptions& options);
int createFile(const std::string& name);  ///< NAME.cnn, to start from
int completion(const std::string& shell); ///< bash, zsh or fish
int manual();                             ///< the manual page, for man(1)
int check(const CompileOptions& compile, const CheckOptions& options);
int summary(const CompileOptions& compile, const SummaryOptions& options);
int draw(const CompileOptions& compile, const DrawOptions& options);
int train(const CompileOptions& compile, const TrainOptions& options);
int eval(const CompileOptions& compile, const TrainOptions& options);
int predict(const CompileOptions& compile, const PredictOptions& options);
int bench(const CompileOptions& compile, const BenchOptions& options);
int profile(const CompileOptions& compile, const ProfileOptions& options);
int verify(const CompileOptions& compile, const VerifyOptions& options);
int lsp();
std::string versionText(); ///< cnnc 0.1.0 (LLVM 22.1.0, Halide 21.0.0, TARGET)

} // namespace cnn::tools

#endif
