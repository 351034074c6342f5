/// Resolves the names of one file; internal to checkNames.
///
/// check_names.cpp        scopes, declarations, statements   check_expressions.cpp  expressions, calls
/// check_sections.cpp     train, budget, kernels; settings   unknown_names.cpp      what is said about them
/// foreign_names.cpp      names of other libraries           set_anew.cpp           names that are set again
#pragma once

#include "ast_to_dialect/names/name_recorder.h"
#include "ast_to_dialect/operators/operator.h"
#include "ast_to_dialect/program.h"

#include <map>
#include <optional>
#include <set>
#include <span>

namespace cnn {

struct Foreign;

/// Where an expression stands: what may have been meant by a name there.
enum class NameRole : uint8_t { Value, Callee, Stage, Selector };
struct NamePlace {
  NameRole role = NameRole::Value;
  const ast::CallExpr* call = nullptr; ///< whose callee it is
};

class NameChecker {
public:
  NameChecker(const Module& module, DiagnosticEngine& diagnostics, NameIndex* index)
      : module(module), diagnostics(diagnostics), record(module, index) {}

  void run();

private:
  /// Says nothing about what only an editor looks at: see ErrorExpr.
  template <typename... Args> Diagnostic& report(Diag diag, Span span, Args&&... args) {
    if (quiet) return discarded = Diagnostic::unseen();
    return diagnostics.report(diag, span, std::forward<Args>(args)...);
  }

  // ---- scopes ----

  /// A name that a body declares.
  struct Local {
    Span span;
    bool isVar = false;
    Span let; ///< the keyword that declares it; nowhere for what is no let
  };

  struct Scope {
    Scope(NameChecker& checker, uint32_t end) : checker(checker) {
      checker.scopes.emplace_back();
      checker.scopeEnds.push_back(end);
    }
    ~Scope() {
      for (auto& [name, local] : checker.scopes.back()) checker.ended[name] = local.span;
      checker.scopes.pop_back();
      checker.scopeEnds.pop_back();
    }
    NameChecker& checker;
  };

  Local* findLocal(std::string_view name);
  void declare(const ast::Identifier& name, bool isVar = false, const ast::Expr* value = nullptr,
               const ast::Parameter* parameter = nullptr);
  void declare(const ast::Pattern& pattern, bool isVar);
  void shadowing(const ast::Identifier& name, Span earlier, const ast::Expr* value);
  /// Where a name of the program is declared; nowhere for those of the language, nothing for unknown ones.
  std::optional<Span> find(std::string_view name);
  bool known(std::string_view name) { return find(name).has_value(); }
  void refer(Span use, std::string_view name) { record.use(use, find(name).value_or(Span{})); }

  // ---- unknown names ----

  using Role = NameRole;
  using Place = NamePlace;
  void expression(const ast::Expr* node, Place at) {
    place = at;
    expression(node);
  }

  void unknown(Span span, std::string_view name, Place at = {});
  void unknownSetting(Span span, std::string_view name, const ast::CallExpr* call);
  /// Names that may stand there.
  std::vector<std::string_view> candidates(Place at);
  /// Reports what another library calls so: true when it is known. `shown` is the whole of what was written.
  bool foreign(Span span, std::string_view shown, std::string_view word, Place at);
  Diagnostic& absent(Span span, std::string_view shown, const Foreign& known);
  /// The change of `Conv2d(3, 16, 3)` to `conv(16, 3)`.
  void translate(Diagnostic& diagnostic, Span span, std::string_view word, std::string_view meant, Place at);
  Diagnostic& unknownArgument(const ast::CallExpr& node, const ast::Argument& argument,
                              const std::vector<std::string_view>& names);

  // ---- declarations and statements ----

  void check(const ast::CallableDecl& decl);
  void collectDimensions(const ast::Body& body);
  void statements(const ast::Body& body);
  void nested(const ast::Body& body);
  void check(const ast::Statement& statement);
  void checkParts(const ast::Statement& statement);
  void use(const ast::Identifier& name);
  void assignment(const ast::AssignStatement& statement);
  void countAssigned(const ast::Body& body, bool repeated = false);
  void setAnew(const ast::AssignStatement& statement, const Local* local);
  void undeclared(const ast::AssignStatement& statement);
  void type(const ast::Type* node, bool freeAllowed);

  // ---- sections beside a network ----

  const ast::CallableDecl* network(const ast::Identifier& name);
  void check(const ast::TrainDecl& decl);
  void check(const ast::TargetDecl& decl);
  void member(const ast::Statement& statement);
  void members(const ast::Pattern& pattern);
  void machine(const ast::StringExpr& target);
  void settings(const ast::Body& body, std::span<const std::string_view> names);
  void valueOf(Family family, const ast::Expr* value);

  // ---- expressions ----

  void expression(const ast::Expr* node);
  void memberAccess(const ast::MemberExpr& node, Place at);
  bool library(const ast::MemberExpr& node, Place at);
  void call(const ast::CallExpr& node);
  void arguments(const ast::CallExpr& call);
  bool isLocal(const ast::Expr* node);

  const Module& module;
  DiagnosticEngine& diagnostics;
  NameRecorder record;
  const ast::Node* declaring = nullptr; ///< the declaration or statement that is being checked
  std::vector<std::map<std::string_view, Local>> scopes;
  std::vector<uint32_t> scopeEnds;                 ///< offsets, one for each scope
  std::map<std::string_view, Span> ended;          ///< names of bodies that have ended
  std::optional<Family> wanted;                    ///< what alone may stand where the name is looked up
  bool inLoss = false;                             ///< in a loss or metric
  std::map<std::string_view, Span> freeDimensions; ///< with where each is first named
  std::set<const ast::AssignStatement*> isSetting;
  Place place;                              ///< of the expression that comes next
  std::map<std::string_view, int> assigned; ///< how often the declaration sets each name
  bool quiet = false;
  Diagnostic discarded{};
};

} // namespace cnn
