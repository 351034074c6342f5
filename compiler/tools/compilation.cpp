//===- compilation.cpp - A network to a compiled library in memory -------------------------------------===//

#include "compilation.h"

#include "internal_error.h"

#include "dialect_to_groups/plan_network.h"
#include "groups_to_halide/compile.h"
#include "groups_to_llvm/c_names.h"
#include "groups_to_llvm/kernel_cache.h"

#include "mlir/Pass/PassManager.h"

#include <cnn/data.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

namespace cnn::tools {
namespace {

bool showProgress = true;

/// `labels logits = "names.txt"`: a class name a line; the path counts from the network's file.
bool readLabels(const std::string& file, mlir::DictionaryAttr attribute, LibraryPlan& plan) {
  if (!attribute || attribute.empty()) return true;
  auto name = mlir::dyn_cast<mlir::StringAttr>(attribute.begin()->getValue());
  if (!name) return true;
  std::string output = attribute.begin()->getName().str(), path = name.str();
  size_t slash = file.rfind('/');
  if (path.empty() || (path[0] != '/' && slash != std::string::npos)) path = file.substr(0, slash + 1) + path;
  std::ifstream input(path);
  if (!input || std::filesystem::is_directory(path))
    return fail("labels " + output + ": cannot open the class names " + path) == 0;
  for (std::string line; std::getline(input, line);) {
    if (line.ends_with('\r')) line.pop_back();
    plan.labels.push_back(line);
  }
  for (const TensorInfo& info : plan.network.outputs) {
    if (info.name != output) continue;
    int64_t classes = info.shape.size() < 2 ? 1 : info.shape[1];
    if (classes != int64_t(plan.labels.size()))
      return fail("labels " + output + ": expected a name for each of the " + std::to_string(classes) +
                  " classes, found " + std::to_string(plan.labels.size()) + " lines in " + path) == 0;
  }
  return true;
}

/// The line of the first layer that the kernel is for.
std::string placeOfKernel(const Frontend& frontend, const NetworkPlan& plan, size_t kernel) {
  std::vector<const FunctionPlan*> functions = {&plan.prepare, &plan.predict};
  for (const FunctionPlan& train : plan.train) functions.push_back(&train);
  functions.push_back(&plan.evaluate);
  for (const FunctionPlan* function : functions)
    for (const Phase& phase : function->phases)
      for (const ChunkFamily& family : phase.families)
        for (const Call& call : family.calls)
          if (call.kernel == kernel) return frontend.placeOf(plan.name, call.source);
  return frontend.file;
}

std::string textOf(const TrainingSettings::Setting& setting) {
  std::string text;
  for (const TrainingSettings::Argument& argument : setting.arguments)
    text +=
        (text.empty() ? "" : ", ") + (argument.name.empty() ? "" : argument.name + " = ") + argument.value;
  return setting.name + "(" + text + ")";
}

/// What cnn_description.meaning says of the network.
void describe(Frontend& frontend, LibraryPlan& plan) {
  std::string changes;
  for (const TrainingSettings::Augment& change : plan.preprocess)
    changes += (changes.empty() ? "" : " |> ") + textOf(change);
  plan.meaning += "preprocess = " + (changes.empty() ? "none" : changes) + "\n";
  plan.meaning += frontend.meanings[plan.network.name + ".predict"];
}

/// The same of its losses; and what becomes of pictures before they reach the network, which data says.
void describeTraining(Frontend& frontend, LibraryPlan& plan) {
  plan.trainingMeaning = frontend.meanings[plan.network.name + ".loss"];
  if (!plan.training.data) return;
  std::string normalisation;
  for (const TrainingSettings::Argument& argument : plan.training.data->arguments)
    if (argument.name == "mean" || argument.name == "std")
      normalisation += (normalisation.empty() ? "" : ", ") + argument.name + " " + argument.value;
  plan.meaning = "pixels = " + (normalisation.empty() ? "as they are" : normalisation) + "\n" + plan.meaning;
}

} // namespace

void setQuiet(bool quiet) {
  showProgress = !quiet;
}

std::string targetOf(const CompileOptions& options) {
  return options.target.empty() ? kernel::hostTarget() : options.target;
}

bool formGroups(Frontend& frontend, const CompileOptions& options) {
  if (options.predictOnly) {
    for (NetworkOp network : frontend.networks()) {
      if (auto loss = network.lookupSymbol("loss")) loss->erase();
      network.removeTrainingAttr();
    }
  }
  mlir::PassManager passes(&frontend.context);
  NetworkPlanOptions planOptions;
  planOptions.target = targetOf(options);
  planOptions.exact = options.exact;
  addGroupPasses(passes, planOptions);
  return mlir::succeeded(passes.run(*frontend.module));
}

bool planLibrary(Frontend& frontend, const CompileOptions& options, NetworkOp network, LibraryPlan& plan) {
  NetworkPlanOptions planOptions;
  planOptions.target = targetOf(options);
  planOptions.exact = options.exact;
  if (mlir::failed(planNetwork(network, planOptions, plan.network))) return false;
  plan.name = options.prefix.empty() ? libraryNameOf(plan.network.name) : options.prefix;
  if (plan.name.empty())
    return fail("network " + plan.network.name +
                ": no name for a library can be made of it; give one with --prefix") == 0;
  plan.precision = options.exact ? "exact" : "f32";
  plan.sourceHash = frontend.sourceHash;
  if (auto asserts = network->getAttrOfType<mlir::ArrayAttr>("asserts"))
    for (mlir::Attribute attribute : asserts) {
      auto given = mlir::cast<mlir::DictionaryAttr>(attribute);
      plan.assertions.push_back(
          {given.getAs<mlir::StringAttr>("text").str(), given.get("test"), given.contains("training")});
    }
  if (auto probes = network->getAttrOfType<mlir::IntegerAttr>("probes"))
    plan.probes = size_t(probes.getInt());
  if (!readLabels(frontend.file, network->getAttrOfType<mlir::DictionaryAttr>("labels"), plan)) return false;
  std::string error;
  if (!readPictureChanges(network->getAttrOfType<mlir::ArrayAttr>("preprocess"), plan.preprocess, error))
    return fail("network " + plan.network.name + ": " + error) == 0;
  describe(frontend, plan);
  if (!plan.network.trains()) return true;
  if (!network.getTraining())
    return fail("network " + plan.network.name + " has a loss, but no training settings") == 0;
  if (!readTrainingSettings(*network.getTraining(), plan.training, error))
    return fail("network " + plan.network.name + ": " + error) == 0;
  describeTraining(frontend, plan);
  if (plan.labels.empty() && plan.training.data) plan.labels = known_labels(plan.training.data->name);
  addPhases(plan);
  return true;
}

bool compilePlan(Frontend& frontend, const CompileOptions& options, CompiledNetwork& compiled) {
  KernelCacheOptions cache;
  if (!options.noCache) cache.folder = options.cache.empty() ? defaultCacheFolder() : options.cache;
  cache.threads = options.jobs;
  cache.beforeCompiling = [&](size_t missing, size_t all) {
    if (showProgress && isatty(2))
      std::fprintf(stderr, "%s: compiling %zu of %zu kernels\n", compiled.plan.network.name.c_str(), missing,
                   all);
  };
  std::vector<kernel::CompiledKernel> kernels;
  KernelFailure failure;
  if (!compileKernels(compiled.plan.network.kernels, cache, kernels, failure)) {
    if (failure.ofMachine) return fail(failure.reason) == 0;
    return internalError(placeOfKernel(frontend, compiled.plan.network, failure.kernel), failure.reason) == 0;
  }
  for (const kernel::CompiledKernel& kernel : kernels)
    compiled.facts.push_back({kernel.symbol, kernel.scratchBytes});
  if (!replaceDrivers(frontend, compiled)) return false;
  std::set<std::string> seen;
  for (kernel::CompiledKernel& kernel : kernels)
    if (seen.insert(kernel.symbol).second)
      compiled.members.push_back({kernel.symbol + ".o", std::move(kernel.object)});
  return true;
}

bool replaceDrivers(Frontend& frontend, CompiledNetwork& compiled) {
  std::vector<ArchiveMember> drivers;
  std::string error;
  if (!emitDrivers(frontend.context, compiled.plan, compiled.facts, CodeForm::object, drivers, error))
    return internalError(frontend.file, error) == 0;
  std::vector<ArchiveMember>& members = compiled.members;
  members.erase(members.begin(), members.begin() + int64_t(compiled.driverCount));
  compiled.driverCount = drivers.size();
  members.insert(members.begin(), std::make_move_iterator(drivers.begin()),
                 std::make_move_iterator(drivers.end()));
  return true;
}

bool compileNetwork(Frontend& frontend, const CompileOptions& options, NetworkOp network,
                    CompiledNetwork& compiled) {
  return formGroups(frontend, options) && planLibrary(frontend, options, network, compiled.plan) &&
         compilePlan(frontend, options, compiled);
}

} // namespace cnn::tools
