/// Resolves every name of a program without evaluating anything.
#include "ast_to_dialect/foreign.h"
#include "ast_to_dialect/name_recorder.h"
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
  NameChecker(const Module& module, DiagnosticEngine& diagnostics, NameIndex* index)
      : module(module), diagnostics(diagnostics), record(module, index) {}

  void run() {
    record.globals();
    for (const Decl* decl : module.file.declarations) {
      scopes.clear();
      ended.clear();
      scopeEnds.clear();
      declaring = decl;
      freeDimensions.clear();
      if (auto* let = as<LetDecl>(decl)) expression(let->value);
      if (auto* callable = as<CallableDecl>(decl)) check(*callable);
      if (auto* train = as<TrainDecl>(decl)) check(*train);
      if (auto* target = as<TargetDecl>(decl)) check(*target);
    }
  }

private:
  /// Says nothing about what only an editor looks at: see ErrorExpr.
  template <typename... Args> Diagnostic& report(Diag diag, Span span, Args&&... args) {
    if (quiet) return discarded = Diagnostic{};
    return diagnostics.report(diag, span, std::forward<Args>(args)...);
  }

  // ---- scopes ----

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

  Local* findLocal(std::string_view name) {
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
      if (auto found = scope->find(name); found != scope->end()) return &found->second;
    return nullptr;
  }

  void declare(const Identifier& name, bool isVar = false, const Expr* value = nullptr,
               const Parameter* parameter = nullptr) {
    if (!name.present() || name.text.empty() || name.text == "_") return;
    Span earlier;
    if (Local* local = findLocal(name.text))
      earlier = local->span;
    else if (auto global = module.globals.find(name.text); global != module.globals.end())
      earlier = global->second.span;
    if (earlier.valid()) return shadowing(name, earlier, value);
    scopes.back()[name.text] = {name.span, isVar};
    record.local(name.text, name.span, *declaring, parameter, scopeEnds.back());
  }

  void shadowing(const Identifier& name, Span earlier, const Expr* value) {
    Diagnostic& diagnostic = report(Diag::Shadowing, name.span, name.text);
    diagnostic.secondary(earlier, "declared here");
    auto* same = value ? as<NameExpr>(value) : nullptr;
    if (same && same->name == name.text)
      diagnostic.note("an output is named where it is computed: output " + std::string(name.text) + " = …");
  }

  void declare(const Pattern& pattern, bool isVar) {
    if (auto* name = as<NamePattern>(&pattern)) return declare(Identifier{name->name, name->span}, isVar);
    for (const Pattern* element : static_cast<const ListPattern&>(pattern).elements) declare(*element, isVar);
  }

  /// Where a name of the program is declared; nowhere for those of the language.
  Span declarationOf(std::string_view name) {
    if (Local* local = findLocal(name)) return local->span;
    if (auto global = module.globals.find(name); global != module.globals.end())
      return NameRecorder::declarationOf(name, global->second);
    auto dimension = freeDimensions.find(name);
    return dimension == freeDimensions.end() ? Span{} : dimension->second;
  }

  void refer(Span use, std::string_view name) { record.use(use, declarationOf(name)); }

  bool known(std::string_view name) {
    return findLocal(name) || module.globals.count(name) || findOperator(name) ||
           freeDimensions.count(name) || std::ranges::count(builtinFunctions, name) ||
           std::ranges::count(elementTypeNames, name);
  }

  void unknown(Span span, std::string_view name) {
    if (quiet || module.incomplete || std::ranges::count(module.file.lostNames, name)) return;
    if (wanted) return unknownSetting(span, name);
    const Foreign* foreign = foreignName(name);
    std::string_view torch = operatorOfTorch(name);
    if (foreign || !torch.empty()) {
      Diagnostic& diagnostic = report(Diag::UnknownName, span, name);
      diagnostic.didYouMean(foreign ? foreign->meant : torch);
      if (foreign && !foreign->note.empty()) diagnostic.note(std::string(foreign->note));
      return;
    }
    std::vector<std::string_view> candidates(builtinFunctions.begin(), builtinFunctions.end());
    for (auto& scope : scopes)
      for (auto& [local, where] : scope) candidates.push_back(local);
    for (auto& [global, where] : module.globals) candidates.push_back(global);
    for (const Operator& op : allOperators()) candidates.push_back(op.name);
    for (auto& [dimension, where] : freeDimensions) candidates.push_back(dimension);
    std::string_view meant = nearest(name, candidates);
    Diagnostic& diagnostic = report(Diag::UnknownName, span, name);
    diagnostic.didYouMean(meant);
    if (auto gone = ended.find(name); gone != ended.end())
      diagnostic.secondary(gone->second,
                           "known in this body only; a var declared before it keeps what it sets");
    else if (inLoss && meant.empty())
      diagnostic.note("a train section declares its targets, for example: input label: i32[N]");
  }

  /// An unknown name where only a certain kind of thing may stand: those that there are.
  void unknownSetting(Span span, std::string_view name) {
    std::vector<std::string_view> candidates;
    std::string list;
    for (const Operator& op : allOperators()) {
      bool geometry = op.family == Family::Geometry && *wanted == Family::Augmentation;
      if (op.family != *wanted && !geometry) continue;
      candidates.push_back(op.name);
      list += (list.empty() ? "" : ", ") + std::string(op.name);
    }
    std::string_view meant = operatorOfTorch(name);
    if (!std::ranges::count(candidates, meant)) meant = nearest(name, candidates);
    Diagnostic& diagnostic = report(Diag::UnknownName, span, name);
    diagnostic.didYouMean(meant);
    if (meant.empty()) diagnostic.note("the choices are " + list);
  }

  /// A value whose outermost name is one of the family's, such as `adam(lr = 1e-3)`.
  void valueOf(Family family, const Expr* value) {
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
      unknown(name->span, name->name);
      wanted.reset();
      if (call) arguments(*call);
    }
    inLoss = false;
  }

  // ---- declarations ----

  void check(const CallableDecl& decl) {
    Scope scope(*this, decl.span.end);
    for (const Parameter& parameter : decl.parameters) {
      if (parameter.defaultValue) expression(parameter.defaultValue);
      type(parameter.type, false);
      if (!findLocal(parameter.name.text)) declare(parameter.name, false, nullptr, &parameter);
    }
    if (decl.value) return expression(decl.value);
    collectDimensions(decl.body);
    statements(decl.body);
    bool hasBody = decl.body.complete && decl.body.span.begin != decl.span.begin;
    if (decl.kind != Kind::Network && hasBody && !returns(decl.body))
      report(Diag::MissingReturn, decl.name.span, decl.name.text);
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
    if (decl && decl->kind == Kind::Network) {
      refer(name.span, name.text);
      return decl;
    }
    if (module.incomplete) return nullptr;
    std::vector<std::string_view> candidates;
    for (auto& [candidate, global] : module.globals)
      if (global.decl && global.decl->kind == Kind::Network) candidates.push_back(candidate);
    report(Diag::UnknownNetwork, name.span, name.text).didYouMean(nearest(name.text, candidates));
    return nullptr;
  }

  void check(const TrainDecl& decl) {
    const CallableDecl* declared = network(decl.network);
    for (const Argument& argument : decl.arguments) expression(argument.value);
    const CallableDecl* base = declared ? networkWithBody(module, *declared) : nullptr;
    if (!base) return;
    record.arguments(decl.arguments, *base);
    Scope scope(*this, decl.span.end);
    for (const Parameter& parameter : base->parameters)
      scopes.back()[parameter.name.text] = {parameter.name.span, false};
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
        scopes.back().try_emplace("loss", Local{assign->name.span, false});
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
      else
        use(assign->name);
      valueOf(Family::Algorithm, assign->value);
    }
  }

  void machine(const StringExpr& target) {
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
      diagnostic.fix("did you mean '" + std::string(meant) + "'?",
                     {{target.span, "\"" + std::string(meant) + "\""}});
    diagnostic.note("targets here are " + list);
  }

  // ---- statements ----

  /// Free dimensions are named by the types of inputs, and known in the whole body.
  void collectDimensions(const Body& body) {
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

  static std::string settingHint(std::string_view name, const std::string& list) {
    if (name == "metric") return "a metric has a name: metric top1 = accuracy(logits, label)";
    if (name == "lr" || name == "learning_rate")
      return "the learning rate is an argument of the optimizer, adam(lr = 1e-3); in a group it is lr_scale";
    return "settings here are " + list;
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
        report(Diag::UnknownSetting, assign->name.span, name)
            .didYouMean(nearest(name, candidates))
            .note(settingHint(name, list));
      } else if (auto [it, inserted] = seen.try_emplace(name, assign->name.span); !inserted) {
        report(Diag::DuplicateSetting, assign->name.span, name).secondary(it->second, "first here");
      }
      isSetting.insert(assign);
    }
  }

  void statements(const Body& body) {
    for (const Statement* statement : body.statements) check(*statement);
  }

  void nested(const Body& body) {
    Scope scope(*this, body.span.end);
    statements(body);
  }

  void check(const Statement& statement) {
    const Node* outer = std::exchange(declaring, &statement);
    checkParts(statement);
    declaring = outer;
  }

  void checkParts(const Statement& statement) {
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
      if (scopes.size() < 2) return declare(s->name);
      // In an if or for it is a mistake of its own, and known all the same.
      scopes.front()[s->name.text] = {s->name.span, false};
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
      return expression(s->selectors), valueOf(Family::Initialiser, s->value);
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
      expression(s->selectors);
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

  void use(const Identifier& name) {
    if (!name.present()) return;
    if (!known(name.text)) return unknown(name.span, name.text);
    refer(name.span, name.text);
  }

  void assignment(const AssignStatement& statement) {
    std::string_view setting = isSetting.count(&statement) ? statement.name.text : std::string_view();
    if (setting == "optimizer")
      valueOf(Family::Optimizer, statement.value);
    else if (setting == "schedule")
      valueOf(Family::Schedule, statement.value);
    else if (setting == "data")
      valueOf(Family::Data, statement.value);
    else if (setting == "loss")
      valueOf(Family::Loss, statement.value);
    else
      expression(statement.value);
    if (statement.selector || isSetting.count(&statement)) return;
    Local* local = findLocal(statement.name.text);
    refer(statement.name.span, statement.name.text);
    if (local && local->isVar) return;
    auto global = module.globals.find(statement.name.text);
    if (local || global != module.globals.end()) {
      report(Diag::AssignToConstant, statement.name.span, statement.name.text)
          .secondary(local ? local->span : global->second.span, "declared here, not with var");
    } else if (!module.incomplete) {
      report(Diag::UnknownName, statement.name.span, statement.name.text)
          .note("a name is introduced with let or var")
          .fix("declare the name",
               {{{statement.span.file, statement.span.begin, statement.span.begin}, "let "}});
      scopes.back()[statement.name.text] = {statement.name.span, true};
    }
  }

  void type(const Type* node, bool freeAllowed) {
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
            .didYouMean(std::string(1, static_cast<char>(name->name[0] - 'a' + 'A')))
            .note("a dimension that is free has a name with a capital initial");
        continue;
      }
      expression(extent);
    }
  }

  // ---- expressions ----

  void expression(const Expr* node) {
    if (!node) return;
    if (auto* e = as<NameExpr>(node)) {
      if (!known(e->name)) return unknown(e->span, e->name);
      return refer(e->span, e->name);
    }
    if (auto* e = as<ErrorExpr>(node)) {
      bool outer = std::exchange(quiet, true);
      for (const Expr* part : e->parts) expression(part);
      quiet = outer;
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
      Scope scope(*this, e->span.end);
      const Node* outer = std::exchange(declaring, e);
      declare(*e->pattern, false);
      declaring = outer;
      statements(e->body);
    }
  }

  /// `file.thing` for a file used under a name; members of values are known when they are evaluated.
  void memberAccess(const MemberExpr& node) {
    if (library(node)) return;
    auto* base = as<NameExpr>(node.base);
    auto global = base && !findLocal(base->name) ? module.globals.find(base->name) : module.globals.end();
    bool isFile = global != module.globals.end() && !global->second.decl;
    if (!isFile) return expression(node.base);
    const Module& used = *global->second.module;
    refer(base->span, base->name);
    if (auto found = used.globals.find(node.member.text); found != used.globals.end()) {
      record.use(node.member.span, NameRecorder::declarationOf(node.member.text, found->second));
      return;
    }
    if (used.incomplete || node.member.text.empty()) return;
    std::vector<std::string_view> candidates;
    for (auto& [name, entry] : used.globals) candidates.push_back(name);
    report(Diag::UnknownMember, node.member.span, "'" + used.path + "'", node.member.text)
        .didYouMean(nearest(node.member.text, candidates));
  }

  /// `nn.Conv2d`, `torch.nn.functional.relu`: reported as a whole. True when it was.
  bool library(const MemberExpr& node) {
    const Expr* root = &node;
    while (auto* member = as<MemberExpr>(root)) root = member->base;
    auto* name = as<NameExpr>(root);
    if (!name || known(name->name) || module.incomplete ||
        std::ranges::count(module.file.lostNames, name->name))
      return false;
    if (!isLibrary(name->name)) return false;
    Diagnostic& diagnostic =
        report(Diag::UnknownName, node.span, std::string(name->name) + "." + std::string(node.member.text));
    diagnostic.didYouMean(operatorOfTorch(node.member.text));
    const Foreign* foreign = foreignName(node.member.text);
    diagnostic.note(foreign && !foreign->note.empty() ? std::string(foreign->note)
                                                      : "operators are built in, without a library's name");
    return true;
  }

  void arguments(const CallExpr& call) {
    bool outer = std::exchange(quiet, quiet || !call.closed);
    for (const Argument& argument : call.arguments) expression(argument.value);
    quiet = outer;
  }

  void call(const CallExpr& node) {
    expression(node.callee);
    arguments(node);
    record.arguments(node, isLocal(node.callee));
    if (!node.closed) return;
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
      unknownArgument(node, argument, names)
          .note(list.empty() ? std::string(callee->name) + " has no arguments"
                             : "the arguments of " + std::string(callee->name) + " are " + list);
    }
  }

  Diagnostic& unknownArgument(const CallExpr& node, const Argument& argument,
                              const std::vector<std::string_view>& names) {
    std::string_view name = argument.name.text;
    Diagnostic& diagnostic = report(Diag::UnknownArgument, argument.name.span,
                                    static_cast<const NameExpr*>(node.callee)->name, name);
    const Foreign* foreign = foreignArgument(name);
    if (!foreign || (!foreign->meant.empty() && !std::ranges::count(names, foreign->meant)))
      return diagnostic.didYouMean(nearest(name, names));
    if (!foreign->meant.empty()) return diagnostic.didYouMean(foreign->meant);
    // Without the comma that belongs to it.
    size_t i = static_cast<size_t>(&argument - node.arguments.data());
    Span whole = argument.span();
    if (i + 1 < node.arguments.size())
      whole.end = node.arguments[i + 1].span().begin;
    else if (i > 0)
      whole.begin = node.arguments[i - 1].span().end;
    return diagnostic.note(std::string(foreign->note)).fix("leave it out", {{whole, ""}});
  }

  /// Whether an expression begins with a name of a body.
  bool isLocal(const Expr* node) {
    while (auto* member = as<MemberExpr>(node)) node = member->base;
    auto* name = as<NameExpr>(node);
    return name && findLocal(name->name);
  }

  const Module& module;
  DiagnosticEngine& diagnostics;
  NameRecorder record;
  const Node* declaring = nullptr; ///< the declaration or statement that is being checked
  std::vector<std::map<std::string_view, Local>> scopes;
  std::vector<uint32_t> scopeEnds;                 ///< offsets, one for each scope
  std::map<std::string_view, Span> ended;          ///< names of bodies that have ended
  std::optional<Family> wanted;                    ///< what alone may stand where the name is looked up
  bool inLoss = false;                             ///< in a loss or metric
  std::map<std::string_view, Span> freeDimensions; ///< with where each is first named
  std::set<const AssignStatement*> isSetting;
  bool quiet = false;
  Diagnostic discarded{};
};

} // namespace

void checkNames(const Program& program, DiagnosticEngine& diagnostics, NameIndex* index) {
  for (const Module& module : program.modules) NameChecker(module, diagnostics, index).run();
}

} // namespace cnn
