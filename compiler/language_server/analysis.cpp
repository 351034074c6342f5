//===- analysis.cpp - Parses, checks and evaluates a document ------------------------------------------===//

#include "analysis.h"

#include "text.h"

#include "ast_to_dialect/ast_to_dialect.h"
#include "dsl/ast/children.h"

#include "mlir/IR/MLIRContext.h"

#include <algorithm>

namespace cnn::language_server {

bool Analysis::dependsOn(const std::string& path) const {
  return std::ranges::any_of(program->modules, [&](const Module& module) { return module.path == path; });
}

/// What a member of a network stands for is known only when the network has been applied.
static void resolveMembers(Analysis& analysis) {
  if (!analysis.observations.sawNetworks()) return;
  for (const Module& module : analysis.program->modules)
    for (const ast::Decl* decl : module.file.declarations)
      ast::walk(*decl, [&](const ast::Node& node) {
        auto* member = ast::as<ast::MemberExpr>(&node);
        auto* network = member ? analysis.observations.network(*member->base) : nullptr;
        if (!network) return true;
        for (const Symbol* symbol : members(analysis, *network))
          if (symbol->name == member->member.text) analysis.names.refer(member->member.span, symbol->span);
        return true;
      });
}

std::unique_ptr<Analysis> analyse(const std::string& path, std::string text, const AnalysisOptions& options) {
  auto result = std::make_unique<Analysis>();
  result->libraryPath = options.libraryPath;
  LoadOptions load{options.libraryPath, options.buffers, &result->tokens};
  result->program = std::make_unique<Program>(
      loadText(result->sources, result->tree, path, std::move(text), result->diagnostics, load));
  if (!options.evaluate) {
    checkNames(*result->program, result->diagnostics, &result->names);
    return result;
  }
  // A context of its own: what is unique in a context is never freed, and a server lives for days.
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  ElaborationOptions elaboration;
  elaboration.names = &result->names;
  elaboration.observations = &result->observations;
  elaborate(*result->program, context, elaboration, result->diagnostics);
  resolveMembers(*result);
  return result;
}

} // namespace cnn::language_server
