/// Resolves every name of a program without evaluating anything: scopes, declarations, statements.
#include "ast_to_dialect/names/name_checker.h"
#include "ast_to_dialect/names/names.h"
#include "dsl/ast/children.h"

#include <algorithm>

namespace cnn {

using namespace ast;

void NameChecker::run() {
  record.globals();
  for (const Decl* decl : module.file.declarations) {
    scopes.clear();
    ended.clear();
    scopeEnds.clear();
    declaring = decl;
    freeDimensions.clear();
    assigned.clear();
    if (auto* let = as<LetDecl>(decl)) expression(let->value);
    if (auto* callable = as<CallableDecl>(decl)) check(*callable);
    if (auto* train = as<TrainDecl>(decl)) check(*train);
    if (auto* target = as<TargetDecl>(decl)) check(*target);
  }
}

NameChecker::Local* NameChecker::findLocal(std::string_view name) {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    if (auto found = scope->find(name); found != scope->end()) return &found->second;
  return nullptr;
}

void NameChecker::declare(const Identifier& name, bool isVar, const Expr* value, const Parameter* parameter) {
  if (!name.present() || name.text.empty() || name.text == "_") return;
  Span earlier;
  if (Local* local = findLocal(name.text))
    earlier = local->span;
  else if (auto global = module.globals.find(name.text); global != module.globals.end())
    earlier = global->second.span;
  if (earlier.valid()) return shadowing(name, earlier, value);
  scopes.back()[name.text] = {name.span, isVar, {}};
  record.local(name.text, name.span, *declaring, parameter, scopeEnds.back());
}

static bool mentions(const Expr& value, std::string_view name) {
  bool found = false;
  walk(value, [&](const Node& node) {
    auto* use = as<NameExpr>(&node);
    found = found || (use && use->name == name);
    return !found;
  });
  return found;
}

void NameChecker::shadowing(const Identifier& name, Span earlier, const Expr* value) {
  Diagnostic& diagnostic = report(Diag::Shadowing, name.span, name.text);
  diagnostic.secondary(earlier, "declared here");
  auto* same = value ? as<NameExpr>(value) : nullptr;
  if (same && same->name == name.text)
    diagnostic.note("an output is named where it is computed: output " + std::string(name.text) + " = …");
  else if (value && mentions(*value, name.text))
    diagnostic.note(
        "a name that changes is declared with var, and set without let: " + std::string(name.text) + " = …");
}

void NameChecker::declare(const Pattern& pattern, bool isVar) {
  if (auto* name = as<NamePattern>(&pattern)) return declare(Identifier{name->name, name->span}, isVar);
  for (const Pattern* element : static_cast<const ListPattern&>(pattern).elements) declare(*element, isVar);
}

std::optional<Span> NameChecker::find(std::string_view name) {
  if (Local* local = findLocal(name)) return local->span;
  if (auto global = module.globals.find(name); global != module.globals.end())
    return record.declarationOf(name, global->second);
  if (auto dimension = freeDimensions.find(name); dimension != freeDimensions.end()) return dimension->second;
  bool ofLanguage = findOperator(name) || std::ranges::count(builtinFunctions, name) ||
                    std::ranges::count(elementTypeNames, name);
  return ofLanguage ? std::optional(Span{}) : std::nullopt;
}

static bool returns(const Body& body) {
  if (body.statements.empty()) return false;
  const Statement* last = body.statements.back();
  if (as<ReturnStatement>(last)) return true;
  auto* statement = as<ExprStatement>(last);
  auto* branch = statement ? as<IfExpr>(statement->value) : nullptr;
  return branch && branch->hasElse && returns(branch->thenBody) && returns(branch->elseBody);
}

void NameChecker::check(const CallableDecl& decl) {
  Scope scope(*this, decl.span.end);
  for (const Parameter& parameter : decl.parameters) {
    if (parameter.defaultValue) expression(parameter.defaultValue);
    type(parameter.type, false);
    if (!findLocal(parameter.name.text)) declare(parameter.name, false, nullptr, &parameter);
  }
  if (decl.value) return expression(decl.value);
  countAssigned(decl.body);
  collectDimensions(decl.body);
  statements(decl.body);
  bool hasBody = decl.body.complete && decl.body.span.begin != decl.span.begin;
  if (decl.kind != Kind::Network && hasBody && !returns(decl.body))
    report(Diag::MissingReturn, decl.name.span, decl.name.text);
}

/// Free dimensions are named by the types of inputs, and known in the whole body.
void NameChecker::collectDimensions(const Body& body) {
  for (const Statement* statement : body.statements) {
    if (auto* value = as<ExprStatement>(statement)) {
      if (auto* loop = as<ForExpr>(value->value)) collectDimensions(loop->body);
      if (auto* branch = as<IfExpr>(value->value))
        collectDimensions(branch->thenBody), collectDimensions(branch->elseBody);
    }
    auto* input = as<InputStatement>(statement);
    auto* tensor = input && input->type ? as<ast::TensorType>(input->type) : nullptr;
    if (!tensor) continue;
    for (const Expr* extent : tensor->shape) {
      auto* name = as<NameExpr>(extent);
      bool capital = name && name->name[0] >= 'A' && name->name[0] <= 'Z';
      if (!capital || findLocal(name->name) || module.globals.count(name->name)) continue;
      if (freeDimensions.try_emplace(name->name, name->span).second)
        record.dimension(*name, *input, body.span);
    }
  }
}

void NameChecker::statements(const Body& body) {
  for (const Statement* statement : body.statements) check(*statement);
}

void NameChecker::nested(const Body& body) {
  Scope scope(*this, body.span.end);
  statements(body);
}

void NameChecker::check(const Statement& statement) {
  const Node* outer = std::exchange(declaring, &statement);
  checkParts(statement);
  declaring = outer;
}

void NameChecker::checkParts(const Statement& statement) {
  if (auto* s = as<BindingStatement>(&statement)) {
    expression(s->value);
    if (auto* name = as<NamePattern>(s->pattern))
      declare(Identifier{name->name, name->span}, s->isVar(), s->value);
    else
      declare(*s->pattern, s->isVar());
    bool isLet = !s->isVar() && s->span.end - s->span.begin > 3;
    if (auto* name = as<NamePattern>(s->pattern); name && isLet)
      if (Local* local = findLocal(name->name); local && local->span == name->span)
        local->let = {s->span.file, s->span.begin, s->span.begin + 3};
    return;
  }
  if (auto* s = as<AssignStatement>(&statement)) return assignment(*s);
  if (auto* s = as<ReturnStatement>(&statement)) return expression(s->value);
  if (auto* s = as<ExprStatement>(&statement)) return expression(s->value);
  if (auto* s = as<InputStatement>(&statement)) {
    type(s->type, true);
    expression(s->value);
    if (s->value) return use(s->name); // feeds an input that the network has
    if (scopes.size() < 2) return declare(s->name);
    // In an if or for it is a mistake of its own, and known all the same.
    scopes.front()[s->name.text] = {s->name.span, false, {}};
    record.local(s->name.text, s->name.span, *declaring, nullptr, scopeEnds.front());
    return;
  }
  if (auto* s = as<OutputStatement>(&statement)) {
    expression(s->value);
    if (!as<ErrorExpr>(s->value)) declare(s->name, false, s->value);
    return;
  }
  if (auto* s = as<ParamStatement>(&statement)) {
    type(s->type, false);
    expression(s->value);
    return declare(s->name);
  }
  if (auto* s = as<SharedStatement>(&statement)) {
    expression(s->value);
    return declare(s->name);
  }
  if (auto* s = as<AssertStatement>(&statement)) return expression(s->condition), expression(s->message);
  if (auto* s = as<InitStatement>(&statement))
    return expression(s->selectors, {Role::Selector}), valueOf(Family::Initialiser, s->value);
  if (auto* s = as<LabelsStatement>(&statement)) return use(s->name), expression(s->value);
  if (auto* s = as<PictureStatement>(&statement)) {
    for (const Identifier& name : s->names) use(name);
    return valueOf(s->kind == Kind::Augment ? Family::Augmentation : Family::Geometry, s->value);
  }
  if (auto* s = as<MetricStatement>(&statement)) {
    valueOf(Family::Metric, s->value);
    return declare(s->name);
  }
  if (auto* s = as<GroupStatement>(&statement)) {
    expression(s->selectors, {Role::Selector});
    settings(s->body, groupSettings);
    return nested(s->body);
  }
  if (auto* s = as<SectionStatement>(&statement)) {
    if (s->kind == Kind::Phase)
      settings(s->body, phaseSettings);
    else
      settings(s->body, stepSettings);
    return nested(s->body);
  }
}

void NameChecker::use(const Identifier& name) {
  Place at = std::exchange(place, {});
  if (!name.present()) return;
  if (auto declared = find(name.text))
    record.use(name.span, *declared);
  else
    unknown(name.span, name.text, at);
}

void NameChecker::assignment(const AssignStatement& statement) {
  std::string_view setting = isSetting.count(&statement) ? statement.name.text : std::string_view();
  if (setting == "optimizer")
    valueOf(Family::Optimizer, statement.value);
  else if (setting == "schedule")
    valueOf(Family::Schedule, statement.value);
  else if (setting == "data")
    valueOf(Family::Data, statement.value);
  else if (setting == "loss")
    valueOf(Family::Loss, statement.value);
  else if (setting == "freeze" || setting == "update")
    expression(statement.value, {Role::Selector});
  else
    expression(statement.value);
  if (statement.selector || isSetting.count(&statement)) return;
  Local* local = findLocal(statement.name.text);
  refer(statement.name.span, statement.name.text);
  if (local && local->isVar) return;
  if (local || module.globals.count(statement.name.text))
    setAnew(statement, local);
  else
    undeclared(statement);
}

void NameChecker::type(const Type* node, bool freeAllowed) {
  auto* tensor = node ? as<ast::TensorType>(node) : nullptr;
  if (!tensor) return;
  for (const Expr* extent : tensor->shape) {
    auto* name = as<NameExpr>(extent);
    if (freeAllowed && name && freeDimensions.count(name->name)) {
      refer(name->span, name->name);
      continue;
    }
    bool lower = freeAllowed && name && name->name.size() == 1 && !known(name->name) && !module.incomplete;
    if (lower && name->name[0] >= 'a' && name->name[0] <= 'z') {
      report(Diag::UnknownName, name->span, name->name)
          .didYouMean({std::string(1, static_cast<char>(name->name[0] - 'a' + 'A')), true})
          .note("a dimension that is free has a name with a capital initial");
      continue;
    }
    expression(extent);
  }
}

void checkNames(const Program& program, DiagnosticEngine& diagnostics, NameIndex* index) {
  for (const Module& module : program.modules) NameChecker(module, diagnostics, index).run();
}

} // namespace cnn
