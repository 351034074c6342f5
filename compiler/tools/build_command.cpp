//===- build_command.cpp - cnnc build: libraries, headers, and every stage as text ------------------===//

#include "compilation.h"
#include "embedding.h"
#include "files.h"
#include "internal_error.h"
#include "print_plan.h"

#include "groups_to_halide/compile.h"
#include "groups_to_llvm/c_names.h"
#include "groups_to_llvm/own_symbols.h"
#include "groups_to_llvm/tables.h"

#include <cstdio>

namespace cnn::tools {
namespace {

void show(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

std::string textOf(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  return text + "\n";
}

/// Driver and kernels as LLVM IR or assembly, kernels also as Halide's statements.
bool showCode(Frontend& frontend, const LibraryPlan& plan, const std::string& stage) {
  std::string error;
  std::vector<KernelFacts> facts;
  for (const kernel::Kernel& kernel : plan.network.kernels) facts.push_back({kernel::symbolOf(kernel), 0});
  std::vector<ArchiveMember> drivers;
  CodeForm form = stage == "llvm" ? CodeForm::llvm : CodeForm::assembly;
  if (stage != "stmt" && !emitDrivers(frontend.context, plan, facts, form, drivers, error))
    return internalError(frontend.file, error) == 0;
  for (const ArchiveMember& driver : drivers) show(std::string(driver.bytes.begin(), driver.bytes.end()));
  kernel::Text text = stage == "stmt"   ? kernel::Text::stmt
                      : stage == "llvm" ? kernel::Text::llvm
                                        : kernel::Text::assembly;
  for (const kernel::Kernel& kernel : plan.network.kernels) {
    std::string code;
    if (!kernel::emitText(kernel, text, code, error)) return internalError(frontend.file, error) == 0;
    show(code);
  }
  return true;
}

/// Plan and, where it is the network that they are for, the weights to compile in.
bool planWithWeights(Frontend& frontend, const CompileOptions& compile, const BuildOptions& options,
                     NetworkOp network, LibraryPlan& plan) {
  if (!planLibrary(frontend, compile, network, plan)) return false;
  if (options.embed.empty()) return true;
  NetworkOp meant = frontend.onlyNetwork();
  if (!meant || meant != network) return bool(meant);
  return readWeightsToEmbed(options.embed, plan);
}

/// The stages after groups; `object` writes the archive's members into the folder.
bool emitPlanned(Frontend& frontend, const CompileOptions& compile, const BuildOptions& options,
                 NetworkOp network) {
  CompiledNetwork compiled;
  if (!planWithWeights(frontend, compile, options, network, compiled.plan)) return false;
  if (options.emit == "schedule") {
    show(printPlan(compiled.plan));
    return true;
  }
  if (options.emit != "object") return showCode(frontend, compiled.plan, options.emit);
  if (!compilePlan(frontend, compile, compiled)) return false;
  std::string version, error;
  if (!makeSymbolsOwn(compiled.plan, compiled.facts, compiled.members, version, error))
    return internalError(compiled.plan.network.name, error) == 0;
  std::vector<OutputFile> files;
  for (ArchiveMember& member : compiled.members)
    files.push_back({options.folder + "/" + compiled.plan.name + "_" + member.name, std::move(member.bytes)});
  return writeFiles(files, error) || fail(error) == 0;
}

int emit(const CompileOptions& compile, const BuildOptions& options) {
  Frontend frontend;
  if (options.emit == "ast") {
    std::string text;
    if (!frontend.loadTree(compile, text)) return 1;
    show(text);
    return 0;
  }
  bool looks = options.emit == "cnn";
  if (!frontend.load(compile, looks ? Frontend::Purpose::look : Frontend::Purpose::compile)) return 1;
  if (looks) {
    show(textOf(*frontend.module));
    return 0;
  }
  if (!formGroups(frontend, compile)) return 1;
  if (options.emit == "groups") {
    show(textOf(*frontend.module));
    return 0;
  }
  for (NetworkOp network : frontend.networks())
    if (!emitPlanned(frontend, compile, options, network)) return 1;
  return 0;
}

/// Adds the three files of a network's library.
bool addLibrary(const BuildOptions& options, CompiledNetwork& compiled, std::vector<OutputFile>& files) {
  std::string error, version, c, cpp;
  OutputFile archive{options.folder + "/lib" + compiled.plan.name + ".a", {}};
  if (!makeSymbolsOwn(compiled.plan, compiled.facts, compiled.members, version, error))
    return internalError(compiled.plan.network.name, error) == 0;
  if (!writeArchive(compiled.members, archive.bytes, error))
    return internalError(compiled.plan.network.name, error) == 0;
  emitHeaders(compiled.plan, version, c, cpp);
  files.push_back(std::move(archive));
  files.push_back({options.folder + "/" + compiled.plan.name + ".h", bytesOf(c)});
  files.push_back({options.folder + "/" + compiled.plan.name + ".hpp", bytesOf(cpp)});
  return true;
}

} // namespace

int build(const CompileOptions& compile, const BuildOptions& options) {
  if (!options.emit.empty()) return emit(compile, options);
  Frontend frontend;
  if (!frontend.load(compile)) return 1;
  if (!compile.prefix.empty() && !frontend.keepOnlyNetwork()) return 1;
  if (!formGroups(frontend, compile)) return 1;
  std::vector<OutputFile> files;
  for (NetworkOp network : frontend.networks()) {
    CompiledNetwork compiled;
    if (!planWithWeights(frontend, compile, options, network, compiled.plan)) return 1;
    if (!compilePlan(frontend, compile, compiled) || !addLibrary(options, compiled, files)) return 1;
  }
  std::string error;
  if (!writeFiles(files, error)) return fail(error);
  return 0;
}

std::string versionText() {
  return std::string("cnnc ") + cnncVersion + " (LLVM " + LLVM_VERSION_STRING + ", Halide " +
         CNNC_HALIDE_VERSION + ", " + kernel::hostTarget() + ")";
}

} // namespace cnn::tools
