#include "ast_to_dialect/names/name_recorder.h"

#include <algorithm>

namespace cnn {

using namespace ast;

namespace {

Symbol::Kind kindOf(const Node& node) {
  switch (node.kind) {
  case Kind::Var:
    return Symbol::Kind::Var;
  case Kind::Input:
    return Symbol::Kind::Input;
  case Kind::Output:
    return Symbol::Kind::Output;
  case Kind::Param:
    return Symbol::Kind::Param;
  case Kind::Shared:
    return Symbol::Kind::Shared;
  case Kind::Metric:
    return Symbol::Kind::Metric;
  case Kind::Use:
    return Symbol::Kind::File;
  case Kind::Func:
    return Symbol::Kind::Func;
  case Kind::Block:
    return Symbol::Kind::Block;
  case Kind::Network:
    return Symbol::Kind::Network;
  default:
    return Symbol::Kind::Let;
  }
}

const Decl* useOf(const Module& module, Span alias) {
  for (const Decl* decl : module.file.declarations)
    if (auto* use = as<UseDecl>(decl); use && use->alias.span == alias) return use;
  return nullptr;
}

} // namespace

Span NameRecorder::declarationOf(std::string_view name, const Global& global) const {
  if (!global.decl || global.module == &module) return global.span;
  auto own = global.module->globals.find(name);
  return own == global.module->globals.end() ? global.span : own->second.span;
}

void NameRecorder::globals() {
  if (!index) return;
  for (auto& [name, global] : module.globals) {
    Symbol symbol;
    symbol.name = name;
    symbol.span = declarationOf(name, global);
    symbol.node = global.decl ? global.decl : useOf(module, global.span);
    if (!symbol.node) continue;
    symbol.kind = kindOf(*symbol.node);
    symbol.module = global.module;
    index->declare(std::move(symbol), {module.file.file, 0, ~0u});
  }
}

void NameRecorder::local(std::string_view name, Span span, const Node& declaring, const Parameter* parameter,
                         uint32_t scopeEnd) {
  if (!index) return;
  Symbol symbol;
  symbol.kind = parameter ? Symbol::Kind::Parameter : kindOf(declaring);
  symbol.name = name;
  symbol.span = span;
  symbol.node = &declaring;
  symbol.parameter = parameter;
  symbol.module = &module;
  uint32_t from = Statement::classof(&declaring) ? std::max(declaring.span.end, span.end) : span.end;
  index->declare(std::move(symbol), {span.file, from, std::max(from, scopeEnd)});
}

void NameRecorder::dimension(const NameExpr& name, const InputStatement& input, Span scope) {
  if (!index) return;
  Symbol symbol;
  symbol.kind = Symbol::Kind::Dimension;
  symbol.name = name.name;
  symbol.span = name.span;
  symbol.node = &input;
  symbol.module = &module;
  index->declare(std::move(symbol), scope);
}

void NameRecorder::use(Span use, Span declaration) {
  if (index) index->refer(use, declaration);
}

void NameRecorder::show(Span declaration, Span scope) {
  if (index) index->show(declaration, scope);
}

void NameRecorder::arguments(const CallExpr& call, bool isLocal) {
  if (!index || isLocal) return;
  const Module* where = &module;
  std::string_view name;
  if (auto* callee = as<NameExpr>(call.callee)) {
    name = callee->name;
  } else if (auto* member = as<MemberExpr>(call.callee)) {
    auto* base = as<NameExpr>(member->base);
    auto file = base ? module.globals.find(base->name) : module.globals.end();
    if (file == module.globals.end() || file->second.decl) return;
    where = file->second.module;
    name = member->member.text;
  }
  if (auto global = where->globals.find(name); global != where->globals.end()) {
    auto* decl = as<CallableDecl>(global->second.decl);
    // The parameters of `network A = B(…)` are those of B.
    if (decl && decl->kind == Kind::Network && !decl->hasParameterList) decl = networkWithBody(*where, *decl);
    if (decl) arguments(call.arguments, *decl);
  } else if (const Operator* op = findOperator(name)) {
    for (const Argument& argument : call.arguments)
      if (auto* known = argument.name.present() ? op->argument(argument.name.text) : nullptr)
        index->refer(argument.name.span, *op, *known);
  }
}

void NameRecorder::arguments(const std::vector<Argument>& given, const CallableDecl& callee) {
  for (const Argument& argument : given)
    for (size_t i = callee.kind == Kind::Block ? 1 : 0; i < callee.parameters.size(); ++i)
      if (argument.name.present() && callee.parameters[i].name.text == argument.name.text)
        use(argument.name.span, callee.parameters[i].name.span);
}

} // namespace cnn
