/// Resolves every name of a program without evaluating anything.
#include "ast_to_dialect/names.h"
#include "ast_to_dialect/operators/operator.h"
#include "ast_to_dialect/program.h"

#include <algorithm>
#include <set>

namespace cnn {

using namespace ast;

namespace {

/// A name that a body declares.
struct Local {
  Span span;
  bool isVar = false;
};

class NameChecker {
public:
  NameChecker(const Module& module, DiagnosticEngine& diagnostics)
      : module(module), diagnostics(diagnostics) {}

  void run() {
    for (const Decl* decl : module.file.declarations) {
      scopes.clear();
      freeDimensions.clear();
      if (auto* let = as<LetDecl>(decl)) expression(let->value);
      if (auto* callable = as<CallableDecl>(decl)) check(*callable);
      if (auto* train = as<TrainDecl>(decl)) check(*train);
      if (auto* target = as<TargetDecl>(decl)) check(*target);
    }
  }

private:
  // ---- scopes ----

  struct Scope {
    explicit Scope(NameChecker& checker) : checker(checker) { checker.scopes.emplace_back(); }
    ~Scope() { checker.scopes.pop_back(); }
    NameChecker& checker;
  };

  Local* findLocal(std::string_view name) {
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
      if (auto found = scope->find(name); found != scope->end()) return &found->second;
    return nullptr;
  }

  void declare(const Identifier& name, bool isVar = false) {
    if (!name.present() || name.text.empty() || name.text == "_") return;
    Span earlier;
    if (Local* local = findLocal(name.text))
      earlier = local->span;
    else if (auto global = module.globals.find(name.text); global != module.globals.end())
      earlier = global->second.span;
    if (earlier.valid())
      diagnostics.report(Diag::Shadowing, name.span, name.text).secondary(earlier, "declared here");
    else
      scopes.back()[name.text] = {name.span, isVar};
  }

  void declare(const Pattern& pattern, bool isVar) {
    if (auto* name = as<NamePattern>(&pattern)) return declare(Identifier{name->name, name->span}, isVar);
    for (const Pattern* element : static_cast<const ListPattern&>(pattern).elements) declare(*element, isVar);
  }

  bool known(std::string_view name) {
    return findLocal(name) || module.globals.count(name) || findOperator(name) ||
           freeDimensions.count(name) || std::ranges::count(builtinFunctions, name) ||
           std::ranges::count(elementTypeNames, name);
  }

  void unknown(Span span, std::string_view name) {
    if (module.incomplete) return;
    std::vector<std::string_view> candidates(builtinFunctions.begin(), builtinFunctions.end());
    for (auto& scope : scopes)
      for (auto& [local, where] : scope) candidates.push_back(local);
    for (auto& [global, where] : module.globals) candidates.push_back(global);
    for (const Operator& op : allOperators()) candidates.push_back(op.name);
    for (std::string_view dimension : freeDimensions) candidates.push_back(dimension);
    diagnostics.report(Diag::UnknownName, span, name).didYouMean(nearest(name, candidates));
  }

  // ---- declarations ----

  void check(const CallableDecl& decl) {
    Scope scope(*this);
    for (const Parameter& parameter : decl.parameters) {
      if (parameter.defaultValue) expression(parameter.defaultValue);
      type(parameter.type, false);
      if (!findLocal(parameter.name.text)) declare(parameter.name);
    }
    if (decl.value) return expression(decl.value);
    collectDimensions(decl.body);
    statements(decl.body);
    bool hasBody = decl.body.complete && decl.body.span.begin != decl.span.begin;
    if (decl.kind != Kind::Network && hasBody && !returns(decl.body))
      diagnostics.report(Diag::MissingReturn, decl.name.span, decl.name.text);
  }

  static bool returns(const Body& body) {
    if (body.statements.empty()) return false;
    const Statement* last = body.statements.back();
    if (as<ReturnStatement>(last)) return true;
    auto* statement = as<ExprStatement>(last);
    auto* branch = statement ? as<IfExpr>(statement->value) : nullptr;
    return branch && branch->hasElse && returns(branch->thenBody) && returns(branch->elseBody);
  }

  const CallableDecl* network(const Identifier& name) {
    auto found = module.globals.find(name.text);
    const CallableDecl* decl = found == module.globals.end() ? nullptr : as<CallableDecl>(found->second.decl);
    if (decl && decl->kind == Kind::Network) return decl;
    if (module.incomplete) return nullptr;
    std::vector<std::string_view> candidates;
    for (auto& [candidate, global] : module.globals)
      if (global.decl && global.decl->kind == Kind::Network) candidates.push_back(candidate);
    diagnostics.report(Diag::UnknownNetwork, name.span, name.text).didYouMean(nearest(name.text, candidates));
    return nullptr;
  }

  void check(const TrainDecl& decl) {
    const CallableDecl* declared = network(decl.network);
    for (const Argument& argument : decl.arguments) expression(argument.value);
    const CallableDecl* base = declared ? networkWithBody(module, *declared) : nullptr;
    if (!base) return;
    Scope scope(*this);
    for (const Parameter& parameter : base->parameters)
      scopes.back()[parameter.name.text] = {parameter.name.span, false};
    for (const Statement* statement : base->body.statements) member(*statement);
    collectDimensions(base->body);
    collectDimensions(decl.body);
    Scope inner(*this);
    settings(decl.body, trainSettings);
    statements(decl.body);
  }

  /// What a network's body shows to its train section.
  void member(const Statement& statement) {
    auto add = [&](const Identifier& name) {
      if (name.present()) scopes.back()[name.text] = {name.span, false};
    };
    if (auto* s = as<InputStatement>(&statement)) add(s->name);
    if (auto* s = as<OutputStatement>(&statement)) add(s->name);
    if (auto* s = as<SharedStatement>(&statement)) add(s->name);
    if (auto* s = as<BindingStatement>(&statement)) members(*s->pattern);
  }

  void members(const Pattern& pattern) {
    if (auto* name = as<NamePattern>(&pattern)) {
      if (!name->name.empty()) scopes.back()[name->name] = {name->span, false};
      return;
    }
    for (const Pattern* element : static_cast<const ListPattern&>(pattern).elements) members(*element);
  }

  void check(const TargetDecl& decl) {
    network(decl.network);
    Scope scope(*this);
    if (decl.kind == Kind::Budget) {
      settings(decl.body, budgetSettings);
      statements(decl.body);
    }
    // The right sides in kernels are schedules, which have names of their own.
  }

  // ---- statements ----

  /// Free dimensions are named by the types of inputs, and known in the whole body.
  void collectDimensions(const Body& body) {
    for (const Statement* statement : body.statements) {
      auto* input = as<InputStatement>(statement);
      auto* tensor = input && input->type ? as<ast::TensorType>(input->type) : nullptr;
      if (!tensor) continue;
      for (const Expr* extent : tensor->shape) {
        auto* name = as<NameExpr>(extent);
        bool capital = name && name->name[0] >= 'A' && name->name[0] <= 'Z';
        if (capital && !findLocal(name->name) && !module.globals.count(name->name))
          freeDimensions.insert(name->name);
      }
    }
  }

  template <typename Names> void settings(const Body& body, const Names& names) {
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
        diagnostics.report(Diag::UnknownSetting, assign->name.span, name)
            .didYouMean(nearest(name, candidates))
            .note("settings here are " + list);
      } else if (auto [it, inserted] = seen.try_emplace(name, assign->name.span); !inserted) {
        diagnostics.report(Diag::DuplicateSetting, assign->name.span, name)
            .secondary(it->second, "first here");
      }
      isSetting.insert(assign);
    }
  }

  void statements(const Body& body) {
    for (const Statement* statement : body.statements) check(*statement);
  }

  void nested(const Body& body) {
    Scope scope(*this);
    statements(body);
  }

  void check(const Statement& statement) {
    if (auto* s = as<BindingStatement>(&statement)) {
      expression(s->value);
      return declare(*s->pattern, s->isVar());
    }
    if (auto* s = as<AssignStatement>(&statement)) return assignment(*s);
    if (auto* s = as<ReturnStatement>(&statement)) return expression(s->value);
    if (auto* s = as<ExprStatement>(&statement)) return expression(s->value);
    if (auto* s = as<InputStatement>(&statement)) {
      type(s->type, true);
      expression(s->value);
      if (s->value) return use(s->name); // feeds an input that the network has
      return declare(s->name);
    }
    if (auto* s = as<OutputStatement>(&statement)) {
      expression(s->value);
      return declare(s->name);
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
    if (auto* s = as<InitStatement>(&statement)) return expression(s->selectors), expression(s->value);
    if (auto* s = as<LabelsStatement>(&statement)) return use(s->name), expression(s->value);
    if (auto* s = as<PictureStatement>(&statement)) {
      for (const Identifier& name : s->names) use(name);
      return expression(s->value);
    }
    if (auto* s = as<MetricStatement>(&statement)) {
      expression(s->value);
      return declare(s->name);
    }
    if (auto* s = as<GroupStatement>(&statement)) {
      expression(s->selectors);
      settings(s->body, groupSettings);
      return nested(s->body);
    }
    if (auto* s = as<SectionStatement>(&statement)) {
      settings(s->body, partSettings);
      return nested(s->body);
    }
  }

  void use(const Identifier& name) {
    if (name.present() && !known(name.text)) unknown(name.span, name.text);
  }

  void assignment(const AssignStatement& statement) {
    expression(statement.value);
    if (statement.selector || isSetting.count(&statement)) return;
    Local* local = findLocal(statement.name.text);
    if (local && local->isVar) return;
    auto global = module.globals.find(statement.name.text);
    if (local || global != module.globals.end()) {
      diagnostics.report(Diag::AssignToConstant, statement.name.span, statement.name.text)
          .secondary(local ? local->span : global->second.span, "declared here, not with var");
    } else if (!module.incomplete) {
      diagnostics.report(Diag::UnknownName, statement.name.span, statement.name.text)
          .note("a name is introduced with let or var");
      scopes.back()[statement.name.text] = {statement.name.span, true};
    }
  }

  void type(const Type* node, bool freeAllowed) {
    auto* tensor = node ? as<ast::TensorType>(node) : nullptr;
    if (!tensor) return;
    for (const Expr* extent : tensor->shape) {
      auto* name = as<NameExpr>(extent);
      if (freeAllowed && name && freeDimensions.count(name->name)) continue;
      expression(extent);
    }
  }

  // ---- expressions ----

  void expression(const Expr* node) {
    if (!node) return;
    if (auto* e = as<NameExpr>(node)) {
      if (!known(e->name)) unknown(e->span, e->name);
      return;
    }
    if (auto* e = as<StringExpr>(node)) {
      for (const StringPart& part : e->parts) expression(part.hole);
      return;
    }
    if (auto* e = as<ListExpr>(node)) {
      for (const Expr* element : e->elements) expression(element);
      return;
    }
    if (auto* e = as<ParenExpr>(node)) return expression(e->inner);
    if (auto* e = as<UnaryExpr>(node)) return expression(e->operand);
    if (auto* e = as<BinaryExpr>(node)) return expression(e->left), expression(e->right);
    if (auto* e = as<IndexExpr>(node)) return expression(e->base), expression(e->index);
    if (auto* e = as<MemberExpr>(node)) return memberAccess(*e);
    if (auto* e = as<CallExpr>(node)) return call(*e);
    if (auto* e = as<LabeledExpr>(node)) return expression(e->inner), expression(e->path);
    if (auto* e = as<ChainExpr>(node)) {
      for (const Expr* stage : e->stages) expression(stage);
      return;
    }
    if (auto* e = as<IfExpr>(node)) {
      expression(e->condition);
      nested(e->thenBody);
      return nested(e->elseBody);
    }
    if (auto* e = as<ForExpr>(node)) {
      expression(e->sequence);
      Scope scope(*this);
      declare(*e->pattern, false);
      statements(e->body);
    }
  }

  /// `file.thing` for a file used under a name; members of values are known when they are evaluated.
  void memberAccess(const MemberExpr& node) {
    auto* base = as<NameExpr>(node.base);
    auto global = base && !findLocal(base->name) ? module.globals.find(base->name) : module.globals.end();
    bool isFile = global != module.globals.end() && !global->second.decl;
    if (!isFile) return expression(node.base);
    const Module& used = *global->second.module;
    if (used.globals.count(node.member.text) || used.incomplete || node.member.text.empty()) return;
    std::vector<std::string_view> candidates;
    for (auto& [name, entry] : used.globals) candidates.push_back(name);
    diagnostics.report(Diag::UnknownMember, node.member.span, "'" + used.path + "'", node.member.text)
        .didYouMean(nearest(node.member.text, candidates));
  }

  void call(const CallExpr& node) {
    expression(node.callee);
    for (const Argument& argument : node.arguments) expression(argument.value);
    auto* callee = as<NameExpr>(node.callee);
    if (!callee || findLocal(callee->name)) return;
    std::vector<std::string_view> names;
    auto global = module.globals.find(callee->name);
    if (global != module.globals.end()) {
      auto* decl = as<CallableDecl>(global->second.decl);
      if (!decl || !decl->parametersComplete) return;
      // The parameters of `network A = B(…)` are those of B that are left open.
      if (decl->kind == Kind::Network && decl->value && !decl->hasParameterList) return;
      size_t first = decl->kind == Kind::Block ? 1 : 0;
      for (size_t i = first; i < decl->parameters.size(); ++i) names.push_back(decl->parameters[i].name.text);
    } else if (const Operator* op = findOperator(callee->name)) {
      for (const OperatorArgument& argument : op->arguments) names.push_back(argument.name);
    } else {
      return;
    }
    for (const Argument& argument : node.arguments) {
      if (!argument.name.present() || std::ranges::count(names, argument.name.text)) continue;
      std::string list;
      for (std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
      diagnostics.report(Diag::UnknownArgument, argument.name.span, callee->name, argument.name.text)
          .didYouMean(nearest(argument.name.text, names))
          .note(list.empty() ? std::string(callee->name) + " has no arguments"
                             : "the arguments of " + std::string(callee->name) + " are " + list);
    }
  }

  const Module& module;
  DiagnosticEngine& diagnostics;
  std::vector<std::map<std::string_view, Local>> scopes;
  std::set<std::string_view> freeDimensions;
  std::set<const AssignStatement*> isSetting;
};

} // namespace

void checkNames(const Program& program, DiagnosticEngine& diagnostics) {
  for (const Module& module : program.modules) NameChecker(module, diagnostics).run();
}

} // namespace cnn
