/// A .cnn file with all that it uses, and what each name at the top level of a file stands for.
#pragma once

#include "dsl/ast/ast.h"
#include "dsl/diagnostics/diagnostics.h"

#include <deque>
#include <map>
#include <string>

namespace cnn {

struct TokenStream;

struct Module;
class NameIndex;

/// What a name at the top level of a file stands for.
struct Global {
  const ast::Decl* decl = nullptr; ///< a let, func, block or network; null for a file used under a name
  const Module* module = nullptr;  ///< the file that declares it, or the file used under the name
  Span span;                       ///< of the name
};

/// One file of the program.
struct Module {
  std::string path;
  ast::File file;
  /// Own declarations and those of the files it uses.
  std::map<std::string_view, Global> globals;
  /// The files that it uses, in order; null where one could not be read.
  std::vector<std::pair<const ast::UseDecl*, const Module*>> uses;
  /// A file that it uses could not be read, so that an unknown name is no mistake of its own.
  bool incomplete = false;
};

struct Program {
  SourceManager& sources;
  ast::AstContext& context;
  std::deque<Module> modules; ///< the main file first; a deque, as globals point into it
  const Module& main() const { return modules.front(); }
};

struct LoadOptions {
  /// Where `use "zoo/resnet.cnn"` looks for files that do not begin with "./" or "../".
  std::string libraryPath;
  /// Texts that stand for files, by path: what an editor holds and has not saved. May be null.
  const std::map<std::string, std::string>* buffers = nullptr;
  /// Takes the tokens of the main file. May be null.
  TokenStream* tokens = nullptr;
};

/// Reads and parses a file and all that it uses. Errors are reported and leave holes.
Program loadProgram(SourceManager& sources, ast::AstContext& context, const std::string& path,
                    DiagnosticEngine& diagnostics, const LoadOptions& options = {});

/// The same for a text in memory.
Program loadText(SourceManager& sources, ast::AstContext& context, std::string name, std::string text,
                 DiagnosticEngine& diagnostics, const LoadOptions& options = {});

/// The network whose body declares the inputs and outputs of `decl`: itself, or for `network A = B(…)` that
/// of B. Null where there is none.
const ast::CallableDecl* networkWithBody(const Module& module, const ast::CallableDecl& decl);

/// Resolves and checks every name of every body, whether it is ever used or not: unknown and shadowed names,
/// assignments to what is no var, missing returns, unknown arguments and settings. With an index, what each
/// name refers to is kept there.
void checkNames(const Program& program, DiagnosticEngine& diagnostics, NameIndex* index = nullptr);

} // namespace cnn
