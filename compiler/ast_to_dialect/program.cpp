#include "ast_to_dialect/program.h"

#include "dsl/source_to_ast/parser.h"

#include <algorithm>
#include <filesystem>

namespace cnn {

using namespace ast;

namespace {

class Loader {
public:
  Loader(Program& program, DiagnosticEngine& diagnostics, const LoadOptions& options)
      : program(program), diagnostics(diagnostics), options(options) {}

  Module* load(FileId file, const std::string& path) {
    Module& module = program.modules.emplace_back();
    module.path = path;
    loading.push_back(path);
    bool isMain = program.modules.size() == 1;
    module.file =
        parse(program.sources, file, program.context, diagnostics, isMain ? options.tokens : nullptr);
    module.incomplete = !module.file.complete;
    for (const Decl* decl : module.file.declarations) {
      if (auto* use = as<UseDecl>(decl)) import(module, *use);
    }
    for (const Decl* decl : module.file.declarations) declare(module, decl);
    loading.pop_back();
    loaded[path] = &module;
    return &module;
  }

private:
  std::string resolve(const Module& module, std::string_view wanted) const {
    namespace fs = std::filesystem;
    bool relative = wanted.starts_with("./") || wanted.starts_with("../");
    fs::path base = relative || options.libraryPath.empty() ? fs::path(module.path).parent_path()
                                                            : fs::path(options.libraryPath);
    return (base / fs::path(wanted)).lexically_normal().string();
  }

  void import(Module& module, const UseDecl& use) {
    if (!use.path->isLiteral()) return;
    std::string path = resolve(module, use.path->literal());
    for (size_t i = 0; i < loading.size(); ++i) {
      if (loading[i] != path) continue;
      std::string circle;
      for (size_t j = i; j < loading.size(); ++j) circle += loading[j] + " uses ";
      diagnostics.report(Diag::ImportCycle, use.path->span, path, circle + path);
      module.incomplete = true;
      return;
    }
    constexpr size_t deepest = 100; // files that use each other one after the other
    if (loading.size() > deepest) {
      diagnostics.report(Diag::TooDeep, use.path->span, deepest);
      module.incomplete = true;
      return;
    }
    Module* used = nullptr;
    if (auto known = loaded.find(path); known != loaded.end()) {
      used = known->second;
    } else if (!exists(path)) {
      missing(module, use, path);
    } else {
      FileId file = read(path, use.path->span);
      used = file == Span::noFile ? nullptr : load(file, path);
    }
    module.uses.emplace_back(&use, used);
    if (!used) { // its name is known, its contents are not
      used = &program.modules.emplace_back();
      used->path = path;
      used->incomplete = true;
      if (!use.alias.present()) {
        module.incomplete = true;
        return;
      }
    }
    if (use.alias.present()) {
      add(module, use.alias.text, {nullptr, used, use.alias.span});
      return;
    }
    for (auto& [name, global] : used->globals)
      if (global.module == used && global.decl) add(module, name, {global.decl, used, use.path->span});
  }

  /// With the file of the folder that has nearly this name.
  void missing(const Module& module, const UseDecl& use, const std::string& path) {
    namespace fs = std::filesystem;
    fs::path folder = fs::path(path).parent_path();
    std::vector<std::string> files;
    std::error_code failed;
    for (fs::directory_iterator at(folder.empty() ? "." : folder, failed), end;
         !failed && at != end && files.size() < 1000; at.increment(failed))
      if (at->path().extension() == ".cnn") files.push_back(at->path().filename().string());
    std::sort(files.begin(), files.end());
    Diagnostic& diagnostic =
        diagnostics.report(Diag::CannotReadFile, use.path->span, path, "No such file or directory");
    std::string beside = "./" + std::string(use.path->literal()) + ".cnn";
    if (exists((fs::path(module.path).parent_path() / beside).lexically_normal().string())) {
      diagnostic.fix("did you mean '" + beside + "'?", {{use.path->span, "\"" + beside + "\""}});
      return;
    }
    std::string_view meant = nearest(fs::path(path).filename().string(), files);
    if (meant.empty()) return;
    std::string written(use.path->literal());
    written = written.substr(0, written.rfind('/') + 1) + std::string(meant);
    diagnostic.suggest("did you mean '" + written + "'?", {{use.path->span, "\"" + written + "\""}});
  }

  /// False only for what is surely not there: reading tells why the rest cannot be read.
  bool exists(const std::string& path) const {
    if (options.buffers && options.buffers->count(path)) return true;
    std::error_code unknown;
    return std::filesystem::exists(path, unknown) || unknown;
  }

  FileId read(const std::string& path, Span from) {
    if (options.buffers)
      if (auto held = options.buffers->find(path); held != options.buffers->end())
        return program.sources.addText(path, held->second);
    return program.sources.addFile(path, diagnostics, from);
  }

  void add(Module& module, std::string_view name, Global global) {
    auto [it, inserted] = module.globals.try_emplace(name, global);
    if (inserted || it->second.decl == global.decl) return;
    bool imported = it->second.module != global.module;
    if (imported)
      diagnostics.report(Diag::ImportClash, global.span, name, it->second.module->path)
          .secondary(it->second.span, "from here");
    else
      diagnostics.report(Diag::Shadowing, global.span, name)
          .secondary(it->second.span, "first declared here");
  }

  void declare(Module& module, const Pattern& pattern, const Decl* decl) {
    if (auto* name = as<NamePattern>(&pattern)) {
      if (name->name != "_" && !name->name.empty()) add(module, name->name, {decl, &module, name->span});
      return;
    }
    for (const Pattern* element : static_cast<const ListPattern&>(pattern).elements)
      declare(module, *element, decl);
  }

  void declare(Module& module, const Decl* decl) {
    if (auto* let = as<LetDecl>(decl)) declare(module, *let->pattern, decl);
    if (auto* callable = as<CallableDecl>(decl))
      add(module, callable->name.text, {decl, &module, callable->name.span});
  }

  Program& program;
  DiagnosticEngine& diagnostics;
  const LoadOptions& options;
  std::map<std::string, Module*> loaded;
  std::vector<std::string> loading;
};

} // namespace

Program loadText(SourceManager& sources, AstContext& context, std::string name, std::string text,
                 DiagnosticEngine& diagnostics, const LoadOptions& options) {
  Program program{sources, context, {}};
  FileId file = sources.addText(name, std::move(text));
  Loader(program, diagnostics, options).load(file, name);
  return program;
}

Program loadProgram(SourceManager& sources, AstContext& context, const std::string& path,
                    DiagnosticEngine& diagnostics, const LoadOptions& options) {
  Program program{sources, context, {}};
  FileId file = sources.addFile(path, diagnostics);
  if (file == Span::noFile) file = sources.addText(path, "");
  Loader(program, diagnostics, options).load(file, std::filesystem::path(path).lexically_normal().string());
  return program;
}

const CallableDecl* networkWithBody(const Module& module, const CallableDecl& decl) {
  const Module* where = &module;
  const CallableDecl* current = &decl;
  for (int steps = 0; steps < 64 && current->value; ++steps) {
    const Expr* value = current->value;
    if (auto* call = as<CallExpr>(value)) value = call->callee;
    std::string_view name;
    if (auto* member = as<MemberExpr>(value)) {
      auto* base = as<NameExpr>(member->base);
      auto used = base ? where->globals.find(base->name) : where->globals.end();
      if (used == where->globals.end() || used->second.decl) return nullptr;
      where = used->second.module;
      name = member->member.text;
    } else if (auto* plain = as<NameExpr>(value)) {
      name = plain->name;
    }
    auto next = where->globals.find(name);
    if (next == where->globals.end()) return nullptr;
    current = as<CallableDecl>(next->second.decl);
    where = next->second.module;
    if (!current || current->kind != Kind::Network) return nullptr;
  }
  return current->value ? nullptr : current;
}

} // namespace cnn
