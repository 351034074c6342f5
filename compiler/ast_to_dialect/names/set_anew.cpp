/// Names that are set again: what a var is for.
#include "ast_to_dialect/names/name_checker.h"

namespace cnn {

using namespace ast;

/// What a loop sets is set more than once.
void NameChecker::countAssigned(const Body& body, bool repeated) {
  for (const Statement* statement : body.statements) {
    if (auto* assign = as<AssignStatement>(statement); assign && !assign->selector)
      assigned[assign->name.text] += repeated ? 2 : 1;
    auto* value = as<ExprStatement>(statement);
    if (auto* branch = as<IfExpr>(value ? value->value : nullptr)) {
      countAssigned(branch->thenBody, repeated);
      countAssigned(branch->elseBody, repeated);
    }
    if (auto* loop = as<ForExpr>(value ? value->value : nullptr)) countAssigned(loop->body, true);
  }
}

/// Where a name is set that is no var.
void NameChecker::setAnew(const AssignStatement& statement, const Local* local) {
  std::string_view name = statement.name.text;
  auto global = module.globals.find(name);
  Span declared = local ? local->span : global->second.span;
  Diagnostic& diagnostic = report(Diag::AssignToConstant, statement.name.span, name);
  diagnostic.secondary(declared, "declared here, not with var");
  if (local && local->let.valid())
    diagnostic.fix("declare it with var", {{local->let, "var"}});
  else if (local)
    diagnostic.note("give the new value a name of its own: let other = …");
}

/// A name that is set and never declared. Where that is done more than once it changes, and is a var.
void NameChecker::undeclared(const AssignStatement& statement) {
  std::string_view name = statement.name.text;
  if (module.incomplete) return;
  bool changes = assigned[name] > 1;
  Span before{statement.span.file, statement.span.begin, statement.span.begin};
  report(Diag::UnknownName, statement.name.span, name)
      .note("a name is introduced with let or var")
      .fix(changes ? "declare the name, which is set anew later" : "declare the name",
           {{before, changes ? "var " : "let "}});
  scopes.back()[name] = {statement.name.span, true, {}};
}

} // namespace cnn
