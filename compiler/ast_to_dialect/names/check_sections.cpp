/// Names in train, budget and kernels sections, and which settings these have.
#include "ast_to_dialect/foreign.h"
#include "ast_to_dialect/names/name_checker.h"
#include "ast_to_dialect/names/names.h"

#include <algorithm>

namespace cnn {

using namespace ast;

/// A value whose outermost name is one of the family's, such as `adam(lr = 1e-3)`.
void NameChecker::valueOf(Family family, const Expr* value) {
  std::vector<const Expr*> parts{value};
  if (auto* chain = as<ChainExpr>(value)) parts = {chain->stages.begin(), chain->stages.end()};
  inLoss = family == Family::Loss || family == Family::Metric;
  for (const Expr* part : parts) {
    auto* call = as<CallExpr>(part);
    auto* name = as<NameExpr>(call ? call->callee : part);
    // A loss may also be a name that was computed before.
    bool choice = name && (call || !inLoss);
    bool unknownName = choice && !known(name->name) && !name->name.empty();
    if (!unknownName) {
      expression(part);
      continue;
    }
    wanted = family;
    unknown(name->span, name->name, {Role::Callee, call});
    wanted.reset();
    if (call) arguments(*call);
  }
  inLoss = false;
}

const CallableDecl* NameChecker::network(const Identifier& name) {
  auto found = module.globals.find(name.text);
  const CallableDecl* decl = found == module.globals.end() ? nullptr : as<CallableDecl>(found->second.decl);
  if (decl && decl->kind == Kind::Network) {
    refer(name.span, name.text);
    return decl;
  }
  if (module.incomplete) return nullptr;
  report(Diag::UnknownNetwork, name.span, name.text).didYouMean(name.text, [&] {
    std::vector<std::string_view> candidates;
    for (auto& [candidate, global] : module.globals)
      if (global.decl && global.decl->kind == Kind::Network) candidates.push_back(candidate);
    return candidates;
  });
  return nullptr;
}

void NameChecker::check(const TrainDecl& decl) {
  const CallableDecl* declared = network(decl.network);
  for (const Argument& argument : decl.arguments) expression(argument.value);
  const CallableDecl* base = declared ? networkWithBody(module, *declared) : nullptr;
  if (!base) return;
  record.arguments(decl.arguments, *base);
  Scope scope(*this, decl.span.end);
  for (const Parameter& parameter : base->parameters)
    scopes.back()[parameter.name.text] = {parameter.name.span, false, {}};
  for (const Statement* statement : base->body.statements) member(*statement);
  for (auto& [name, local] : scopes.back()) record.show(local.span, decl.body.span);
  collectDimensions(base->body);
  collectDimensions(decl.body);
  for (auto& [name, where] : freeDimensions) record.show(where, decl.body.span);
  Scope inner(*this, decl.span.end);
  settings(decl.body, trainSettings);
  for (const Statement* statement : decl.body.statements) // stop can watch it like a metric
    if (auto* assign = as<AssignStatement>(statement);
        assign && !assign->selector && assign->name.text == "loss")
      scopes.back().try_emplace("loss", Local{assign->name.span, false, {}});
  statements(decl.body);
}

/// What a network's body shows to its train section.
void NameChecker::member(const Statement& statement) {
  auto add = [&](const Identifier& name) {
    if (name.present()) scopes.back()[name.text] = {name.span, false, {}};
  };
  if (auto* s = as<InputStatement>(&statement)) add(s->name);
  if (auto* s = as<OutputStatement>(&statement)) add(s->name);
  if (auto* s = as<SharedStatement>(&statement)) add(s->name);
  if (auto* s = as<BindingStatement>(&statement)) members(*s->pattern);
}

void NameChecker::members(const Pattern& pattern) {
  if (auto* name = as<NamePattern>(&pattern)) {
    if (!name->name.empty()) scopes.back()[name->name] = {name->span, false, {}};
    return;
  }
  for (const Pattern* element : static_cast<const ListPattern&>(pattern).elements) members(*element);
}

void NameChecker::check(const TargetDecl& decl) {
  network(decl.network);
  if (decl.target && decl.target->isLiteral()) machine(*decl.target);
  Scope scope(*this, decl.span.end);
  if (decl.kind == Kind::Budget) {
    settings(decl.body, budgetSettings);
    statements(decl.body);
    return;
  }
  for (const Statement* statement : decl.body.statements) {
    auto* assign = as<AssignStatement>(statement);
    if (!assign) continue;
    if (assign->selector)
      expression(assign->selector);
    else {
      place = {Role::Selector};
      use(assign->name);
    }
    valueOf(Family::Algorithm, assign->value);
  }
}

void NameChecker::machine(const StringExpr& target) {
  std::string_view name = target.literal();
  std::vector<std::string_view> names;
  std::string list;
  for (const Machine& candidate : machines) {
    if (candidate.name == name) return;
    names.push_back(candidate.name);
    list += (list.empty() ? "" : ", ") + std::string(candidate.name);
  }
  Diagnostic& diagnostic = report(Diag::UnknownTarget, target.span, name);
  std::string_view meant = nearest(name, names);
  for (const Machine& candidate : machines) // a target of Halide's, or the instructions alone
    if (std::string_view last = candidate.name.substr(candidate.name.rfind('-') + 1);
        last.starts_with("avx") && name.find(last) != std::string_view::npos)
      meant = candidate.name;
  if (!meant.empty())
    diagnostic.suggest("did you mean '" + std::string(meant) + "'?",
                       {{target.span, "\"" + std::string(meant) + "\""}});
  diagnostic.note("targets here are " + list);
}

static std::string settingHint(std::string_view name, const std::string& list) {
  if (name == "metric" || name == "metrics")
    return "a metric has a name: metric top1 = accuracy(logits, label)";
  if (name == "lr" || name == "learning_rate")
    return "the learning rate is an argument of the optimizer, adam(lr = 1e-3); in a group it is lr_scale";
  if (name == "augment") return "pictures are changed by a statement: augment image = random_hflip()";
  return "settings here are " + list;
}

void NameChecker::settings(const Body& body, std::span<const std::string_view> names) {
  std::map<std::string_view, Span> seen;
  for (const Statement* statement : body.statements) {
    auto* assign = as<AssignStatement>(statement);
    if (!assign || assign->selector) continue;
    std::string_view name = assign->name.text;
    if (!std::ranges::count(names, name)) {
      std::vector<std::string_view> candidates(names.begin(), names.end());
      std::string list;
      for (std::string_view candidate : candidates)
        list += (list.empty() ? "" : ", ") + std::string(candidate);
      const Foreign* foreign = foreignSetting(name);
      bool known = foreign && std::ranges::count(names, foreign->meant);
      report(Diag::UnknownSetting, assign->name.span, name)
          .didYouMean(known ? Guess{foreign->meant, true} : nearest(name, candidates))
          .note(settingHint(name, list));
    } else if (auto [it, inserted] = seen.try_emplace(name, assign->name.span); !inserted) {
      report(Diag::DuplicateSetting, assign->name.span, name).secondary(it->second, "first here");
    }
    isSetting.insert(assign);
  }
}

} // namespace cnn
