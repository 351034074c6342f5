/// Names in expressions: values, members of files, calls and their arguments.
#include "ast_to_dialect/names/name_checker.h"

#include <algorithm>

namespace cnn {

using namespace ast;

void NameChecker::expression(const Expr* node) {
  Place at = std::exchange(place, {});
  if (!node) return;
  if (auto* e = as<NameExpr>(node)) {
    auto declared = find(e->name);
    return declared ? record.use(e->span, *declared) : unknown(e->span, e->name, at);
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
    for (const Expr* element : e->elements) expression(element, at);
    return;
  }
  if (auto* e = as<ParenExpr>(node)) return expression(e->inner, at);
  if (auto* e = as<UnaryExpr>(node)) return expression(e->operand);
  if (auto* e = as<BinaryExpr>(node)) return expression(e->left), expression(e->right);
  if (auto* e = as<IndexExpr>(node)) return expression(e->base), expression(e->index);
  if (auto* e = as<MemberExpr>(node)) return memberAccess(*e, at);
  if (auto* e = as<CallExpr>(node)) return call(*e);
  if (auto* e = as<LabeledExpr>(node)) return expression(e->inner, at), expression(e->path);
  if (auto* e = as<ChainExpr>(node)) {
    for (const Expr* stage : e->stages)
      expression(stage, {stage == e->stages.front() ? Role::Value : Role::Stage});
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
void NameChecker::memberAccess(const MemberExpr& node, Place at) {
  if (library(node, at)) return;
  auto* base = as<NameExpr>(node.base);
  auto global = base && !findLocal(base->name) ? module.globals.find(base->name) : module.globals.end();
  bool isFile = global != module.globals.end() && !global->second.decl;
  bool path = at.role == Role::Selector && base && !known(base->name); // fc.weight, without quotes
  if (path) return unknown(node.span, diagnostics.sourceManager().text(node.span), at);
  if (!isFile) return expression(node.base);
  const Module& used = *global->second.module;
  refer(base->span, base->name);
  if (auto found = used.globals.find(node.member.text); found != used.globals.end()) {
    record.use(node.member.span, record.declarationOf(node.member.text, found->second));
    return;
  }
  if (used.incomplete || node.member.text.empty()) return;
  report(Diag::UnknownMember, node.member.span, "'" + used.path + "'", node.member.text)
      .didYouMean(node.member.text, [&] {
        std::vector<std::string_view> candidates;
        for (auto& [name, entry] : used.globals) candidates.push_back(name);
        return candidates;
      });
}

void NameChecker::arguments(const CallExpr& call) {
  bool outer = std::exchange(quiet, quiet || !call.closed);
  for (const Argument& argument : call.arguments) expression(argument.value);
  quiet = outer;
}

void NameChecker::call(const CallExpr& node) {
  expression(node.callee, {Role::Callee, &node});
  arguments(node);
  record.arguments(node, isLocal(node.callee));
  if (!node.closed) return;
  auto* callee = as<NameExpr>(node.callee);
  if (!callee || findLocal(callee->name)) return;
  std::vector<std::string_view> names; // in order
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
  std::set<std::string_view> known(names.begin(), names.end());
  for (const Argument& argument : node.arguments)
    if (argument.name.present() && !known.count(argument.name.text))
      unknownArgument(node, argument, names)
          .note(names.empty() ? std::string(callee->name) + " has no arguments"
                              : "the arguments of " + std::string(callee->name) + " are " + listed(names));
}

/// Whether an expression begins with a name of a body.
bool NameChecker::isLocal(const Expr* node) {
  while (auto* member = as<MemberExpr>(node)) node = member->base;
  auto* name = as<NameExpr>(node);
  return name && findLocal(name->name);
}

} // namespace cnn
