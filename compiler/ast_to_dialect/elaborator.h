/// The state of evaluating a program and building its networks; internal to this folder. What is done with it
/// are functions that take it first:
///
/// evaluation.h   expressions, arithmetic, sizes    calls.h        functions, blocks, operators, arguments
/// statements.h   bodies, limits                    networks.h     declarations, settings, sections
/// parameters.h   parameters, paths                 building.h     ops, and where they come from
#pragma once

#include "ast_to_dialect/ast_to_dialect.h"
#include "ast_to_dialect/evaluate/scope.h"
#include "ast_to_dialect/networks/network_state.h"
#include "ast_to_dialect/observations.h"

#include "llvm/ADT/DenseMap.h"

#include <map>
#include <set>

namespace cnn {

/// Where a tensor's shape was made.
struct Origin {
  Span span;
  std::string_view what; ///< conv, parameter, input; kept by the context
  std::string_view name; ///< of a parameter or input, else empty; lives as long as the program and the ops
};

class Elaborator {
public:
  Elaborator(const Program& program, mlir::MLIRContext& context, const ElaborationOptions& options,
             DiagnosticEngine& diagnostics);
  Elaboration run();

  /// Reports once a place, however often the place is evaluated, with the chain of applications that led
  /// there.
  template <typename... Args> Diagnostic& error(Diag diag, Span span, const Frame& frame, Args&&... args) {
    if (!reported.insert({diag, span.file, span.begin, span.end}).second)
      return discarded = Diagnostic::unseen();
    Diagnostic& result = diagnostics.report(diag, span, std::forward<Args>(args)...);
    if (result.isKept) addChain(result, frame);
    return result;
  }
  bool exhausted() const { return steps > options.maxSteps; }

  const Program& program;
  mlir::MLIRContext& context;
  const ElaborationOptions& options;
  DiagnosticEngine& diagnostics;
  Observations* observations; ///< may be null
  mlir::OpBuilder builder;
  NetworkState* net = nullptr;

  /// Of calls within each other.
  static constexpr uint32_t maxDepth = 100;
  /// Of values within each other: lists, chains of blocks, arguments given to blocks.
  static constexpr uint32_t maxValueDepth = 1000;
  /// Of nested evaluations, whatever their kind: keeps the stack within a few megabytes.
  static constexpr uint32_t maxEvaluationDepth = 2500;
  static constexpr int64_t maxLayers = 200'000;
  /// Of tensors: what a generated library's tables have room for.
  static constexpr size_t maxRank = 6;
  static constexpr size_t maxLength = 1'000'000;     ///< of a list
  static constexpr size_t maxCharacters = 10'000;    ///< of a string
  static constexpr unsigned maxDimensionParts = 250; ///< of a size that depends on free ones

  /// Counts a level of evaluation for as long as it lives.
  struct Level {
    explicit Level(Elaborator& elaborator) : elaborator(elaborator) { ++elaborator.evaluationDepth; }
    ~Level() { --elaborator.evaluationDepth; }
    Elaborator& elaborator;
  };

  const ast::Expr* calledNode = nullptr; ///< stands left of the "(" that is being evaluated
  uint64_t steps = 0;
  uint32_t callDepth = 0, evaluationDepth = 0;
  std::set<const ast::CallableDecl*> called; ///< functions
  llvm::DenseMap<mlir::Value, Origin> origins;
  std::map<double, InitAttr> constants; ///< first values of one number
  std::string opError;                  ///< MLIR's last: why the shape of an op could not be inferred
  mlir::ScopedDiagnosticHandler opErrors;
  std::map<std::pair<const Module*, std::string_view>, Value> globals;
  std::set<const ast::Decl*> evaluating;
  std::map<const ast::CallableDecl*, std::shared_ptr<const BlockValue>> aliases; ///< see aliasedBlock()
  std::map<std::string_view, std::vector<const ast::TargetDecl*>>
      targets; ///< budget and kernels sections, by their network's name
  SubNetwork* sub = nullptr;
  bool poisonedOutput = false;
  Elaboration result;
  llvm::SmallVector<mlir::Attribute> augments; ///< of the train section that is being evaluated
  std::set<unsigned> augmented;                ///< the inputs that these change
  std::map<std::string, Given, std::less<>> setValues;
  std::set<std::string, std::less<>> setUsed;
  std::set<std::string, std::less<>> probesFound,
      probesUsed; ///< paths in all networks; patterns that fit one

private:
  void addChain(Diagnostic& diagnostic, const Frame& frame);
  struct Place {
    Diag diag;
    FileId file;
    uint32_t begin, end;
    auto operator<=>(const Place&) const = default;
  };
  std::set<Place> reported;
  Diagnostic discarded{};
};

} // namespace cnn
