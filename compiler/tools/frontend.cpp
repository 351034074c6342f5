//===- frontend.cpp - A file to a module of the dialect ------------------------------------------------===//

#include "frontend.h"

#include "compilation.h"
#include "internal_error.h"
#include "memory_budgets.h"

#include "dialect/meaning.h"
#include "groups_to_halide/target.h"
#include "groups_to_llvm/c_names.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

#include <cstdio>
#include <filesystem>
#include <map>
#include <unistd.h>

namespace cnn::tools {

namespace fs = std::filesystem;

static void say(const char* colour, const char* kind, const std::string& message) {
  bool coloured = isatty(2);
  std::fprintf(stderr, "%s%s:%s %s\n", coloured ? colour : "", kind, coloured ? "\033[0m" : "",
               message.c_str());
}

int fail(const std::string& message) {
  say("\033[1;31m", "error", message);
  return 1;
}

void warn(const std::string& message) {
  say("\033[1;35m", "warning", message);
}

std::string libraryFolder() {
  std::error_code error;
  fs::path command = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"../share/cnnc", "../../examples"}) {
    fs::path folder = command / place;
    if (fs::is_directory(folder / "zoo", error)) return folder.lexically_normal().string();
  }
  return "";
}

namespace {

/// file:line:column of a location, with the path of the layer where it has one.
std::string placeOf(mlir::Location location, std::string& layer) {
  if (auto name = mlir::dyn_cast<mlir::NameLoc>(location)) {
    layer = name.getName().str();
    return placeOf(name.getChildLoc(), layer);
  }
  if (auto fused = mlir::dyn_cast<mlir::FusedLoc>(location))
    return fused.getLocations().empty() ? "" : placeOf(fused.getLocations().front(), layer);
  auto place = mlir::dyn_cast<mlir::FileLineColLoc>(location);
  if (!place) return "";
  return place.getFilename().str() + ":" + std::to_string(place.getLine()) + ":" +
         std::to_string(place.getColumn()) + ": ";
}

/// Of a module that the user wrote these are his errors. In one that the front end has built there are none:
/// what a pass refuses there is a mistake of the compiler.
void printDiagnostic(mlir::Diagnostic& diagnostic, bool fromText, const std::string& file) {
  if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error) return;
  std::string layer, place = placeOf(diagnostic.getLocation(), layer);
  if (!fromText) {
    llvm::StringRef line = place;
    line.consume_back(": ");
    internalError(line.empty() ? file : line.str(), layer + ": " + diagnostic.str());
    return;
  }
  std::fprintf(stderr, "%serror: %s%s%s\n", place.c_str(), layer.c_str(), layer.empty() ? "" : ": ",
               diagnostic.str().c_str());
}

/// Where the network has its name from: its declaration, or a train section's.
Span nameOf(const ast::File& file, std::string_view network) {
  for (const ast::Decl* decl : file.declarations) {
    if (auto* declared = ast::as<ast::CallableDecl>(decl); declared && declared->name.text == network)
      return declared->name.span;
    if (auto* train = ast::as<ast::TrainDecl>(decl);
        train && train->alias.present() && train->alias.text == network)
      return train->alias.span;
  }
  return {};
}

/// No two networks that are compiled together have one name in C.
void checkLibraryNames(const Program& program, mlir::ModuleOp module, DiagnosticEngine& diagnostics) {
  std::map<std::string, std::string> libraries;
  for (NetworkOp network : module.getOps<NetworkOp>()) {
    std::string name = network.getSymName().str(), library = libraryNameOf(name);
    auto [other, isNew] = libraries.emplace(library, name);
    if (isNew) continue;
    diagnostics.report(Diag::SameLibrary, nameOf(program.main().file, name), other->second, name, library)
        .secondary(nameOf(program.main().file, other->second), "the other one");
  }
}

std::pair<std::string, std::string> splitSetting(const std::string& text) {
  size_t equals = text.find('=');
  return {text.substr(0, equals), text.substr(equals + 1)};
}

} // namespace

Frontend::Frontend() : context(mlir::MLIRContext::Threading::DISABLED) {
  context.loadDialect<CnnDialect>();
  context.getDiagEngine().registerHandler(
      [this](mlir::Diagnostic& diagnostic) { printDiagnostic(diagnostic, fromText, file); });
}

bool Frontend::reportDiagnostics(bool json) {
  if (json)
    std::fputs(toJson(diagnostics).c_str(), stdout);
  else
    std::fputs(toText(diagnostics, isatty(2)).c_str(), stderr);
  return !diagnostics.hasErrors();
}

bool Frontend::load(const CompileOptions& options, Purpose purpose, bool json) {
  file = options.file;
  if (llvm::StringRef(file).ends_with(".mlir")) return loadModuleText(options);
  ElaborationOptions elaboration;
  elaboration.network = options.network;
  elaboration.probes = options.probes;
  elaboration.fixedSizes = purpose == Purpose::compile;
  elaboration.trains = options.trains && !options.predictOnly;
  for (const std::string& setting : options.settings) elaboration.settings.push_back(splitSetting(setting));
  program = std::make_unique<Program>(loadProgram(sources, tree, file, diagnostics, {libraryFolder()}));
  elaboration.machine = kernel::machineOf(targetOf(options));
  Elaboration result = elaborate(*program, context, elaboration, diagnostics);
  if (purpose == Purpose::fix) return !diagnostics.hasErrors();
  if (result.module) checkLibraryNames(*program, *result.module, diagnostics);
  bool planned =
      !result.module || diagnostics.hasErrors() || checkMemoryBudgets(*this, options, elaboration, result);
  if (!reportDiagnostics(json) || !planned) return false;
  module = std::move(result.module);
  places = std::move(result.places);
  std::string hashed;
  for (size_t i = 0; i < sources.size(); ++i) hashed += sources.file(FileId(i)).text + '\0';
  for (const std::string& setting : options.settings) hashed += setting + '\0';
  for (const std::string& probe : options.probes) hashed += "probe " + probe + '\0';
  sourceHash = llvm::xxHash64(hashed);
  if (!module) return fail(file + ": no network was built") == 0;
  describeNetworks();
  if (networks().empty()) {
    std::string skipped;
    for (const std::string& name : result.skipped) skipped += "\n  " + name;
    if (skipped.empty()) return fail(file + " holds no network") == 0;
    return fail(file + ": every network has parameters without a value; give them with --set:" + skipped) ==
           0;
  }
  for (const std::string& name : result.skipped)
    std::fprintf(stderr, "note: network left out, parameters without a value: %s\n", name.c_str());
  return true;
}

bool Frontend::loadTree(const CompileOptions& options, std::string& text) {
  program =
      std::make_unique<Program>(loadProgram(sources, tree, options.file, diagnostics, {libraryFolder()}));
  if (!reportDiagnostics(false)) return false;
  text = toText(program->main().file, sources);
  return true;
}

std::string Frontend::placeOf(const std::string& network, const std::string& path) const {
  for (llvm::StringRef rest = path; !rest.empty(); rest = rest.rsplit('.').first) {
    auto found = places.find({network, rest.str()});
    if (found != places.end() && found->second.valid()) {
      LineColumn at = sources.lineColumn(found->second);
      return sources.file(found->second.file).name + ":" + std::to_string(at.line) + ":" +
             std::to_string(at.column);
    }
    if (!rest.contains('.')) break;
  }
  return file;
}

bool Frontend::loadModuleText(const CompileOptions& options) {
  fromText = true;
  mlir::ParserConfig config(&context);
  module = mlir::parseSourceFile<mlir::ModuleOp>(options.file, config);
  if (!module) return fail(options.file + " is not a module of the cnn dialect") == 0;
  if (!options.settings.empty()) return fail("--set works on .cnn files") == 0;
  std::string text;
  llvm::raw_string_ostream(text) << *module;
  sourceHash = llvm::xxHash64(text);
  bool found = options.network.empty();
  for (NetworkOp network : networks()) {
    if (options.network.empty() || network.getSymName() == options.network)
      found = true;
    else
      network.erase();
  }
  describeNetworks();
  return found || fail(options.file + " holds no network " + options.network) == 0;
}

/// Before passes change them.
void Frontend::describeNetworks() {
  for (NetworkOp network : networks()) {
    for (FunctionOp function : network.getOps<FunctionOp>())
      meanings[(network.getSymName() + "." + function.getSymName()).str()] = meaningOf(function);
    std::string arguments;
    if (auto given = network->getAttrOfType<mlir::DictionaryAttr>("arguments"))
      for (mlir::NamedAttribute argument : given)
        arguments += "argument " + argument.getName().str() + " = " +
                     mlir::cast<mlir::StringAttr>(argument.getValue()).str() + "\n";
    meanings[(network.getSymName() + ".predict").str()].insert(0, arguments);
  }
}

std::vector<NetworkOp> Frontend::networks() {
  std::vector<NetworkOp> all;
  for (NetworkOp network : module->getOps<NetworkOp>()) all.push_back(network);
  return all;
}

NetworkOp Frontend::onlyNetwork() {
  std::vector<NetworkOp> all = networks();
  if (all.size() == 1) return all.front();
  // Where just one has a train section, it is the one that is meant; the others are its parts.
  NetworkOp trained;
  int count = 0;
  std::string names;
  for (NetworkOp network : all) {
    names += (names.empty() ? "" : ", ") + network.getSymName().str();
    if (network.getTraining()) trained = network, ++count;
  }
  if (count == 1) return trained;
  fail(file + " holds several networks (" + names + "): choose one with --network");
  return nullptr;
}

NetworkOp Frontend::keepOnlyNetwork() {
  NetworkOp network = onlyNetwork();
  if (!network) return network;
  for (NetworkOp other : networks())
    if (other != network) other.erase();
  return network;
}

} // namespace cnn::tools
