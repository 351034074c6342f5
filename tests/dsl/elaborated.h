/// A text elaborated into the dialect, with everything that belongs to it, and questions about the result.
#pragma once

#include "ast_to_dialect/ast_to_dialect.h"

#include <memory>
#include <string>
#include <vector>

namespace mlir {
class MLIRContext;
}

namespace cnn::test {

struct Elaborated {
  explicit Elaborated(std::string text, ElaborationOptions options = {}, std::string name = "test.cnn");
  ~Elaborated();
  Elaborated(Elaborated&&) = delete;

  /// "E0500 3:43": ids and places in order; places outside the file with its name.
  std::string errors() const;
  std::vector<std::string> parameterNames(const std::string& network);
  /// Without statistics.
  int64_t parameterCount(const std::string& network);
  /// The first values of a parameter as printed.
  std::string init(const std::string& network, const std::string& parameter);
  /// Shape of the first input of @predict.
  std::string inputShape(const std::string& network);

  /// What is asserted of free dimensions: conditions and messages.
  std::vector<std::string> asserts(const std::string& network);
  /// A key of the network's training settings as printed; empty where it is absent.
  std::string training(const std::string& network, const std::string& key);

  SourceManager sources;
  DiagnosticEngine diagnostics;
  ast::AstContext syntax;
  Program program;
  std::unique_ptr<mlir::MLIRContext> context;
  Elaboration result;
};

std::string readFile(const std::string& path);
/// Paths of the files with this extension, sorted.
std::vector<std::string> filesIn(const std::string& folder, const std::string& extension);

} // namespace cnn::test
