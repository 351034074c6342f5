//===- frontend.h - A file to a module of the dialect --------------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_FRONTEND_H
#define CNN_COMPILER_TOOLS_FRONTEND_H

#include "options.h"

#include "ast_to_dialect/ast_to_dialect.h"
#include "dialect/dialect.h"

#include <map>
#include <memory>

namespace cnn::tools {

/// Holds all that a module refers to. Errors are printed on stderr by load() and by the context's handler.
class Frontend {
public:
  Frontend();

  /// What the networks are for: to be compiled, for which their sizes must be known, or to be looked at.
  enum class Purpose { compile, look, fix };
  /// False after errors. They are printed, with `json` as JSON on stdout; to fix them they are only kept.
  bool load(const CompileOptions& options, Purpose purpose = Purpose::compile, bool json = false);
  /// The syntax tree as text; only reads and parses.
  bool loadTree(const CompileOptions& options, std::string& text);

  std::vector<NetworkOp> networks();
  /// The one network that a command works on; an error that names them when there are several.
  NetworkOp onlyNetwork();
  /// The same; the module loses the others.
  NetworkOp keepOnlyNetwork();

  SourceManager sources;
  DiagnosticEngine diagnostics{sources};
  ast::AstContext tree;
  std::unique_ptr<Program> program;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string file;
  uint64_t sourceHash = 0; ///< of the texts of all files and the settings
  /// By network and function, "Net.predict": see dialect/meaning.h; the network's arguments before
  /// @predict's.
  std::map<std::string, std::string> meanings;

  /// file.cnn:3:12, where the layer with this path stands, or the layer that holds it; the file where that is
  /// not known.
  std::string placeOf(const std::string& network, const std::string& path) const;

private:
  std::map<std::pair<std::string, std::string>, Span> places; ///< by network and path
  bool fromText = false;                                      ///< the module is the user's own text
  bool loadModuleText(const CompileOptions& options);
  void describeNetworks();
  bool reportDiagnostics(bool json);
};

/// Where `use "zoo/…"` finds the library: installed beside the command, or the examples of a build tree.
std::string libraryFolder();

/// error: message, on stderr; in colour on a terminal. Returns 1.
int fail(const std::string& message);
/// Prints "warning: MESSAGE" on stderr.
void warn(const std::string& message);

} // namespace cnn::tools

#endif
