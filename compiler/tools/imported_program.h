//===- imported_program.h - What an ONNX model has become, through the language's own checks ----------===//
#ifndef CNN_COMPILER_TOOLS_IMPORTED_PROGRAM_H
#define CNN_COMPILER_TOOLS_IMPORTED_PROGRAM_H

#include "ast_to_dialect/ast_to_dialect.h"
#include "dialect/dialect.h"
#include "onnx_to_dsl/import_network.h"

#include "mlir/IR/MLIRContext.h"

#include <set>

namespace cnn::tools {

/// Keywords, operators, functions and types of the language, which values of a model cannot be called.
const std::set<std::string>& namesOfLanguage();

/// The imported text read, elaborated and formatted. `error` says why there is no network: what the language
/// refuses, or that parameters or outputs have other shapes than the model's, which would be a mistake here.
class ImportedProgram {
public:
  /// `path`: of the .cnn file, for messages.
  ImportedProgram(const std::string& path, const onnx_import::ImportedNetwork& imported,
                  const std::string& network);
  ~ImportedProgram();
  ImportedProgram(ImportedProgram&&) = delete;

  std::string text; ///< as `cnnc fmt` leaves it
  std::string error;
  NetworkOp network; ///< null after an error

private:
  SourceManager sources;
  DiagnosticEngine diagnostics;
  ast::AstContext tree;
  mlir::MLIRContext context;
  std::unique_ptr<Program> program;
  Elaboration built;

  std::string mismatch(const onnx_import::ImportedNetwork& imported);
};

} // namespace cnn::tools

#endif
